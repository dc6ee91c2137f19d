# SPDX-License-Identifier: PostgreSQL
# cmake -C tests/presets/tsan.cmake -S . -B build/tsan
set(CMAKE_C_COMPILER clang CACHE STRING "")
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g" CACHE STRING "")
set(SLUICE_SANITIZE thread CACHE STRING "")
