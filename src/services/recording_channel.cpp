#include "rtpproxy/services/recording_channel.hpp"

#include "rtpproxy/services/recorder.hpp"

#include <algorithm>
#include <thread>
#include <type_traits>
#include <utility>

namespace rtpproxy {
namespace {

/// An endpoint that can be copied octet by octet.
struct queued_endpoint {
    std::array<unsigned char, 16> address{};
    std::uint16_t port = 0;
    bool is_v6 = false;
};

/// What is in front of a packet in the queue.
struct queued_header {
    recording* to = nullptr;
    duration::rep when = 0;
    queued_endpoint source;
    queued_endpoint destination;
    std::uint32_t octets = 0;
    side from = side::caller;
    component which = component::rtp;
    bool outgoing = false;
};
static_assert(std::is_trivially_copyable_v<queued_header>);

queued_endpoint pack(const endpoint& e) noexcept {
    const auto address = e.address();
    queued_endpoint packed;
    packed.port = e.port();
    packed.is_v6 = address.is_v6();
    if (packed.is_v6)
        packed.address = address.to_v6().to_bytes();
    else
        std::ranges::copy(address.to_v4().to_bytes(), packed.address.begin());
    return packed;
}

endpoint unpack(const queued_endpoint& packed) {
    if (packed.is_v6) return {boost::asio::ip::address_v6{packed.address}, packed.port};
    boost::asio::ip::address_v4::bytes_type octets;
    std::copy_n(packed.address.begin(), octets.size(), octets.begin());
    return {boost::asio::ip::address_v4{octets}, packed.port};
}

}  // namespace

recording_channel::recording_channel(recorder& to, std::size_t queue_octets)
    : recorder_(to), queue_(queue_octets) {}

std::shared_ptr<recording> recording_channel::begin(recording_order order, bool insist) {
    return recorder_.begin(std::move(order), insist);
}

void recording_channel::add(recording& to, const recorded_packet& packet) noexcept {
    const auto octets = packet.datagram.size();
    const queued_header header{&to,
                               packet.when.time_since_epoch().count(),
                               pack(packet.source),
                               pack(packet.destination),
                               static_cast<std::uint32_t>(octets),
                               packet.from,
                               packet.which,
                               packet.outgoing};
    // The other end only makes room, so what fits now still fits in a moment.
    if (queue_.write_available() < sizeof header + octets) {
        to.lost.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    queue_.push(reinterpret_cast<const std::byte*>(&header), sizeof header);
    queue_.push(packet.datagram.data(), octets);
}

void recording_channel::end(std::shared_ptr<recording> ended, recording_end how) noexcept {
    recorder_.end(std::move(ended), std::move(how));
}

recording_format recording_channel::format() const noexcept {
    return recorder_.settings().format;
}

bool recording_channel::records_rtcp() const noexcept {
    return recorder_.settings().rtcp;
}

bool recording_channel::records_details() const noexcept {
    return recorder_.settings().details;
}

std::size_t recording_channel::header_octets() noexcept {
    return sizeof(queued_header);
}

bool recording_channel::records_everything() const noexcept {
    return recorder_.settings().everything;
}

/// A header may be there already and its packet not yet: they are pushed one after the other.
recording* recording_channel::take(recorded_packet& packet, std::vector<std::byte>& payload) {
    queued_header header;
    if (queue_.pop(reinterpret_cast<std::byte*>(&header), sizeof header) == 0) return nullptr;
    payload.resize(header.octets);
    for (std::size_t got = 0; got < payload.size();) {
        const auto more = queue_.pop(payload.data() + got, payload.size() - got);
        if (more == 0) std::this_thread::yield();
        got += more;
    }
    packet = {time_point{duration{header.when}}, header.from,     header.which, unpack(header.source),
              unpack(header.destination),        header.outgoing, payload};
    return header.to;
}

}  // namespace rtpproxy
