# SPDX-License-Identifier: PostgreSQL
# cmake -C tests/presets/coverage.cmake -S . -B build/coverage
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g" CACHE STRING "")
set(SLUICE_COVERAGE ON CACHE BOOL "")
