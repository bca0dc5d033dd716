#pragma once

#include "rtpproxy/session/address_latch.hpp"

#include "support/rtp_packets.hpp"

#include <boost/asio/ip/address.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// One leg under a learning policy, in virtual time, and the streams that are sent to it.
namespace rtpproxy::test {

inline endpoint at(std::string_view address, unsigned port) {
    return {boost::asio::ip::make_address(address), static_cast<std::uint16_t>(port)};
}

/// An RTP stream of 20 ms audio at 8 kHz.
struct rtp_stream {
    std::uint32_t ssrc = 0x1234;
    std::uint16_t sequence_number = 100;
    std::uint32_t timestamp = 8000;
    std::uint8_t payload_type = 0;

    /// The next packet that is sent.
    std::vector<std::byte> next() {
        ++sequence_number;
        timestamp += 160;
        return make_rtp({ssrc, sequence_number, timestamp, payload_type, 20});
    }
    /// The sender goes on, but nothing of it arrives, for `time`.
    void lose(duration time) {
        const auto packets = time / std::chrono::milliseconds{20};
        sequence_number = static_cast<std::uint16_t>(sequence_number + packets);
        timestamp += static_cast<std::uint32_t>(packets * 160);
    }
    /// Silence suppression: time goes on, nothing is sent.
    void pause(duration time) {
        timestamp += static_cast<std::uint32_t>(time / std::chrono::milliseconds{20} * 160);
    }
};

inline std::vector<std::byte> octets(std::initializer_list<unsigned> values) {
    std::vector<std::byte> result;
    for (const auto value : values)
        result.push_back(static_cast<std::byte>(value));
    result.resize(28);
    return result;
}
inline const auto stun_packet = octets({0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42});
inline const auto dtls_packet = octets({22, 0xfe, 0xfd});
inline const auto fax_packet = octets({0x00, 0x07, 0x01, 0x00});
inline const auto rtcp_packet = octets({0x80, 200, 0, 6});

/// How many packets of a stretch got through.
struct passage {
    int accepted = 0;
    int refused = 0;
    bool learned = false;
    drop_reason last_refusal{};
};

class guarded_leg {
  public:
    explicit guarded_leg(learning_policy policy = learning_policy::guarded)
        : latches{address_latch{component::rtp, policy}, address_latch{component::rtcp, policy}} {}

    void wait(duration time) { now += time; }

    void signalled(const endpoint& address, bool asymmetric = false) {
        rtp().on_signalled(address, now);
        rtcp().on_signalled({address.address(), static_cast<std::uint16_t>(address.port() + 1)}, now);
        rtp().set_asymmetric(asymmetric);
        rtcp().set_asymmetric(asymmetric);
    }

    latch_outcome datagram(component which, const endpoint& source, std::span<const std::byte> content) {
        std::optional<rtp_header> header;
        if (which == component::rtp && !looks_like_rtcp(content)) header = read_rtp_header(content);
        const endpoint* rtp_source = which == component::rtcp ? rtp().source() : nullptr;
        auto& latch = latches[static_cast<std::size_t>(which)];
        const auto outcome = latch.on_packet({source, header, content, teaching, rtp_source, now, vouched});
        if (!outcome.accepted) return outcome;
        if (which == component::rtp && outcome.learned) rtcp().guess_from_rtp(source);
        return outcome;
    }
    latch_outcome rtp_from(const endpoint& source, std::span<const std::byte> content) {
        return datagram(component::rtp, source, content);
    }
    latch_outcome rtcp_from(const endpoint& source) { return datagram(component::rtcp, source, rtcp_packet); }

    /// `packets` of the stream from `source`, each followed by 20 ms.
    passage talk(const endpoint& source, rtp_stream& stream, int packets,
                 duration interval = std::chrono::milliseconds{20}) {
        passage result;
        for (int i = 0; i < packets; ++i) {
            const auto outcome = rtp_from(source, stream.next());
            ++(outcome.accepted ? result.accepted : result.refused);
            result.learned |= outcome.learned;
            if (!outcome.accepted) result.last_refusal = outcome.refusal;
            wait(interval);
        }
        return result;
    }

    [[nodiscard]] address_latch& rtp() { return latches[0]; }
    [[nodiscard]] address_latch& rtcp() { return latches[1]; }
    [[nodiscard]] endpoint remote() { return rtp().remote() ? *rtp().remote() : endpoint{}; }
    [[nodiscard]] endpoint rtcp_remote() { return rtcp().remote() ? *rtcp().remote() : endpoint{}; }
    /// Whether a packet for the party would be sent there, too.
    [[nodiscard]] bool receives_at(const endpoint& place) {
        const endpoint* const also = rtp().also_at(now);
        return remote() == place || (also != nullptr && *also == place);
    }
    [[nodiscard]] endpoint source() { return rtp().source() ? *rtp().source() : endpoint{}; }

    std::array<address_latch, 2> latches;
    teaching_rules teaching;
    const vouched_hosts* vouched = nullptr;
    time_point now{std::chrono::hours{1}};
};

}  // namespace rtpproxy::test
