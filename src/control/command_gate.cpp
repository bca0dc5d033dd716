#include "rtpproxy/control/command_gate.hpp"

#include "rtpproxy/log/log.hpp"

#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace rtpproxy {

command_gate::command_gate(boost::asio::any_io_executor control_strand, const gate_settings& settings)
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

bool command_gate::try_enter() noexcept {
    if (!waiting_.empty() || in_progress_ >= settings_.in_progress) return false;
    ++in_progress_;
    return true;
}

void command_gate::wait(const control_peer& peer, waiting_command begin, std::size_t cost) {
    waiting_.push(peer, std::move(begin), cost);
    schedule();
}

// After an exception nobody can tell whether the command had left already, so it may have left twice.
void command_gate::leave() {
    if (in_progress_ != 0) --in_progress_;
    schedule();
}

void command_gate::schedule() {
    if (turn_posted_ || waiting_.empty() || in_progress_ >= settings_.in_progress) return;
    turn_posted_ = true;
    boost::asio::post(executor_, [self = shared_from_this()] { self->run_turn(); });
}

void command_gate::run_turn() {
    for (auto left = settings_.a_turn; left != 0 && !waiting_.empty(); --left) {
        if (in_progress_ >= settings_.in_progress) break;
        begin_next();
    }
    turn_posted_ = false;
    schedule();
}

void command_gate::begin_next() {
    const auto begin = waiting_.pop();
    ++in_progress_;
    try {
        begin();
    } catch (const std::exception& error) {  // out of memory: this command is lost, the others are not
        log::err(log::global, "a command was lost: {}", error.what());
        leave();
    }
}

}  // namespace rtpproxy
