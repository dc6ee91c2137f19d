# SPDX-License-Identifier: PostgreSQL
# cmake -C tests/presets/release.cmake -S . -B build/release
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
