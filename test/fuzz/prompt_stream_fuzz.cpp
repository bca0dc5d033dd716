// Input: a codec list, a newline, then how to play (packet length, count, origin) and the octets of a prompt.
#include "rtpproxy/rtp/rtp_header.hpp"
#include "rtpproxy/services/prompt_stream.hpp"

#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

using namespace rtpproxy;
using fuzz::require;
using fuzz::take_octet;

namespace {

constexpr int most_packets = 40;
constexpr dynamic_payload dynamic[] = {{111, codec_id::opus}, {97, codec_id::gsm}};

std::vector<frame_format> read_list(std::string_view codecs) {
    const auto formats = read_playable_formats(codecs, dynamic);
    for (const auto& each : formats) {
        require(frame_format_of(each.payload_type, dynamic) == each, "a format of the table", codecs);
        require(codecs.find(std::to_string(each.payload_type)) != std::string_view::npos,
                "a number of the list", codecs);
        require(std::ranges::count(formats, each) == 1, "each format once", codecs);
    }
    return formats;
}

std::shared_ptr<const prompt> make_prompt(const frame_format& format, std::string_view octets) {
    const auto* first = reinterpret_cast<const std::byte*>(octets.data());
    return std::make_shared<const prompt>(prompt{format, {first, first + octets.size()}});
}

/// The packets of a stream, one after the other.
class checked_stream {
  public:
    checked_stream(std::shared_ptr<const prompt> what, const play_order& order, const rtp_origin& origin)
        : prompt_(what), count_(order.count), stream_(what, order, origin), origin_(origin) {}

    void play() {
        for (; !stream_.finished() && made_ < most_packets; ++made_)
            check_next();
        if (count_ > 0 && payload_octets_ != 0 && made_ < most_packets)
            require(made_ == count_ * static_cast<int>(prompt_->octets.size() / payload_octets_),
                    "as many passes as asked for");
        if (count_ < 0 && made_ > 0) require(made_ == most_packets, "no end");
    }

  private:
    void check_next() {
        const auto due = stream_.due();
        std::array<std::byte, prompt_stream::largest_packet> buffer;
        const auto packet = stream_.next_packet(buffer);
        const auto header = read_rtp_header(packet);
        require(header.has_value() && header->header_octets == prompt_stream::header_octets, "RTP");
        if (made_ == 0) payload_octets_ = header->payload_octets;
        require(header->payload_octets == payload_octets_, "packets of one length");
        require(payload_octets_ != 0 && payload_octets_ % prompt_->format.octets == 0, "whole frames");
        require(prompt_->format.joinable || payload_octets_ == prompt_->format.octets, "one frame");
        require(header->payload_type == prompt_->format.payload_type, "the prompt's payload type");
        require(header->ssrc == origin_.ssrc, "one SSRC");
        require(header->marker == (made_ == 0), "marker on the first packet only");
        require(header->sequence_number == static_cast<std::uint16_t>(origin_.sequence_number + made_),
                "in order");

        const auto frames = static_cast<std::uint32_t>(static_cast<std::size_t>(made_) * payload_octets_ /
                                                       prompt_->format.octets);
        require(due == frames * prompt_->format.duration, "on time");
        require(header->timestamp == (origin_.timestamp & ~1U) + frames * prompt_->format.ticks,
                "timestamp follows the media");

        const auto packets_a_pass = prompt_->octets.size() / payload_octets_;
        const auto position = static_cast<std::size_t>(made_) % packets_a_pass * payload_octets_;
        require(std::ranges::equal(packet.subspan(header->header_octets),
                                   std::span(prompt_->octets).subspan(position, payload_octets_)),
                "the prompt's octets");
    }

    std::shared_ptr<const prompt> prompt_;
    int count_;
    prompt_stream stream_;
    rtp_origin origin_;
    std::size_t payload_octets_ = 0;
    int made_ = 0;
};

/// A stream goes on in another format after so many packets.
void check_change(const std::shared_ptr<const prompt>& first, const std::shared_ptr<const prompt>& second,
                  const play_order& order, const rtp_origin& origin, int change_after) {
    prompt_stream stream(first, order, origin);
    std::array<std::byte, prompt_stream::largest_packet> buffer;
    auto due = stream.due();
    auto number = origin.sequence_number;
    bool marker_is_due = true;
    for (int made = 0; !stream.finished() && made < most_packets; ++made) {
        if (made == change_after) {
            stream.go_on_in(second, order.packet_length);
            marker_is_due = true;
            if (stream.finished()) return;
        }
        require(stream.due() >= due, "time goes on");
        due = stream.due();
        if (made % 8 == 5) {
            stream.skip_packet();
            marker_is_due = true;
            continue;
        }
        const auto& format = stream.format();
        const auto packet = stream.next_packet(buffer);
        const auto header = read_rtp_header(packet);
        require(header.has_value(), "RTP");
        require(header->payload_type == format.payload_type, "the payload type of now");
        require(header->payload_octets != 0 && header->payload_octets % format.octets == 0, "whole frames");
        require(header->ssrc == origin.ssrc, "one SSRC");
        require(header->sequence_number == number++, "in order");
        require(header->marker == std::exchange(marker_is_due, false), "marker where the stream is resumed");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = fuzz::to_text(data, size);
    const auto formats = read_list(fuzz::take_until(text, '\n'));
    play_order order;
    order.packet_length = std::chrono::milliseconds{take_octet(text) * 256 + take_octet(text)};
    order.count = static_cast<int>(take_octet(text)) - 2;
    rtp_origin origin;
    origin.ssrc = 0x01000000U + take_octet(text);
    origin.timestamp = 0xffffff00U + take_octet(text);
    origin.sequence_number = static_cast<std::uint16_t>(0xff00U + take_octet(text));
    if (order.count == 0) return 0;  // stops, plays nothing
    for (const auto& format : formats)
        checked_stream(make_prompt(format, text), order, origin).play();
    const int change_after = static_cast<int>(origin.ssrc % 16);
    const auto shorter = text.substr(0, text.size() - text.size() / 4);
    for (const auto& first : formats)
        for (const auto& second : formats)
            check_change(make_prompt(first, text), make_prompt(second, shorter), order, origin, change_after);
    return 0;
}
