#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rtpproxy {

/// What a datagram on a media port is, by its form alone (RFC 7983 tells the first octets apart).
enum class datagram_kind : std::uint8_t {
    other,
    rtp,   ///< or RTCP (RFC 3550): version 2, and long enough to have a header
    stun,  ///< RFC 5389: magic cookie, and the length fits the datagram
    dtls,  ///< RFC 6347: a record of DTLS 1.0 or 1.2 that fits. Encrypted ones of 1.3 look like text: `other`
    zrtp,  ///< RFC 6189: magic cookie, and a message begins
    udptl,  ///< T.38: well formed to the last octet
};

/// Tells what `datagram` is. Text is never taken for any of these: RTP begins with an octet above 127, and
/// each of the others has octets that no text has at a place of its own.
[[nodiscard]] datagram_kind recognise_datagram(std::span<const std::byte> datagram) noexcept;

/// Whether `datagram` begins as UDPTL does: a sequence number, a primary packet that fits, and something for
/// error recovery behind it, whatever that is. Not all senders of fax make it well. Text may look like that.
[[nodiscard]] bool may_be_udptl(std::span<const std::byte> datagram) noexcept;

/// Whether the first octet is one that text begins with: printable ASCII, space, tab or an end of line.
[[nodiscard]] bool begins_like_text(std::span<const std::byte> datagram) noexcept;

}  // namespace rtpproxy
