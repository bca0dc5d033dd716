#include "rtpproxy/control/command_gate.hpp"

#include <utility>

namespace rtpproxy {

command_gate::command_gate(executor control_strand, const gate_settings& settings)
    : rates(settings.commands_per_second),
      executor_(std::move(control_strand)),
      settings_(settings),
      waiting_(settings.capacity) {}

void command_gate::detach() {
    if (--listeners_ != 0) return;
    // What waits may own the listener that owns us.
    const auto self = shared_from_this();
    const auto forgotten = std::exchange(waiting_, fair_queue<waiting_command>(settings_.capacity));
}

std::optional<command_gate::pass> command_gate::try_enter() noexcept {
    if (!waiting_.empty() || in_progress_ >= settings_.in_progress) return std::nullopt;
    ++in_progress_;
    return pass{shared_from_this()};
}

void command_gate::wait(const control_peer& peer, waiting_command begin, std::size_t cost) {
    waiting_.push(peer, std::move(begin), cost);
    schedule();
}

void command_gate::leave() noexcept {
    --in_progress_;
    schedule();
}

void command_gate::schedule() noexcept {
    if (turn_posted_ || waiting_.empty() || in_progress_ >= settings_.in_progress) return;
    turn_posted_ = true;
    post_surely(executor_, next_turn_, [self = shared_from_this()] { self->run_turn(); });
}

void command_gate::run_turn() noexcept {
    for (auto left = settings_.a_turn; left != 0 && !waiting_.empty(); --left) {
        if (in_progress_ >= settings_.in_progress) break;
        begin_next();
    }
    turn_posted_ = false;
    schedule();
}

void command_gate::begin_next() noexcept {
    const auto begin = waiting_.pop();
    ++in_progress_;
    begin(pass{shared_from_this()});
}

}  // namespace rtpproxy
