#pragma once

#include "rtpproxy/control/control_incidents.hpp"
#include "rtpproxy/control/fair_queue.hpp"
#include "rtpproxy/control/peer_rates.hpp"
#include "rtpproxy/strands/handler_memory.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

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
/// waits in a fair_queue. A command that waits for its own call alone is not in progress meanwhile.
/// Everything runs on the control strand.
class command_gate : public std::enable_shared_from_this<command_gate> {
  public:
    using executor = boost::asio::io_context::executor_type;

    /// A command that has entered. It leaves once, when it is told to or the pass is lost.
    class pass {
      public:
        pass() = default;
        explicit pass(std::shared_ptr<command_gate> entered) noexcept : gate_(std::move(entered)) {}
        pass(pass&&) noexcept = default;
        pass& operator=(pass&& other) noexcept {
            leave();
            gate_ = std::move(other.gate_);
            return *this;
        }
        ~pass() { leave(); }

        void leave() noexcept {
            if (const auto gate = std::exchange(gate_, nullptr)) gate->leave();
        }

      private:
        std::shared_ptr<command_gate> gate_;  // null: it has left
    };

    /// Begins a command that waited. Must not throw.
    using waiting_command = std::function<void(pass)>;

    explicit command_gate(executor control_strand, const gate_settings& settings = {});

    /// A listener has begun, or ended, to use the gate. What still waits when the last one ends is forgotten.
    void attach() noexcept { ++listeners_; }
    void detach();

    /// Lets a command in if none waits and few are in progress.
    [[nodiscard]] std::optional<pass> try_enter() noexcept;

    /// Lets a command wait for its turn. Then `begin` is called, having entered. Throws std::bad_alloc, and
    /// the command does not wait then.
    void wait(const control_peer& peer, waiting_command begin, std::size_t cost);

    /// Whether a command of that cost may wait. Commands on streams may always: a connection has but one.
    [[nodiscard]] bool has_room(const control_peer& peer) const { return waiting_.has_room(peer); }

    [[nodiscard]] const executor& strand() const noexcept { return executor_; }

    /// Commands that wait, and those that have entered and not left.
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    [[nodiscard]] std::size_t in_progress() const noexcept { return in_progress_; }

    peer_rates rates;
    control_incidents incidents;

  private:
    void leave() noexcept;
    void schedule() noexcept;
    void run_turn() noexcept;
    void begin_next() noexcept;

    const executor executor_;
    const handler_memory next_turn_;
    gate_settings settings_;
    fair_queue<waiting_command> waiting_;
    std::size_t in_progress_ = 0;
    std::size_t listeners_ = 0;
    bool turn_posted_ = false;
};

}  // namespace rtpproxy
