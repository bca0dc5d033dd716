#pragma once

#include <cstdint>

namespace rtpproxy {

/// What the place where a party receives is to this program, and so what may be sent there. The one who
/// judges is media_destinations.
enum class destination_kind : std::uint8_t {
    open,       ///< anything may be sent
    ours,       ///< a media port of this program: anything that did not come from one
    neighbour,  ///< a port of another program on this host: media only
    forbidden,  ///< nothing
};

}  // namespace rtpproxy
