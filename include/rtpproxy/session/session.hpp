#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/local_addresses.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/rtp/stream_statistics.hpp"
#include "rtpproxy/session/address_latch.hpp"
#include "rtpproxy/session/component.hpp"
#include "rtpproxy/session/destination_kind.hpp"
#include "rtpproxy/session/end_reason.hpp"
#include "rtpproxy/session/expiry_wheel.hpp"
#include "rtpproxy/session/former_sources.hpp"
#include "rtpproxy/session/inactivity.hpp"
#include "rtpproxy/session/packet_services.hpp"
#include "rtpproxy/session/relay_statistics.hpp"
#include "rtpproxy/session/side.hpp"
#include "rtpproxy/session/trial_packets.hpp"
#include "rtpproxy/session/vouched_hosts.hpp"

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace rtpproxy {

/// Names an open pair of ports of the media plane.
using port_pair_id = std::uint32_t;
inline constexpr port_pair_id no_port_pair = 0xffffffff;

/// What arrives on one port of a leg, and where its party receives.
struct media_stream {
    explicit media_stream(component c) noexcept : latch(c) {}

    address_latch latch;
    destination_kind remote_is = destination_kind::open;  ///< as it was judged last
    destination_kind former_is = destination_kind::open;  ///< the same for latch.former()
    /// The neighbour of this host that was last seen to speak media itself, on this port of ours.
    endpoint media_heard_from;
    /// Ports that may be of this program, on the host where the party receives, is signalled to, or ever did
    /// or was: packets from a former address are taken for a while.
    port_span ours_on_its_host;
    std::unique_ptr<trial_packets> on_trial;  ///< null: none
    std::uint64_t received = 0;               ///< accepted by the latch
    std::uint64_t relayed = 0;                ///< of these, passed on
    std::uint64_t dropped = 0;                ///< of these, not passed on
    std::uint64_t refused = 0;                ///< not accepted by the latch
    time_point first_packet{};
    time_point last_packet{};
    duration longest_gap{};  ///< between two accepted packets
};

/// How many packets a leg may have in each second.
class packet_budget {
  public:
    /// Packets a second; 0: any number.
    void set_limit(std::uint32_t limit) noexcept { limit_ = limit; }
    /// Takes one packet of this second; false when there is none left.
    [[nodiscard]] bool take(tick second) noexcept {
        if (limit_ == 0) return true;
        if (second != second_) {
            second_ = second;
            used_ = 0;
        }
        if (used_ >= limit_) return false;
        ++used_;
        return true;
    }

  private:
    std::uint32_t limit_ = 0;
    std::uint32_t used_ = 0;
    tick second_ = 0;
};

/// One party's side of a session.
struct leg {
    local_address_ptr local;  ///< where its ports are, or will be, opened
    local_address_ptr
        before_family;           ///< where they were before its party changed address family; may be null
    local_address_ptr reserved;  ///< where a pair of ports is kept for it; null: none is
    std::optional<address_family> party_family;  ///< of the address signalled last
    bool party_changed_family = false;           ///< and its ports have not followed yet
    port_pair_id ports = no_port_pair;
    std::uint16_t rtp_port = 0;  ///< local, even; RTCP is the next one. 0 until opened
    std::array<media_stream, 2> streams{media_stream{component::rtp}, media_stream{component::rtcp}};
    teaching_rules teaching;  ///< what an unknown source has to send
    std::shared_ptr<const vouched_hosts>
        vouched;  ///< where its party may be although it is not signalled; may be null
    std::unique_ptr<const former_sources>
        strangers;         ///< who may think that its port is still theirs; null: nobody
    packet_budget budget;  ///< RTP and RTCP together; refused packets take nothing from it
    stream_statistics rtp_statistics;
    std::string codecs;                              ///< payload types of its media description, as signalled
    std::optional<std::chrono::milliseconds> ptime;  ///< re-framing asked for this party's media
    bool on_hold = false;
    std::uint32_t hold_count = 0;    ///< how often its party was put on hold
    std::uint8_t traffic_class = 0;  ///< of packets sent to this party (IP TOS, IPv6 traffic class)

    [[nodiscard]] bool is_open() const noexcept { return ports != no_port_pair; }
    [[nodiscard]] media_stream& stream(component c) noexcept { return streams[static_cast<std::size_t>(c)]; }
    [[nodiscard]] const media_stream& stream(component c) const noexcept {
        return streams[static_cast<std::size_t>(c)];
    }
    /// How the leg learns its party's address.
    void use(learning_policy policy, time_point now) noexcept {
        for (auto& each : streams)
            each.latch.use(policy, now);
    }
};

/// What the controller wants to hear when a session times out, or of a key, and where.
struct timeout_notice {
    std::uint32_t target = 0;  ///< names a target of the notifier
    std::string text;          ///< one line, without its end
    std::string call_id = {};  ///< of the session, for the log; set when it is sent
};

/// One media stream of one call: two legs, and what keeps them alive.
///
/// Pure state; relay_packet() and session_manager work on it. Belongs to one shard for its whole life.
class session : public expiry_entry {
  public:
    session(std::string call_id, std::string from_tag, inactivity initial_life, time_point now);

    [[nodiscard]] const std::string& call_id() const noexcept { return call_id_; }
    /// The tag of the party that created the session, media number included.
    [[nodiscard]] const std::string& from_tag() const noexcept { return from_tag_; }

    [[nodiscard]] leg& leg_facing(side s) noexcept { return legs_[index(s)]; }
    [[nodiscard]] const leg& leg_facing(side s) const noexcept { return legs_[index(s)]; }
    /// Media flows only once both legs are open, and until the session is over.
    [[nodiscard]] bool is_complete() const noexcept {
        return !is_over && legs_[0].is_open() && legs_[1].is_open();
    }

    /// Brings what unknown sources have to send into line with the legs' `codecs`. A party sends the payload
    /// types of the other one's description (RFC 3264 §5.1), and may be late to learn of it: so those of
    /// either will do, once both are known.
    void update_teaching() noexcept;

    [[nodiscard]] time_point created_at() const noexcept { return created_at_; }

    /// The last tag the controller named for the party that did not create the session; empty until it did.
    std::string to_tag;
    inactivity life;
    /// What keeps the session: it ends by deletion once all three are clear.
    struct {
        bool strong = false;
        std::array<bool, 2> weak{};
        [[nodiscard]] bool any() const noexcept { return strong || weak[0] || weak[1]; }
    } holds;
    std::array<std::uint64_t, drop_reason_count> drops{};
    std::bitset<drop_reason_count> refusals_told;  ///< reasons that the observer has heard of
    /// Which generation of media_destinations judged where the parties receive; never one for 0, as when an
    /// address was learned since.
    std::uint32_t destinations_judged = 0;
    std::optional<timeout_notice> on_timeout;
    bool notice_sent = false;                ///< handed to the notifier
    bool is_over = false;                    ///< ended; only its ports have not been closed yet
    std::optional<end_reason> over_because;  ///< why; empty while it is not over

  private:
    std::string call_id_;
    std::string from_tag_;
    std::array<leg, 2> legs_;
    time_point created_at_;

  public:
    /// Null until a command asks for one. Destroyed before everything else of the session, which it refers
    /// to.
    std::unique_ptr<packet_services> services;
};

}  // namespace rtpproxy
