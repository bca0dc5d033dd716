// Re-framing. Input: the packet time, then datagrams, each with two octets of length, one for the time since
// the one before, in front. Length 65535 is no datagram but a change: another packet time, or none.

#include "rtpproxy/rtp/repacketiser.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"

#include "fuzz.hpp"

#include <algorithm>
#include <vector>

using namespace rtpproxy;
using fuzz::require;

namespace {

constexpr std::uint32_t change = 0xffff;

std::span<const std::byte> payload_of(std::span<const std::byte> datagram, const rtp_header& header) {
    return datagram.subspan(header.header_octets, header.payload_octets);
}

/// A repacketiser, and what has to hold whatever goes in.
class checked_repacketiser {
  public:
    explicit checked_repacketiser(unsigned packet_time) : checked_(milliseconds(packet_time)) {}

    void push(std::span<const std::byte> datagram, const rtp_header& header, time_point now) {
        const bool taken = checked_.push(datagram, header, now);
        require(taken || framing_, "discarded, although it only had to pass");
        if (taken) count(payload_of(datagram, header), 1);
        drain(now);
    }
    void advance(time_point now) {
        for (auto due = checked_.next_due(); due && *due <= now; due = checked_.next_due()) {
            const auto before = packets_out_;
            drain(*due);
            require(packets_out_ > before, "due, but nothing comes");
        }
    }
    void set_packet_time(unsigned packet_time, time_point now) {
        framing_ = packet_time != 0;
        last_number_.reset();  // its own numbers may show again
        if (framing_)
            checked_.set_packet_time(milliseconds(packet_time));
        else
            checked_.pass_all();
        drain(now);
        last_number_.reset();
        require(framing_ || checked_.held() == 0, "it holds packets that it is not to change");
    }
    void finish(time_point now) {
        advance(now + std::chrono::seconds{10});
        require(checked_.held() == 0, "something stayed behind");
        require(octets_ == 0 && values_ == 0, "payload got lost, or was made up");
    }

  private:
    static std::chrono::milliseconds milliseconds(unsigned value) {
        return std::chrono::milliseconds{std::clamp(value, 1U, 999U)};
    }

    void drain(time_point now) {
        while (const auto datagram = checked_.next(now)) {
            ++packets_out_;
            const auto header = read_rtp_header(*datagram);
            require(header.has_value(), "no RTP comes out");
            count(payload_of(*datagram, *header), -1);
            if (framing_ && last_number_)
                require(header->sequence_number == static_cast<std::uint16_t>(*last_number_ + 1), "numbers");
            if (framing_) last_number_ = header->sequence_number;
        }
        require(!checked_.next_due() || *checked_.next_due() > now, "due, but it did not come");
        require(checked_.held() < repacketiser::most_held, "too much is held");
    }

    /// Octets in less octets out, in number and in value.
    void count(std::span<const std::byte> payload, int sign) {
        octets_ += sign * static_cast<std::int64_t>(payload.size());
        for (const auto each : payload)
            values_ += sign * (1 + std::to_integer<std::int64_t>(each));
    }

    repacketiser checked_;
    bool framing_ = true;
    std::optional<std::uint16_t> last_number_;
    std::uint64_t packets_out_ = 0;
    std::int64_t octets_ = 0;
    std::int64_t values_ = 0;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = fuzz::to_text(data, size);
    checked_repacketiser checked(4 * fuzz::take_octet(text));
    time_point now{std::chrono::hours{1}};
    while (!text.empty()) {
        const auto length = fuzz::take_octet(text) << 8 | fuzz::take_octet(text);
        now += std::chrono::milliseconds{fuzz::take_octet(text)};
        checked.advance(now);
        if (length == change) {
            checked.set_packet_time(4 * fuzz::take_octet(text), now);
            continue;
        }
        const auto octets = text.substr(0, length);
        text.remove_prefix(octets.size());
        // A copy that ends where the datagram ends.
        const auto* begin = reinterpret_cast<const std::byte*>(octets.data());
        const std::vector<std::byte> datagram(begin, begin + octets.size());
        if (const auto header = read_rtp_header(datagram)) checked.push(datagram, *header, now);
    }
    checked.finish(now);
    return 0;
}
