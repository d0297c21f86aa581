# SPDX-License-Identifier: MIT
# Packs files into the C file OUT, as the list LIST of struct bd_bundled. FILES names them relative to ROOT, each as
# NAME=PATH. SCRATCH is a folder for this script alone.

set(arrays "")
set(rows "")
set(index 0)
file(MAKE_DIRECTORY ${SCRATCH})
foreach(pair ${FILES})
  string(REGEX MATCH "^([^=]*)=(.*)$" matched ${pair})
  set(name ${CMAKE_MATCH_1})
  set(packed ${SCRATCH}/${index}.gz)
  file(REMOVE ${packed})
  file(ARCHIVE_CREATE OUTPUT ${packed} PATHS ${ROOT}/${CMAKE_MATCH_2} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
  file(READ ${packed} hex HEX)
  string(SUBSTRING ${hex} 0 8 head)
  string(SUBSTRING ${hex} 16 -1 rest)
  set(hex "${head}00000000${rest}") # without the time of packing (RFC 1952, MTIME)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char file${index}[] = {\n${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", file${index}, sizeof file${index} - 1},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT} "// Made by runtime/cli/embed_files.cmake.
#include \"cli/bundle.h\"

${arrays}
const struct bd_bundled ${LIST}[] = {
${rows}    {0, 0, 0},
};
")
