#pragma once

#include "rtpproxy/codec/audio_codec.hpp"
#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/tools/audio_track.hpp"

#include <array>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace rtpproxy {

/// One SSRC from one source: puts its packets into order, decodes them, and hands them to the track.
class media_stream {
  public:
    media_stream(const endpoint& source, std::uint32_t ssrc) : source_(source), ssrc_(ssrc) {}

    [[nodiscard]] bool is(const endpoint& source, std::uint32_t ssrc) const noexcept {
        return ssrc_ == ssrc && same_endpoint(source_, source);
    }

    /// Takes a packet of a codec that can be decoded.
    void on_packet(audio_track& track, codec_id codec, const rtp_header& header,
                   std::span<const std::byte> payload, track_position arrival);
    /// Decodes the packets whose place is before `until`.
    void release_until(audio_track& track, track_position until);

    std::uint64_t last_used = 0;  ///< for the track

  private:
    struct waiting_packet {
        codec_id codec;
        std::vector<std::byte> payload;
    };

    [[nodiscard]] track_position place_of(audio_track& track, std::uint32_t timestamp,
                                          track_position arrival);
    void release_first(audio_track& track);
    [[nodiscard]] audio_decoder& decoder_of(codec_id codec);

    static constexpr auto nowhere = std::numeric_limits<track_position>::min();

    endpoint source_;
    std::uint32_t ssrc_;
    /// A packet whose place is known.
    struct reference {
        std::uint32_t timestamp;
        track_position place;
    };
    std::optional<reference> latest_;
    std::map<track_position, waiting_packet> waiting_;
    track_position released_ = nowhere;  ///< place of the packet decoded last
    track_position end_ = nowhere;       ///< of its samples
    std::map<codec_id, std::unique_ptr<audio_decoder>> decoders_;
    std::vector<std::int16_t> samples_;  ///< of one packet
};

}  // namespace rtpproxy
