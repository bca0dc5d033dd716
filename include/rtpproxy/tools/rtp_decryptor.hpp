#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// Reads SRTP (RFC 3711) whose key was exchanged in SDP (RFC 4568): all SSRCs one party sends.
///
/// Keeps the rollover counter of each SSRC, so packets are given in the order they arrived in. Not thread
/// safe.
class rtp_decryptor {
  public:
    /// `crypto` is `AES_CM_128_HMAC_SHA1_80:KEY` or `AES_CM_128_HMAC_SHA1_32:KEY`, where KEY is master key
    /// and salt in 40 characters of Base64, as behind `inline:` in SDP.
    /// @returns a message without the key when that is malformed or this build is without libsrtp2.
    [[nodiscard]] static boost::system::result<rtp_decryptor, std::string> make(std::string_view crypto);

    rtp_decryptor(rtp_decryptor&&) noexcept;
    rtp_decryptor& operator=(rtp_decryptor&&) noexcept;
    ~rtp_decryptor();

    /// Authenticates an RTP packet and decrypts it.
    /// @returns the packet, valid until the next call; empty when it is not authentic, or too old to tell.
    [[nodiscard]] std::span<const std::byte> decrypt(std::span<const std::byte> packet);

  private:
    struct state;
    explicit rtp_decryptor(std::unique_ptr<state> keyed) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace rtpproxy
