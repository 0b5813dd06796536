# The built page inside the program: every file of web/dist as bytes, and gzip beside it
# where that is smaller. Without web/dist the program serves a page that says so.
set(dist ${CMAKE_SOURCE_DIR}/web/dist)
file(GLOB_RECURSE web_files CONFIGURE_DEPENDS LIST_DIRECTORIES false RELATIVE ${dist} ${dist}/*)
set(web_table "")
set(web_decl "")
set(i 0)
find_program(GZIP gzip)
foreach(file ${web_files})
  if(file MATCHES "\\.map$")
    continue()
  endif()
  set(path "/${file}")
  if(file STREQUAL "index.html")
    set(path "/")
  endif()
  set(lasting false)
  if(file MATCHES "^assets/")
    set(lasting true)
  endif()
  get_filename_component(end ${file} LAST_EXT)
  set(type "application/octet-stream")
  foreach(pair "html|text/html@ charset=utf-8" "js|text/javascript@ charset=utf-8" "css|text/css@ charset=utf-8" "svg|image/svg+xml" "png|image/png"
      "ico|image/x-icon" "woff2|font/woff2" "json|application/json" "webmanifest|application/manifest+json" "txt|text/plain@ charset=utf-8")
    string(REGEX REPLACE "\\|.*" "" e "${pair}")
    if(end STREQUAL ".${e}")
      string(REGEX REPLACE "^[^|]*\\|" "" type "${pair}")
      string(REPLACE "@" ";" type "${type}")
    endif()
  endforeach()
  if(GZIP AND end MATCHES "\\.(html|js|css|svg|json|txt|webmanifest)$")
    set(packed ${CMAKE_BINARY_DIR}/embed/web_${i}.gz)
    execute_process(COMMAND ${GZIP} -9nc ${dist}/${file} OUTPUT_FILE ${packed})
    embed(server ${packed} server_web_${i}_gz)
    string(APPEND web_decl "extern const unsigned char server_web_${i}_gz[], server_web_${i}_gz_end[];\n")
    file(SIZE ${packed} n)
    string(APPEND web_table "    {\"${path}\", \"${type}\", server_web_${i}_gz, ${n}, true, ${lasting}},\n")
  endif()
  embed(server ${dist}/${file} server_web_${i})
  string(APPEND web_decl "extern const unsigned char server_web_${i}[];\n")
  file(SIZE ${dist}/${file} n)
  string(APPEND web_table "    {\"${path}\", \"${type}\", server_web_${i}, ${n}, false, ${lasting}},\n")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${dist}/${file})
  math(EXPR i "${i} + 1")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/embed/web_table.c CONTENT [[
#include "server/page.h"
@web_decl@
extern const asset server_assets[];
extern const size_t server_n_assets;
const asset server_assets[] = {
@web_table@    {0}};
const size_t server_n_assets = sizeof server_assets / sizeof server_assets[0] - 1;
]] @ONLY)
target_sources(server PRIVATE ${CMAKE_BINARY_DIR}/embed/web_table.c)
