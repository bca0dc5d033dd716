#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/services/packet_tap.hpp"
#include "rtpproxy/session/component.hpp"
#include "rtpproxy/session/counter.hpp"
#include "rtpproxy/session/side.hpp"
#include "rtpproxy/strands/handler_memory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/lockfree/spsc_queue.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace rtpproxy {

class call_services;
class session_feed;

/// A packet on its way from one session to another.
struct fed_packet {
    /// Room for what fits an Ethernet frame; larger ones cost an allocation.
    using bytes = boost::container::small_vector<std::byte, 1500>;

    side sender = side::callee;  ///< party of the source session that sent it
    component which = component::rtp;
    bool from_us = false;  ///< see tapped_packet
    endpoint source;       ///< where the party sent it from
    moment when{};         ///< it came in; all shards count seconds alike
    bytes datagram;
};

/// The session that hears another one's media.
class feed_target {
  public:
    /// A packet of the source session. On the target's shard.
    virtual void on_fed_packet(const session_feed& feed, const fed_packet& packet) noexcept = 0;
    /// The source session ended, and `feed` with it. On the target's shard.
    virtual void on_feed_over(const session_feed& feed) noexcept = 0;

  protected:
    ~feed_target() = default;
};

/// Names a session without referring to it.
struct session_name {
    std::string call_id;
    std::string from_tag;  ///< of the party that created it
    bool operator==(const session_name&) const = default;
};

/// Carries the media that one session receives to another one, whose shard may be a different one.
///
/// The one thing two shards share. Packets pass through a bounded queue with one writer, the source's shard,
/// and one reader, the target's, which is told by a post when the queue was empty. Each end knows its session
/// only while that lives and only on its own shard, so neither can meet a session that is gone:
///
/// | member | touched on |
/// |---|---|
/// | `source_`, `taps_` | the source's shard |
/// | `target_` | the target's shard |
/// | `packets_` | written on the source's shard, read on the target's |
/// | `is_open_`, `told_` | both |
///
/// It is offered first: its taps sit in the source session, but nothing is carried. Then a target opens it,
/// or nobody does, and it is withdrawn.
class session_feed : public std::enable_shared_from_this<session_feed> {
  public:
    using executor = boost::asio::io_context::executor_type;

    /// Packets that may wait for the target's shard; further ones are lost. Media of a video call for 0.1 s.
    static constexpr std::size_t most_waiting = 128;

    /// Taps all media that `source` receives, or throws and taps none. On the source's shard. `named_first`
    /// is the party of the source session that the controller named first; `target` is the shard of the
    /// session to be fed.
    [[nodiscard]] static std::shared_ptr<session_feed> offer(call_services& source, session_name name,
                                                             side named_first, executor source_shard,
                                                             executor target_shard);

    session_feed(session_name name, side named_first, executor source_shard, executor target_shard);
    session_feed(const session_feed&) = delete;
    session_feed& operator=(const session_feed&) = delete;

    /// The session that is listened to. From any thread.
    [[nodiscard]] const session_name& source_name() const noexcept { return name_; }
    /// The party of it that the controller named first. From any thread.
    [[nodiscard]] side named_first() const noexcept { return named_first_; }
    /// Packets that found the queue full. From any thread.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.value(); }

    /// From now on `target` hears the source, until one of them ends. False when the source has ended since,
    /// or the feed was opened or closed before. On the target's shard.
    [[nodiscard]] bool open(feed_target& target);
    /// The target ends, or wants no more of the source. On the target's shard.
    void close() noexcept;
    /// Takes the offer back unless it was taken. On the target's shard.
    void withdraw() noexcept;

    /// A packet that `sender` sent to the source session. On the source's shard.
    void on_packet(side sender, const tapped_packet& packet) noexcept;
    /// A tap of the feed is gone. On the source's shard.
    void on_tap_removed() noexcept;

  private:
    /// Packets handed over before others of the target's shard get their turn.
    static constexpr std::size_t batch_size = 32;

    void tell_target() noexcept;
    void hand_over() noexcept;
    void remove_taps() noexcept;

    const session_name name_;
    const side named_first_;
    const executor source_shard_;
    const executor target_shard_;

    call_services* source_ = nullptr;
    std::array<const packet_tap*, 2> taps_{};
    feed_target* target_ = nullptr;
    bool source_over_ = false;  // as the target's shard knows
    bool closed_ = false;       // by the target
    std::atomic<bool> is_open_ = false;
    std::atomic<bool> told_ = false;  // the target's shard will look at the queue
    counter lost_;
    // Each end tells the other in any case, or a tap would stay, or a session be fed by one that is gone.
    const handler_memory news_of_packets_;
    const handler_memory news_of_target_;
    const handler_memory news_of_source_;
    boost::lockfree::spsc_queue<fed_packet> packets_{most_waiting};
};

}  // namespace rtpproxy
