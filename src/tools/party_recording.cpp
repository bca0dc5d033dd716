#include "party_recording.hpp"

#include "voice_count.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

namespace rtpproxy {

namespace {

constexpr std::chrono::hours longest_recording{24};

track_position position_at(std::chrono::microseconds since_origin) noexcept {
    constexpr track_position microseconds_a_sample = 1'000'000 / track_rate;
    return since_origin.count() / microseconds_a_sample;
}

void print_count(std::ostream& out, std::uint64_t count, const char* what) {
    if (count != 0) out << ", " << count << ' ' << what;
}

}  // namespace

party_recording::party_recording(capture_input capture, std::optional<rtp_decryptor> decryptor,
                                 const extract_options& options, std::ostream& notes)
    : capture_(std::move(capture)),
      decryptor_(std::move(decryptor)),
      track_(options.gapless ? track_timing::gapless : track_timing::synchronised),
      notes_(&notes),
      voices_(count_voices(capture_.path())),
      salvages_(options.salvages) {}

/// Sets next_ if the datagram is RTP.
void party_recording::understand(const captured_packet& packet) {
    ++datagrams_;
    if (looks_like_rtcp(packet.payload)) {
        ++rtcp_packets_;
        return;
    }
    auto datagram = packet.payload;
    if (decryptor_) {
        datagram = decryptor_->decrypt(packet.payload);
        if (datagram.empty()) ++unauthentic_;
    }
    const auto header = read_rtp_header(datagram);
    if (!header) return;
    ++rtp_packets_;
    next_ = rtp_packet{packet.when, packet.source, *header,
                       datagram.subspan(header->header_octets, header->payload_octets)};
}

/// Looks for the next RTP packet.
party_recording::outcome party_recording::read_next() {
    next_.reset();
    while (!next_ && !no_more_) {
        const auto packet = capture_.next();
        if (packet && *packet) {
            understand(**packet);
            continue;
        }
        no_more_ = true;
        if (packet) break;
        if (!salvages_) return packet.error().message + "; --salvage uses what is in front of it";
        *notes_ << "extractaudio: " << packet.error().message << "; what is in front of it is used\n";
    }
    return {};
}

party_recording::outcome party_recording::read_first() {
    return read_next();
}

std::optional<wall_time> party_recording::first_arrival() const noexcept {
    return next_ ? std::optional{next_->when} : std::nullopt;
}

/// Puts the packet into the track, and reads the one behind.
party_recording::outcome party_recording::take_next() {
    const auto since_origin = next_->when - origin_;
    if (since_origin > longest_recording)
        return path().string() + ": packet " + std::to_string(datagrams_) +
               " arrived more than 24 hours after the first";
    latest_ = std::max(latest_, since_origin);
    report_.on_packet(next_->header, time_point{latest_});
    track_.on_packet(next_->source, next_->header, next_->payload, position_at(latest_));
    return read_next();
}

party_recording::outcome party_recording::read_until_ready(std::uint64_t samples) {
    while (next_ && track_.ready() < samples)
        if (auto taken = take_next(); !taken) return taken;
    // Not before the silence in front of the last packets was taken: it would be held in memory.
    if (!next_ && !at_end_ && track_.ready() < samples) {
        at_end_ = true;
        track_.on_end();
    }
    return {};
}

void party_recording::summarise(std::ostream& out) const {
    const auto& counts = track_.packets();
    const auto& skipped = capture_.skipped();
    out << "extractaudio: " << path().string() << ": " << track_.decoded_samples() << " samples of "
        << counts.decoded << " packets";
    print_count(out, counts.damaged, "damaged");
    print_count(out, counts.late, "late or repeated");
    print_count(out, rtcp_packets_, "RTCP");
    print_count(out, unauthentic_, "not authentic");
    print_count(out, datagrams_ - rtp_packets_ - rtcp_packets_ - unauthentic_, "not RTP");
    print_count(out, skipped.fragments + skipped.not_udp + skipped.incomplete, "not UDP or incomplete");
    for (const auto& [payload_type, count] : counts.undecodable)
        out << ", " << count << " of payload type " << unsigned{payload_type};
    out << '\n';
}

}  // namespace rtpproxy
