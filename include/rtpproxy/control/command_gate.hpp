#pragma once

#include "rtpproxy/control/control_incidents.hpp"
#include "rtpproxy/control/fair_queue.hpp"
#include "rtpproxy/control/peer_rates.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace rtpproxy {

/// Bounds of a command_gate.
struct gate_settings {
    std::uint32_t commands_per_second = 0;  ///< of each host; 0: no limit
    std::size_t in_progress = 128;          ///< commands carried out at the same time; the others wait
    std::size_t a_turn = 64;                ///< waiting commands begun in one go
    std::size_t capacity = 12U << 20U;      ///< octets of waiting datagrams; a single peer has a third
};

/// What all control listeners pass their commands through, so that they are begun in a fair order: however
/// many commands one peer sends, another's is begun within few of them.
///
/// A command enters directly while none waits and few are in progress, at no cost to speak of. Otherwise it
/// waits in a fair_queue. Everything runs on the control strand.
class command_gate : public std::enable_shared_from_this<command_gate> {
  public:
    /// Begins a command that waited.
    using waiting_command = std::function<void()>;

    explicit command_gate(boost::asio::any_io_executor control_strand, const gate_settings& settings = {});

    /// A listener has begun, or ended, to use the gate. What still waits when the last one ends is forgotten.
    void attach() noexcept { ++listeners_; }
    void detach();

    /// Lets a command in if none waits. After true leave() has to follow.
    [[nodiscard]] bool try_enter() noexcept;

    /// Lets a command wait for its turn. Then `begin` is called, having entered: leave() has to follow.
    void wait(const control_peer& peer, waiting_command begin, std::size_t cost);

    /// Whether a command of that cost may wait. Commands on streams may always: a connection has but one.
    [[nodiscard]] bool has_room(const control_peer& peer) const { return waiting_.has_room(peer); }

    /// A command that had entered is answered.
    void leave();

    /// Commands that wait, and those that have entered and not left.
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    [[nodiscard]] std::size_t in_progress() const noexcept { return in_progress_; }

    peer_rates rates;
    control_incidents incidents;

  private:
    void schedule();
    void run_turn();
    void begin_next();

    boost::asio::any_io_executor executor_;
    gate_settings settings_;
    fair_queue<waiting_command> waiting_;
    std::size_t in_progress_ = 0;
    std::size_t listeners_ = 0;
    bool turn_posted_ = false;
};

}  // namespace rtpproxy
