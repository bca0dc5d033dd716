#include "rtpproxy/rtp/repacketiser.hpp"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace rtpproxy {
namespace {

using octets_view = std::span<const std::byte>;

constexpr std::uint32_t ticks_per_millisecond = 8;
constexpr time_point at_once = time_point::min();

unsigned char* at(std::vector<std::byte>& packet, std::size_t offset) noexcept {
    return reinterpret_cast<unsigned char*>(packet.data() + offset);
}

void set_sequence_number(std::vector<std::byte>& packet, std::uint16_t number) noexcept {
    boost::endian::store_big_u16(at(packet, 2), number);
}

/// The number of ticks a packet is filled up to.
std::uint32_t round_up(std::uint32_t ticks, std::uint8_t payload_type) noexcept {
    const auto step = shortest_audio(payload_type).value_or(1);
    return (ticks + step - 1) / step * step;
}

}  // namespace

octets_view repacketiser::held_packet::payload_left() const noexcept {
    return octets_view{datagram}.subspan(header.header_octets + octets_gone, audio->octets);
}

void repacketiser::held_packet::take_off(const audio_frames& gone) noexcept {
    header.timestamp += gone.ticks;
    header.marker = false;
    octets_gone += gone.octets;
    audio->ticks -= gone.ticks;
    audio->octets -= gone.octets;
}

bool repacketiser::joins(const held_packet& first, const held_packet& second) noexcept {
    return first.audio && second.audio && first.audio->extendable && second.place == first.place + 1 &&
           second.header.ssrc == first.header.ssrc &&
           second.header.payload_type == first.header.payload_type &&
           second.header.timestamp == first.header.timestamp + first.audio->ticks;
}

void repacketiser::set_packet_time(std::chrono::milliseconds packet_time) noexcept {
    if (!std::exchange(framing_, true)) order_.forget();
    wanted_ticks_ = static_cast<std::uint32_t>(packet_time.count()) * ticks_per_millisecond;
}

void repacketiser::pass_all() noexcept {
    framing_ = false;
}

bool repacketiser::is_transparent() const noexcept {
    if (framing_ || !queue_.empty()) return false;
    const std::uint16_t ahead = number_ ? static_cast<std::uint16_t>(*number_ - last_original_) : shift_;
    return static_cast<std::int16_t>(ahead) <= 0;
}

// In.

bool repacketiser::push(octets_view datagram, const rtp_header& header, time_point now) {
    const auto place = place_of(header);
    if (!place) return false;
    const auto where = std::ranges::lower_bound(queue_, *place, {}, &held_packet::place);
    if (where != queue_.end() && where->place == *place) return false;

    held_packet packet;
    packet.place = *place;
    packet.arrival = now;
    packet.header = header;
    packet.renumbered = framing_;
    if (framing_)
        packet.audio =
            measure_audio(header.payload_type, datagram.subspan(header.header_octets, header.payload_octets));
    packet.datagram = copy_of(datagram);
    make_room(datagram.size());
    queue_.insert(where, std::move(packet));
    held_octets_ += datagram.size();
    return true;
}

/// For what next() does with one more packet of that size, so that it needs no more.
void repacketiser::make_room(std::size_t octets) {
    const auto joined = std::min(held_octets_ + octets, longest_joined_packet);
    out_.reserve(std::max(octets, joined));
    const auto spare = spare_.size() + queue_.size() + 1;
    if (spare_.capacity() < spare) spare_.reserve(2 * spare);
}

/// Empty when the packet comes too late.
std::optional<std::int64_t> repacketiser::place_of(const rtp_header& header) noexcept {
    if (!framing_) return order_.next_place();
    const auto place = order_.place(header);
    if (!place || *place >= next_place_) return place;
    if (number_) return std::nullopt;
    next_place_ = *place;  // nothing has left yet
    return place;
}

std::vector<std::byte> repacketiser::copy_of(octets_view datagram) {
    std::vector<std::byte> copy;
    if (!spare_.empty()) {
        copy = std::move(spare_.back());
        spare_.pop_back();
    }
    copy.assign(datagram.begin(), datagram.end());
    return copy;
}

// When.

std::optional<time_point> repacketiser::next_due() const noexcept {
    if (queue_.empty()) return std::nullopt;
    return due();
}

bool repacketiser::is_full() const noexcept {
    return queue_.size() >= most_held || held_octets_ >= most_held_octets;
}

time_point repacketiser::due() const noexcept {
    if (!framing_ || is_full()) return at_once;
    return std::max(numbers_due(), audio_due());
}

/// When the first packet need not wait for one before it.
time_point repacketiser::numbers_due() const noexcept {
    return queue_.front().place == next_place_ ? at_once : give_up_hole_before(0);
}

/// When packets before that at `index` are no longer waited for.
time_point repacketiser::give_up_hole_before(std::size_t index) const noexcept {
    const auto first = queue_.begin() + static_cast<std::ptrdiff_t>(index);
    return std::ranges::min_element(first, queue_.end(), {}, &held_packet::arrival)->arrival + patience;
}

/// When the first packet need not wait for audio that belongs with it.
time_point repacketiser::audio_due() const noexcept {
    if (!queue_.front().audio) return at_once;
    auto ticks = queue_.front().audio->ticks;
    std::size_t end = 1;
    while (end < queue_.size() && joins(queue_[end - 1], queue_[end]))
        ticks += queue_[end++].audio->ticks;

    const auto& last = queue_[end - 1];
    if (ticks >= wanted_ticks_ || !last.audio->extendable) return at_once;
    const auto waited_enough = filled_too_slowly();
    if (end == queue_.size()) return waited_enough;
    if (queue_[end].place == last.place + 1) return at_once;
    return std::min(waited_enough, give_up_hole_before(end));
}

/// When the packet that is being filled goes as it is. It is as long as its frames: a wait by the length that
/// was asked for could end just when the next packet is to come.
time_point repacketiser::filled_too_slowly() const noexcept {
    constexpr std::chrono::milliseconds shortest_wait{40};
    const auto& first = queue_.front();
    const auto ticks = round_up(wanted_ticks_, first.header.payload_type);
    const std::chrono::milliseconds twice{2 * ticks / ticks_per_millisecond};
    return first.arrival + std::max(twice, shortest_wait);
}

// Out.

std::optional<octets_view> repacketiser::next(time_point now) noexcept {
    if (queue_.empty() || due() > now) return std::nullopt;
    const auto number = number_for(queue_.front());
    std::size_t finished = 1;
    if (queue_.front().audio)
        finished = write_audio();
    else
        write_as_it_is(queue_.front());
    set_sequence_number(out_, number);
    remove_front(finished);
    return out_;
}

std::uint16_t repacketiser::number_for(const held_packet& packet) noexcept {
    const auto original = packet.header.sequence_number;
    if (packet.renumbered) {
        number_ = static_cast<std::uint16_t>(number_ ? *number_ + 1 : original + shift_);
        return *number_;
    }
    if (number_) {
        const auto ahead = static_cast<std::uint16_t>(*number_ - last_original_);
        shift_ = static_cast<std::int16_t>(ahead) > 0 ? ahead : 0;
        number_.reset();
    }
    return static_cast<std::uint16_t>(original + shift_);
}

void repacketiser::write_as_it_is(const held_packet& packet) {
    out_.assign(packet.datagram.begin(), packet.datagram.end());
}

void repacketiser::write_header(const held_packet& packet) {
    constexpr std::byte padding{0x20};
    constexpr std::byte marker{0x80};
    const auto header = octets_view{packet.datagram}.first(packet.header.header_octets);
    out_.assign(header.begin(), header.end());
    out_[0] &= ~padding;
    if (!packet.header.marker) out_[1] &= ~marker;
    boost::endian::store_big_u32(at(out_, 4), packet.header.timestamp);
}

/// Fills a packet from the front of the queue. Returns how many packets are used up.
std::size_t repacketiser::write_audio() {
    const auto payload_type = queue_.front().header.payload_type;
    const auto most_ticks = round_up(wanted_ticks_, payload_type);
    write_header(queue_.front());
    std::uint32_t ticks = 0;
    std::size_t used_up = 0;
    do {
        auto& packet = queue_[used_up];
        const auto taken = take_audio(payload_type, packet.payload_left(), most_ticks - ticks);
        if (taken.octets == 0) break;
        if (ticks != 0 && out_.size() + taken.octets > longest_joined_packet) break;
        std::ranges::copy(packet.payload_left().first(taken.octets), std::back_inserter(out_));
        ticks += taken.ticks;
        if (taken.octets < packet.audio->octets) {
            packet.take_off(taken);
            break;
        }
        ++used_up;
    } while (used_up < queue_.size() && joins(queue_[used_up - 1], queue_[used_up]));
    return used_up;
}

void repacketiser::remove_front(std::size_t packets) noexcept {
    constexpr std::size_t usual_octets = 2048;  // memory of larger packets is given back
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(packets);
    for (auto each = queue_.begin(); each != end; ++each) {
        held_octets_ -= each->datagram.size();
        last_original_ = each->header.sequence_number;
        next_place_ = each->place + 1;
        if (each->datagram.capacity() <= usual_octets) spare_.push_back(std::move(each->datagram));
    }
    queue_.erase(queue_.begin(), end);
    if (packets == 0) {
        last_original_ = queue_.front().header.sequence_number;
        next_place_ = queue_.front().place;
    }
}

}  // namespace rtpproxy
