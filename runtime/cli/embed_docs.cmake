# SPDX-License-Identifier: MIT
# Packs the pages in FILES (relative to ROOT/docs) and writes them into the C file OUT, as the list bd_documents.
# SCRATCH is a folder for this script alone.

set(arrays "")
set(rows "")
set(index 0)
file(MAKE_DIRECTORY ${SCRATCH})
foreach(file ${FILES})
  set(packed ${SCRATCH}/${index}.gz)
  file(REMOVE ${packed})
  file(ARCHIVE_CREATE OUTPUT ${packed} PATHS ${ROOT}/docs/${file} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
  file(READ ${packed} hex HEX)
  string(SUBSTRING ${hex} 0 8 head)
  string(SUBSTRING ${hex} 16 -1 rest)
  set(hex "${head}00000000${rest}") # without the time of packing (RFC 1952, MTIME)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "\\.md$" "" name ${file})
  string(REGEX REPLACE "/README$" "" name ${name})
  string(APPEND arrays "static const unsigned char page${index}[] = {\n${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", page${index}, sizeof page${index} - 1},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT} "// Made by runtime/cli/embed_docs.cmake.
#include \"cli/documents.h\"

${arrays}
const struct bd_document bd_documents[] = {
${rows}    {0, 0, 0},
};
")
