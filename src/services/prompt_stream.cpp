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
    : prompt_(std::move(what)), passes_left_(order.count), next_(origin) {
    const auto& format = prompt_->format;
    const unsigned frames = frames_in(order.packet_length, format);
    payload_octets_ = std::size_t{frames} * format.octets;
    packet_duration_ = frames * format.duration;
    packet_ticks_ = frames * format.ticks;
    next_.timestamp &= ~1U;
    if (prompt_->octets.size() < payload_octets_) passes_left_ = 0;
}

std::span<const std::byte> prompt_stream::next_packet(std::span<std::byte, largest_packet> buffer) noexcept {
    write_header(buffer.data());
    std::memcpy(buffer.data() + header_octets, prompt_->octets.data() + position_, payload_octets_);
    const auto packet = std::span<const std::byte>(buffer).first(header_octets + payload_octets_);
    step();
    return packet;
}

// See read_rtp_header() for the picture. Version 2; no padding, extension, CSRC.
void prompt_stream::write_header(std::byte* at) const noexcept {
    constexpr unsigned marker = 0x80;
    at[0] = std::byte{0x80};
    at[1] = std::byte(prompt_->format.payload_type | (packets_made_ == 0 ? marker : 0));
    boost::endian::store_big_u16(octets_at(at + 2), next_.sequence_number);
    boost::endian::store_big_u32(octets_at(at + 4), next_.timestamp);
    boost::endian::store_big_u32(octets_at(at + 8), next_.ssrc);
}

void prompt_stream::step() noexcept {
    ++packets_made_;
    ++next_.sequence_number;
    next_.timestamp += packet_ticks_;
    position_ += payload_octets_;
    if (prompt_->octets.size() - position_ >= payload_octets_) return;
    position_ = 0;
    if (passes_left_ > 0) --passes_left_;
}

}  // namespace rtpproxy
