// Stands in for libsrtp2 where it is not part of the build.

#ifndef RTPPROXY_HAS_SRTP

#include "rtpproxy/tools/rtp_decryptor.hpp"

namespace rtpproxy {

struct rtp_decryptor::state {};

rtp_decryptor::rtp_decryptor(std::unique_ptr<state>) noexcept {}
rtp_decryptor::rtp_decryptor(rtp_decryptor&&) noexcept = default;
rtp_decryptor& rtp_decryptor::operator=(rtp_decryptor&&) noexcept = default;
rtp_decryptor::~rtp_decryptor() = default;

boost::system::result<rtp_decryptor, std::string> rtp_decryptor::make(std::string_view) {
    return std::string{"this build is without libsrtp2"};
}

std::span<const std::byte> rtp_decryptor::decrypt(std::span<const std::byte>) {
    return {};
}

}  // namespace rtpproxy

#endif
