# SPDX-License-Identifier: MIT
# Writes the Lua sources in FILES (relative to ROOT) into the C file OUT, as the list bd_sources.

function(module_name file result)
  string(REGEX REPLACE "\\.lua$" "" name ${file})
  if(name MATCHES "^(stdlib|runtime/core)/(.*)$")
    set(name "beadle.${CMAKE_MATCH_2}")
  elseif(name MATCHES "^runtime/cli/(.*)$")
    set(name "beadle.cli.${CMAKE_MATCH_1}")
  elseif(name MATCHES "^bindings/([^/]*)/twin$")
    set(name "beadle.twin.${CMAKE_MATCH_1}")
  elseif(name MATCHES "^bindings/([^/]*)/twin_(.*)$")
    set(name "beadle.twin.${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")
  elseif(name MATCHES "^bindings/([^/]*)/([^/]*)$" AND CMAKE_MATCH_1 STREQUAL CMAKE_MATCH_2)
    set(name "beadle.${CMAKE_MATCH_1}")
  elseif(name MATCHES "^bindings/([^/]*)/(.*)$")
    set(name "beadle.${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")
  else()
    message(FATAL_ERROR "no module name for ${file}")
  endif()
  set(${result} ${name} PARENT_SCOPE)
endfunction()

set(arrays "")
set(rows "")
set(index 0)
foreach(file ${FILES})
  file(READ ${ROOT}/${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  module_name(${file} name)
  string(APPEND arrays "static const unsigned char text${index}[] = {\n${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", \"${file}\", text${index}, sizeof text${index} - 1},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT} "// Made by runtime/cli/embed.cmake.
#include \"cli/sources.h\"

${arrays}
const struct bd_source bd_sources[] = {
${rows}    {0, 0, 0, 0},
};
")
