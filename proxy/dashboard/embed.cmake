# SPDX-License-Identifier: PostgreSQL
# cmake -DOUT=FILE.c -DFILES=a;b -P embed.cmake: writes the files as the array of proxy/http_files.h.
set(type.css "text/css; charset=utf-8")
set(type.html "text/html; charset=utf-8")
set(type.js "text/javascript; charset=utf-8")
set(type.txt "text/plain; charset=utf-8")
set(type.svg "image/svg+xml")
string(REPLACE "," ";" files "${FILES}")

set(arrays "")
set(rows "")
set(number 0)
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  get_filename_component(extension ${file} LAST_EXT)
  if(NOT DEFINED type${extension})
    message(FATAL_ERROR "${file}: embed.cmake knows no content type of it")
  endif()
  file(READ ${file} bytes HEX)
  file(SHA256 ${file} etag)
  string(SUBSTRING ${etag} 0 16 etag)
  string(LENGTH "${bytes}" len)
  math(EXPR len "${len} / 2")
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const unsigned char file_${number}[] = {\n${bytes}0x00};\n\n")
  string(APPEND rows
    "    {\"${name}\", \"${type${extension}}\", \"\\\"${etag}\\\"\", file_${number}, ${len}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "/* Made by proxy/dashboard/embed.cmake. */
#include \"proxy/http_files.h\"

${arrays}const struct http_file http_files[] = {
${rows}    {NULL, NULL, NULL, NULL, 0},
};
")
