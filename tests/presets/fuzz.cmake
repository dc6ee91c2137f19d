# SPDX-License-Identifier: PostgreSQL
# cmake -C tests/presets/fuzz.cmake -S . -B build/fuzz
set(CMAKE_C_COMPILER clang CACHE STRING "")
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g" CACHE STRING "")
set(SLUICE_SANITIZE address,undefined CACHE STRING "")
set(SLUICE_FUZZ ON CACHE BOOL "")
