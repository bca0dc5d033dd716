#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/rtp/rtp_header.hpp"

#include <boost/container/static_vector.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace rtpproxy {

/// Who sent which stream to a port of ours in an earlier call.
struct former_source {
    endpoint source;
    std::uint32_t ssrc;
};

/// The latest of a port, the last one first. A party that missed the end of its call still sends there when
/// the port belongs to another one: its stream is known by its SSRC. A party that calls again has a new SSRC
/// (RFC 3550 §8.1), so it may come from the same place.
class former_sources {
  public:
    static constexpr std::size_t most = 4;

    /// One that is here already becomes the last one.
    void add(const former_source& added) noexcept {
        const auto same = std::ranges::find_if(sources_, [&](const auto& each) {
            return each.ssrc == added.ssrc && same_endpoint(each.source, added.source);
        });
        if (same != sources_.end())
            sources_.erase(same);
        else if (sources_.size() == most)
            sources_.pop_back();
        sources_.insert(sources_.begin(), added);
    }

    /// Whether a packet belongs to a stream of an earlier call.
    [[nodiscard]] bool sent(const endpoint& source, const rtp_header& header) const noexcept {
        return std::ranges::any_of(sources_, [&](const auto& each) {
            return each.ssrc == header.ssrc && same_endpoint(each.source, source);
        });
    }

  private:
    boost::container::static_vector<former_source, most> sources_;
};

}  // namespace rtpproxy
