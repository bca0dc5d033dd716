#include "recording_files.hpp"

#include "packet_recording_files.hpp"
#include "wav_recording_file.hpp"

namespace rtpproxy {

void recording_files::add(const recorded_packet& packet, wall_time arrived, time_point now) {
    auto& counted = counts_[index(packet.from)];
    if (packet.which == component::rtcp) {
        ++counted.rtcp;
    } else {
        ++counted.rtp;
        constexpr std::size_t payload_type_at = 1;
        constexpr unsigned without_marker = 0x7f;
        if (packet.datagram.size() > payload_type_at)
            counted.payload_types.set(std::to_integer<unsigned>(packet.datagram[payload_type_at]) &
                                      without_marker);
    }
    write(packet, arrived, now);
}

std::unique_ptr<recording_files> open_recording_files(const recording& of,
                                                      const std::filesystem::path& directory,
                                                      recording_surroundings& around, time_point now) {
    if (around.settings.format == recording_format::wav)
        return std::make_unique<wav_recording_file>(of, directory, around, now);
    return std::make_unique<packet_recording_files>(of, directory, around, now);
}

}  // namespace rtpproxy
