# SPDX-License-Identifier: PostgreSQL
# cmake -C tests/presets/debug.cmake -S . -B build/debug
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
