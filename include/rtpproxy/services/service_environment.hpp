#pragma once

#include "rtpproxy/media/media_destinations.hpp"
#include "rtpproxy/media/media_plane.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/services/play_clock.hpp"
#include "rtpproxy/session/relay_statistics.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>

namespace rtpproxy {

class prompt_finder;
class recording_channel;

/// What the media services of a shard's sessions need from around them. Everything outlives the sessions.
struct service_environment {
    /// Hands a notice over to whoever delivers it. Must not block.
    using post_notice = std::function<void(timeout_notice)>;

    boost::asio::io_context& context;  ///< the shard's strand, for timers
    media_plane& plane;
    port_pool& pool;
    const media_destinations& destinations;
    relay_statistics& statistics;
    play_clock& players;
    time_point epoch;  ///< when second 0 began
    post_notice post;
    recording_channel* recordings = nullptr;  ///< null: there is no recording directory
    prompt_finder* prompts = nullptr;         ///< null: prompts stay as they were begun
};

}  // namespace rtpproxy
