# SPDX-License-Identifier: MIT
# What is installed beside the program, and the Debian package: `./setup package`, or `cpack -G DEB` in a build folder
# that was configured with -DCMAKE_INSTALL_PREFIX=/usr -DBEADLE_ARCHIVES=OFF.
include(GNUInstallDirs)

# The date of the manual pages is that of the newest entry in packaging/changelog.
file(STRINGS packaging/changelog signatures REGEX "^ -- ")
list(GET signatures 0 signature)
string(REGEX MATCH "([0-9]+) ([A-Z][a-z][a-z]) ([0-9]+) [0-9:]+ [-+][0-9]+$" matched "${signature}")
set(months Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)
list(FIND months ${CMAKE_MATCH_2} month)
math(EXPR month "${month} + 101")
string(SUBSTRING ${month} 1 2 month)
set(RELEASE_DATE ${CMAKE_MATCH_3}-${month}-${CMAKE_MATCH_1})
set(GENERATED ${CMAKE_BINARY_DIR}/generated)

# Manual pages and annotations follow from the program itself.
file(GLOB COMMAND_LUA CONFIGURE_DEPENDS runtime/cli/*.lua)
add_custom_command(
  OUTPUT ${GENERATED}/man/stamp
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${GENERATED}/man
  COMMAND ${CMAKE_COMMAND} -E make_directory ${GENERATED}/man
  COMMAND beadle -E ${CMAKE_SOURCE_DIR}/packaging/man.lua ${GENERATED}/man ${RELEASE_DATE}
  COMMAND ${CMAKE_COMMAND} -E touch ${GENERATED}/man/stamp
  DEPENDS beadle packaging/man.lua packaging/changelog docs/configuration.md
  VERBATIM)
add_custom_command(
  OUTPUT ${GENERATED}/project/stamp
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${GENERATED}/project
  COMMAND beadle -E init ${GENERATED}/project
  COMMAND ${CMAKE_COMMAND} -E touch ${GENERATED}/project/stamp
  DEPENDS beadle
  VERBATIM)
set(COMPRESSED "")
foreach(pair changelog.Debian=packaging/changelog changelog=CHANGELOG.md)
  string(REGEX MATCH "^([^=]*)=(.*)$" matched ${pair})
  add_custom_command(
    OUTPUT ${GENERATED}/${CMAKE_MATCH_1}.gz
    COMMAND sh -c "gzip -9nc \"$1\" >\"$2\"" sh ${CMAKE_SOURCE_DIR}/${CMAKE_MATCH_2} ${GENERATED}/${CMAKE_MATCH_1}.gz
    DEPENDS ${CMAKE_MATCH_2}
    VERBATIM)
  list(APPEND COMPRESSED ${GENERATED}/${CMAKE_MATCH_1}.gz)
endforeach()
add_custom_target(installed_files ALL DEPENDS ${GENERATED}/man/stamp ${GENERATED}/project/stamp ${COMPRESSED})

install(TARGETS beadle RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY scripts/ DESTINATION ${CMAKE_INSTALL_DATADIR}/beadle/recipes FILES_MATCHING PATTERN "*.lua")
install(DIRECTORY ${GENERATED}/project/.beadle/types DESTINATION ${CMAKE_INSTALL_DATADIR}/beadle)
install(DIRECTORY ${GENERATED}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
install(FILES runtime/cli/shells/beadle.bash RENAME beadle
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES runtime/cli/shells/beadle.zsh RENAME _beadle DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES runtime/cli/shells/beadle.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs FILES_MATCHING PATTERN "*.md")
install(FILES packaging/lintian RENAME beadle DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides)
install(FILES README.md packaging/copyright ${COMPRESSED} DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Pages are packed as the distribution wants them, in packages only: elsewhere man finds both.
install(CODE "
  if(\"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}\" MATCHES _CPack_Packages)
    file(GLOB pages \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1/*.1\")
    execute_process(COMMAND gzip -9n \${pages} COMMAND_ERROR_IS_FATAL ANY)
  endif()")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME beadle)
set(CPACK_PACKAGE_VENDOR "The beadle developers")
set(BEADLE_CONTACT "The beadle developers <maintainers@beadle.example>" CACHE STRING "Who makes the package")
set(CPACK_PACKAGE_CONTACT "${BEADLE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "runs errands at assessment and learning platforms")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Scripts in Lua call the APIs of assessment and learning platforms as if they
were functions: create the candidate, give it the test, send the e-mail.
Calls wait without blocking, and nothing that may have been done is sent
twice.

Without a configured profile everything happens in a sandbox within the
program: the platforms, simulated with their state and their errors.")
# What the program is linked with, dpkg-shlibdeps finds. These it loads when they are first needed (runtime/core/*_api.c).
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libcurl4 (>= 7.86), libmicrohttpd12 (>= 0.9.75), libssl3 (>= 3.0)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, libedit2")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, man-db")
include(CPack)
