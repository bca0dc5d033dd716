#pragma once

#include "rtpproxy/accounting/call_record.hpp"
#include "rtpproxy/engine/copy_settings.hpp"
#include "rtpproxy/engine/media_memory.hpp"
#include "rtpproxy/engine/session_limit.hpp"
#include "rtpproxy/net/local_addresses.hpp"
#include "rtpproxy/net/network_list.hpp"
#include "rtpproxy/session/inactivity.hpp"
#include "rtpproxy/session/learning.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace rtpproxy {

/// Takes the record of a finished session, on its shard. Must not block.
using call_record_sink = std::function<void(std::unique_ptr<call_record>)>;

/// How sessions are set up when the command does not say otherwise.
struct session_settings {
    local_address_ptr internal_address{};  ///< the default address
    local_address_ptr external_address{};  ///< null outside bridging
    unsigned ttl = 60;                     ///< seconds of silence a complete session survives
    unsigned setup_ttl = 60;               ///< the same before it is complete
    inactivity::mode ttl_mode = inactivity::mode::shared;
    unsigned hold_ttl = 3600;           ///< `ttl` of a session on hold, if it is longer
    unsigned max_call_duration = 0;     ///< seconds; 0: no limit
    bool notify_delete_all = false;     ///< `X` sends the notices of the sessions it ends
    bool asymmetric = false;            ///< for legs signalled without `a` or `s`
    learning_rules learning{};          ///< how legs learn their parties' addresses
    std::uint32_t leg_packet_rate = 0;  ///< packets a second and leg; 0: no limit
    std::uint8_t traffic_class = 184;
    session_limit* limit = nullptr;  ///< shared by all shards; null: no limit
    media_memory* memory = nullptr;  ///< shared by all shards; null: nothing is learned from earlier calls
    std::shared_ptr<const network_list> carrier_media{};  ///< networks media may always come from; null: none
    call_record_sink on_record{};                         ///< empty: no records are made
    copy_settings copies{};
};

}  // namespace rtpproxy
