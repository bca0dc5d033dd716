#include "rtpproxy/rtp/media_datagram.hpp"

#include "network_order.hpp"

#include <optional>

namespace rtpproxy {
namespace {

/// RTP has 12 octets at least; RTCP 8, with a packet type that RTP cannot have beside it (RFC 5761 §4).
bool is_rtp(octets_view datagram) noexcept {
    constexpr std::size_t rtp_octets = 12;
    constexpr std::size_t rtcp_octets = 8;
    if (datagram.size() < rtcp_octets || octet_at(datagram, 0) >> 6 != 2) return false;
    const auto type = octet_at(datagram, 1);
    return datagram.size() >= rtp_octets || (type >= 192 && type <= 223);
}

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |0 0|     STUN message type     |         message length        |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |                         magic cookie                          |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
bool is_stun(octets_view datagram) noexcept {
    constexpr std::size_t header_octets = 20;
    constexpr std::uint32_t magic_cookie = 0x2112a442;
    if (datagram.size() < header_octets || octet_at(datagram, 0) > 3) return false;
    return u32_at(datagram, 4) == magic_cookie && u16_at(datagram, 2) % 4 == 0 &&
           u16_at(datagram, 2) == datagram.size() - header_octets;
}

/// Content type, version, epoch and number, length, fragment. Further records may follow the first one.
bool is_dtls(octets_view datagram) noexcept {
    constexpr std::size_t header_octets = 13;
    if (datagram.size() < header_octets) return false;
    const auto type = octet_at(datagram, 0);
    const auto version = u16_at(datagram, 1);
    const bool known =
        type >= 20 && type <= 25 && (version == 0xfeff || version == 0xfefd || version == 0xfefc);
    return known && u16_at(datagram, 11) <= datagram.size() - header_octets;
}

bool is_zrtp(octets_view datagram) noexcept {
    constexpr std::size_t least_octets = 28;  // header, the shortest message, CRC
    if (datagram.size() < least_octets || u16_at(datagram, 0) != 0x1000) return false;
    constexpr std::uint32_t magic_cookie = 0x5a525450;  // "ZRTP"
    constexpr unsigned message_preamble = 0x505a;
    return u32_at(datagram, 4) == magic_cookie && u16_at(datagram, 12) == message_preamble;
}

/// Reads the fields of a UDPTL packet (T.38, in aligned PER, X.691) one after the other. Once one does not
/// fit, nothing does.
class udptl_fields {
  public:
    explicit udptl_fields(octets_view rest) noexcept : rest_(rest) {}

    [[nodiscard]] bool all_read() const noexcept { return fits_ && rest_.empty(); }
    [[nodiscard]] bool are_left(std::size_t octets) const noexcept { return fits_ && rest_.size() >= octets; }

    unsigned take_octet() noexcept {
        if (!fits_ || rest_.empty()) return fail();
        const auto octet = octet_at(rest_, 0);
        rest_ = rest_.subspan(1);
        return octet;
    }
    /// A length: up to 127 in one octet, up to 16383 in two. Fragments are longer than datagrams.
    std::size_t take_length() noexcept {
        const auto first = take_octet();
        if (first < 0x80) return first;
        if (first >= 0xc0) return fail();
        return (first & 0x3fU) << 8 | take_octet();
    }
    void skip(std::size_t octets) noexcept {
        if (!fits_ || octets > rest_.size()) {
            fail();
            return;
        }
        rest_ = rest_.subspan(octets);
    }
    /// A length and so many octets. @returns the length.
    std::size_t skip_string() noexcept {
        const auto octets = take_length();
        skip(octets);
        return octets;
    }
    /// A number of one to four octets, after their count. @returns whether it was one.
    bool skip_number() noexcept {
        const auto octets = skip_string();
        return octets >= 1 && octets <= 4;
    }
    /// How many there are, and then each.
    void skip_strings() noexcept {
        for (auto left = take_length(); left != 0 && fits_; --left)
            skip_string();
    }

  private:
    unsigned fail() noexcept {
        fits_ = false;
        return 0;
    }

    octets_view rest_;
    bool fits_ = true;
};

/// Sequence number, primary IFP, error recovery: earlier IFPs, or how many packets are covered and by what.
bool is_udptl(octets_view datagram) noexcept {
    constexpr unsigned earlier_packets = 0x00;
    constexpr unsigned forward_error_correction = 0x80;
    udptl_fields fields(datagram);
    fields.skip(2);
    if (fields.skip_string() == 0) return false;
    const auto recovery = fields.take_octet();
    if (recovery != earlier_packets && recovery != forward_error_correction) return false;
    if (recovery == forward_error_correction && !fields.skip_number()) return false;
    fields.skip_strings();
    return fields.all_read();
}

}  // namespace

datagram_kind recognise_datagram(std::span<const std::byte> datagram) noexcept {
    if (is_rtp(datagram)) return datagram_kind::rtp;
    if (is_stun(datagram)) return datagram_kind::stun;
    if (is_dtls(datagram)) return datagram_kind::dtls;
    if (is_zrtp(datagram)) return datagram_kind::zrtp;
    if (is_udptl(datagram)) return datagram_kind::udptl;
    return datagram_kind::other;
}

bool may_be_udptl(std::span<const std::byte> datagram) noexcept {
    constexpr std::size_t least_recovery = 2;
    udptl_fields fields(datagram);
    fields.skip(2);
    return fields.skip_string() != 0 && fields.are_left(least_recovery);
}

bool begins_like_text(std::span<const std::byte> datagram) noexcept {
    if (datagram.empty()) return false;
    const auto first = octet_at(datagram, 0);
    return (first >= 0x20 && first < 0x7f) || first == '\t' || first == '\n' || first == '\r';
}

}  // namespace rtpproxy
