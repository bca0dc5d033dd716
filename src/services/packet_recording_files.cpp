#include "packet_recording_files.hpp"

#include "rtpproxy/capture/adhoc_format.hpp"
#include "rtpproxy/capture/pcap_format.hpp"

#include "path_in.hpp"

namespace rtpproxy {
namespace {

std::vector<std::byte> beginning_of(recording_format format) {
    std::vector<std::byte> octets;
    if (format == recording_format::pcap) append_pcap_file_header(octets);
    return octets;
}

}  // namespace

packet_recording_files::packet_recording_files(const recording& of, const std::filesystem::path& directory,
                                               recording_surroundings& around, time_point now)
    : around_(around),
      rtp_(path_in(directory, of.names.rtp), beginning_of(around.settings.format), around.disk, lost_) {
    rtp_.open(now);
    if (of.names.rtcp.empty()) return;
    rtcp_.emplace(path_in(directory, of.names.rtcp), beginning_of(around.settings.format), around.disk,
                  lost_);
    rtcp_->open(now);
}

packet_log& packet_recording_files::log_of(component which) noexcept {
    return which == component::rtcp && rtcp_ ? *rtcp_ : rtp_;
}

endpoint packet_recording_files::with_real_address(const endpoint& ours, const endpoint& remote) {
    if (!ours.address().is_unspecified()) return ours;
    if (known_.remote != remote.address()) {
        const auto found = around_.settings.local_address_towards(remote.address());
        known_ = {remote.address(), found.value_or(ours.address())};
    }
    return {known_.local, ours.port()};
}

void packet_recording_files::write(const recorded_packet& packet, wall_time arrived, time_point now) {
    octets_.clear();
    if (around_.settings.format == recording_format::adhoc) {
        append_adhoc_packet(octets_, {arrived, packet.source, std::nullopt, packet.datagram});
    } else {
        captured_packet captured{arrived, packet.source, packet.destination, packet.datagram};
        if (packet.outgoing)
            captured.source = with_real_address(packet.source, packet.destination);
        else
            captured.destination = with_real_address(packet.destination, packet.source);
        append_pcap_packet(octets_, captured, around_.ipv4_identification);
        if (captured.source.address().is_v4()) ++around_.ipv4_identification;
    }
    log_of(packet.which).append(octets_, now);
}

bool packet_recording_files::name_is_taken() const noexcept {
    return rtp_.name_is_taken() || (rtcp_ && rtcp_->name_is_taken());
}

void packet_recording_files::flush(time_point now) {
    rtp_.flush(now);
    if (rtcp_) rtcp_->flush(now);
}

void packet_recording_files::close(time_point now) {
    rtp_.close(now);
    if (rtcp_) rtcp_->close(now);
}

}  // namespace rtpproxy
