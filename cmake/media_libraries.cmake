# Libraries for audio: codecs, sound files, encrypted captures. None is needed to relay media. Each is used where it is found,
# unless its option is off; what is lost without it is said when CMake runs.

# rtpproxy_find_media_library(NAME MODULE LOST): sets RTPPROXY_HAS_<NAME> and imports PkgConfig::<NAME>.
function(rtpproxy_find_media_library name module lost)
    if(RTPPROXY_WITH_${name})
        pkg_check_modules(${name} IMPORTED_TARGET GLOBAL ${module})
    else()
        set(${name}_FOUND FALSE)
    endif()
    set(RTPPROXY_HAS_${name} ${${name}_FOUND} PARENT_SCOPE)
    if(NOT ${name}_FOUND)
        message(NOTICE "-- Without ${module}: ${lost}")
    endif()
endfunction()

option(RTPPROXY_WITH_SPANDSP "Use spandsp (LGPL-2.1) if it is found" ON)
option(RTPPROXY_WITH_OPUS "Use libopus (BSD-3-Clause) if it is found" ON)
option(RTPPROXY_WITH_SNDFILE "Use libsndfile (LGPL-2.1 or later) if it is found" ON)
option(RTPPROXY_WITH_SAMPLERATE "Use libsamplerate (BSD-2-Clause) if it is found" ON)
option(RTPPROXY_WITH_SRTP "Use libsrtp2 (BSD-3-Clause) if it is found" ON)
# Off unless asked for: whoever passes on programs linked with bcg729 has to do so under the GPL, version 3.
option(RTPPROXY_WITH_G729 "Use bcg729, which is GPL-3" OFF)

rtpproxy_find_media_library(SPANDSP spandsp "no PCMU, PCMA, G.722 and GSM for prompts, recordings and tools")
rtpproxy_find_media_library(OPUS opus "no Opus for prompts (--dynamic-payload)")
rtpproxy_find_media_library(SNDFILE sndfile "no prompts from WAV, FLAC and the like; makeann and extractaudio are not built")
rtpproxy_find_media_library(SAMPLERATE samplerate "sound files have to have the sample rate of the codec")
rtpproxy_find_media_library(SRTP libsrtp2 "extractaudio does not read encrypted captures")

set(RTPPROXY_HAS_BCG729 ${RTPPROXY_WITH_G729})
if(RTPPROXY_WITH_G729)
    pkg_check_modules(BCG729 REQUIRED IMPORTED_TARGET GLOBAL libbcg729)
    message(NOTICE "-- With libbcg729: what is built here may be passed on only under the GPL, version 3")
else()
    message(NOTICE "-- Without libbcg729 (RTPPROXY_WITH_G729, GPL-3): no G.729 for prompts and tools")
endif()

# rtpproxy_use_media_library(TARGET NAME [SOURCE...]): if it was found, links it and adds the sources that need it.
function(rtpproxy_use_media_library target name)
    if(RTPPROXY_HAS_${name})
        target_link_libraries(${target} PRIVATE PkgConfig::${name})
        target_compile_definitions(${target} PRIVATE RTPPROXY_HAS_${name})
        target_sources(${target} PRIVATE ${ARGN})
    endif()
endfunction()
