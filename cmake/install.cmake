# What `cmake --install` copies where, and the Debian package made of it (`cpack -G DEB` in the build directory).
#
# Paths follow GNUInstallDirs. The configuration is always in /etc/rtpproxy, where the program looks for it.

set(RTPPROXY_CONFIG_DIR /etc/rtpproxy)
set(RTPPROXY_DOC_DIR ${CMAKE_INSTALL_DATAROOTDIR}/doc/rtpproxy)

# Installs `source` as `destination`/`name`.gz; without gzip as it is.
find_program(GZIP_EXECUTABLE gzip)
function(rtpproxy_install_compressed source destination name)
    if(NOT GZIP_EXECUTABLE)
        install(FILES ${source} DESTINATION ${destination} RENAME ${name})
        return()
    endif()
    set(copy ${PROJECT_BINARY_DIR}/compressed/${name})
    install(CODE "
        file(COPY_FILE ${PROJECT_SOURCE_DIR}/${source} ${copy})
        execute_process(COMMAND ${GZIP_EXECUTABLE} --best --no-name --force ${copy} COMMAND_ERROR_IS_FATAL ANY)")
    install(FILES ${copy}.gz DESTINATION ${destination})
endfunction()
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/compressed)

install(TARGETS rtpproxy ${rtpproxy_tools} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES etc/rtpproxy.conf DESTINATION ${RTPPROXY_CONFIG_DIR})

# The unit names the program by its full path, which is known when it is installed.
install(CODE "
    file(READ ${PROJECT_SOURCE_DIR}/etc/rtpproxy.service unit)
    string(REPLACE /usr/bin/ \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/\" unit \"\${unit}\")
    file(WRITE ${PROJECT_BINARY_DIR}/rtpproxy.service \"\${unit}\")")
install(FILES ${PROJECT_BINARY_DIR}/rtpproxy.service etc/rtpproxy.socket DESTINATION lib/systemd/system)
install(FILES etc/rtpproxy.sysusers DESTINATION lib/sysusers.d RENAME rtpproxy.conf)
install(FILES etc/rtpproxy.tmpfiles DESTINATION lib/tmpfiles.d RENAME rtpproxy.conf)

rtpproxy_install_compressed(docs/rtpproxy.8 ${CMAKE_INSTALL_MANDIR}/man8 rtpproxy.8)
foreach(tool IN LISTS rtpproxy_tools)
    rtpproxy_install_compressed(docs/${tool}.1 ${CMAKE_INSTALL_MANDIR}/man1 ${tool}.1)
endforeach()
rtpproxy_install_compressed(CHANGELOG.md ${RTPPROXY_DOC_DIR} NEWS.md)
rtpproxy_install_compressed(packaging/debian/changelog ${RTPPROXY_DOC_DIR} changelog.Debian)
install(FILES packaging/debian/copyright README.md docs/CONTROL_PROTOCOL.md docs/OPERATIONS.md docs/GLOSSARY.md docs/SECURITY.md
    DESTINATION ${RTPPROXY_DOC_DIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME rtpproxy)
set(CPACK_PACKAGE_CONTACT "rtpproxy maintainers <rtpproxy@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "media relay for SIP servers")
set(CPACK_PACKAGE_DESCRIPTION
    "rtpproxy relays the RTP and RTCP of calls for OpenSIPS, Kamailio and other SIP
servers, so that callers behind NAT or in different networks hear each other.
The SIP server tells it over a control socket which calls there are.")
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION comm)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/packaging/debian/conffiles
    ${PROJECT_SOURCE_DIR}/packaging/debian/postinst
    ${PROJECT_SOURCE_DIR}/packaging/debian/prerm
    ${PROJECT_SOURCE_DIR}/packaging/debian/postrm)
include(CPack)
