#include "rtpproxy/services/prompt_stream.hpp"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace rtpproxy {
namespace {

unsigned frames_in(std::chrono::milliseconds length, const frame_format& format) noexcept {
    using std::chrono::milliseconds;
    if (!format.joinable) return 1;
    length = std::clamp(length, milliseconds{1}, prompt_stream::longest_packet);
    return static_cast<unsigned>((length + format.duration - milliseconds{1}) / format.duration);
}

unsigned char* octets_at(std::byte* at) noexcept {
    return reinterpret_cast<unsigned char*>(at);
}

}  // namespace

prompt_stream::prompt_stream(prompt_ptr what, const play_order& order, const rtp_origin& origin) noexcept
    : passes_left_(order.count), next_(origin) {
    next_.timestamp &= ~1U;
    set_prompt(std::move(what), order.packet_length);
}

void prompt_stream::set_prompt(prompt_ptr what, std::chrono::milliseconds packet_length) noexcept {
    prompt_ = std::move(what);
    const auto& format = prompt_->format;
    const unsigned frames = frames_in(packet_length, format);
    payload_octets_ = std::size_t{frames} * format.octets;
    packet_duration_ = frames * format.duration;
    packet_ticks_ = frames * format.ticks;
    if (prompt_->octets.size() < payload_octets_) passes_left_ = 0;
}

std::span<const std::byte> prompt_stream::next_packet(std::span<std::byte, largest_packet> buffer) noexcept {
    write_header(buffer.data());
    std::memcpy(buffer.data() + header_octets, prompt_->octets.data() + position_, payload_octets_);
    const auto packet = std::span<const std::byte>(buffer).first(header_octets + payload_octets_);
    ++next_.sequence_number;
    marker_is_due_ = false;
    step();
    return packet;
}

void prompt_stream::skip_packet() noexcept {
    marker_is_due_ = true;
    step();
}

void prompt_stream::go_on_in(prompt_ptr what, std::chrono::milliseconds packet_length) noexcept {
    const auto before = prompt_->format;
    const auto passed = packet_duration_;
    const auto place = static_cast<std::int64_t>(position_ / before.octets) * before.duration;
    const auto clock = [](const frame_format& format) {
        return format.ticks / static_cast<std::uint32_t>(format.duration.count());  // in kHz
    };
    set_prompt(std::move(what), packet_length);

    const auto& now = prompt_->format;
    if (due_ != duration{})
        next_.timestamp += static_cast<std::uint32_t>(passed.count()) * (clock(now) - clock(before));
    position_ = static_cast<std::size_t>(place / now.duration) * now.octets;
    marker_is_due_ = true;
    end_pass_unless_packet_left();
}

// See read_rtp_header() for the picture. Version 2; no padding, extension, CSRC.
void prompt_stream::write_header(std::byte* at) const noexcept {
    constexpr unsigned marker = 0x80;
    at[0] = std::byte{0x80};
    at[1] = std::byte(prompt_->format.payload_type | (marker_is_due_ ? marker : 0));
    boost::endian::store_big_u16(octets_at(at + 2), next_.sequence_number);
    boost::endian::store_big_u32(octets_at(at + 4), next_.timestamp);
    boost::endian::store_big_u32(octets_at(at + 8), next_.ssrc);
}

void prompt_stream::step() noexcept {
    due_ += packet_duration_;
    next_.timestamp += packet_ticks_;
    position_ += payload_octets_;
    end_pass_unless_packet_left();
}

void prompt_stream::end_pass_unless_packet_left() noexcept {
    if (position_ + payload_octets_ <= prompt_->octets.size()) return;
    position_ = 0;
    if (passes_left_ > 0) --passes_left_;
}

}  // namespace rtpproxy
