# Compiler and linker options that make memory errors harder to exploit; for optimised builds without sanitizers.
# test/packaging/hardening_test.py looks for their traces in the program.

include(CheckCXXCompilerFlag)
include(CheckPIESupported)

check_pie_supported(LANGUAGES CXX)
set(CMAKE_POSITION_INDEPENDENT_CODE ON) # addresses differ from start to start

# Overwritten return addresses are noticed; a large frame cannot step over the guard page; the C library checks sizes
# it is told of.
add_compile_options(-fstack-protector-strong -fstack-clash-protection)
add_compile_options("$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")

# Jumps and returns go where the program meant them to (Intel CET, Arm BTI and PAC), on processors that check it.
check_cxx_compiler_flag(-fcf-protection=full RTPPROXY_HAS_CF_PROTECTION)
check_cxx_compiler_flag(-mbranch-protection=standard RTPPROXY_HAS_BRANCH_PROTECTION)
if(RTPPROXY_HAS_CF_PROTECTION)
    add_compile_options(-fcf-protection=full)
elseif(RTPPROXY_HAS_BRANCH_PROTECTION)
    add_compile_options(-mbranch-protection=standard)
endif()

# Tables of addresses are filled in at the start and read-only from then on; data is never executable.
add_link_options(LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack LINKER:-z,separate-code)
