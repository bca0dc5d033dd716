// Digits in telephone events. Input: payloads, each with its length, the time since the one before in
// milliseconds, and its timestamp in hundreds in front.

#include "rtpproxy/rtp/dtmf_detector.hpp"

#include "fuzz.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

using namespace rtpproxy;
using fuzz::require;

namespace {

/// A detector, and what has to hold whatever it hears.
class checked_detector {
  public:
    void hear(std::uint32_t timestamp, std::span<const std::byte> payload, time_point now) {
        if (payload.size() >= 4 && std::to_integer<unsigned>(payload[0]) <= 16) ++packets_;
        detector_.on_packet(timestamp, payload, now);
        drain(now);
    }
    void advance(time_point now) {
        for (auto due = detector_.next_due(); due && *due <= now; due = detector_.next_due()) {
            const auto before = digits_;
            drain(*due);
            require(digits_ > before, "due, but no digit comes");
        }
    }
    void finish(time_point now) {
        advance(now + std::chrono::seconds{1});
        require(!detector_.next_due().has_value(), "something stayed behind");
    }

  private:
    void drain(time_point now) {
        constexpr std::string_view all = "0123456789*#ABCD ";
        while (const auto digit = detector_.next(now)) {
            ++digits_;
            require(all.find(digit->digit) != std::string_view::npos, "no digit");
            require(digit->volume < 64, "volume");
            require(digits_ <= packets_, "more digits than packets");
        }
        require(!detector_.next_due() || *detector_.next_due() > now, "due, but it did not come");
    }

    dtmf_detector detector_;
    std::uint64_t packets_ = 0;
    std::uint64_t digits_ = 0;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = fuzz::to_text(data, size);
    checked_detector checked;
    time_point now{std::chrono::hours{1}};
    while (!text.empty()) {
        const auto length = std::min<std::size_t>(fuzz::take_octet(text), text.size());
        now += std::chrono::milliseconds{fuzz::take_octet(text)};
        const auto timestamp = 100 * fuzz::take_octet(text);
        const auto octets = text.substr(0, length);
        text.remove_prefix(octets.size());
        // A copy that ends where the payload ends.
        const auto* begin = reinterpret_cast<const std::byte*>(octets.data());
        const std::vector<std::byte> payload(begin, begin + octets.size());
        checked.advance(now);
        checked.hear(timestamp, payload, now);
    }
    checked.finish(now);
    return 0;
}
