#pragma once

#include "rtpproxy/control/command_executor.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace rtpproxy::test {

/// Answers `hold NAME` when told to, `big N` with N octets, `origin` with where it came from, nothing with a
/// syntax error, anything else with itself in brackets. Any thread may look at it.
class fake_executor final : public command_executor {
  public:
    void execute(std::string_view text, const command_origin& origin, std::size_t cookie_octets,
                 std::shared_ptr<command_sender> sender) noexcept override {
        std::unique_lock lock(mutex_);
        executed_.emplace_back(text);
        cookie_octets_ = cookie_octets;
        if (text.starts_with("hold ")) {
            held_[std::string(text.substr(5))] = std::move(sender);
            return;
        }
        lock.unlock();
        sender->on_reply(reply_to(std::string(text), origin));
    }

    void count_retransmission() noexcept override {
        const std::lock_guard lock(mutex_);
        ++retransmissions_;
    }

    /// Answers a held command. On the control strand.
    void release(const std::string& name, const std::string& reply) {
        std::unique_lock lock(mutex_);
        const auto held = held_.extract(name);
        lock.unlock();
        held.mapped()->on_reply(reply);
    }

    /// A held command waits for its call. On the control strand.
    void let_wait(const std::string& name) {
        std::unique_lock lock(mutex_);
        const auto held = held_.at(name);
        lock.unlock();
        held->on_waiting();
    }

    /// Drops held commands without an answer. On the control strand.
    void forget() {
        const std::lock_guard lock(mutex_);
        held_.clear();
    }

    [[nodiscard]] std::vector<std::string> executed() const {
        const std::lock_guard lock(mutex_);
        return executed_;
    }
    [[nodiscard]] std::size_t executed_count() const {
        const std::lock_guard lock(mutex_);
        return executed_.size();
    }
    [[nodiscard]] int retransmissions() const {
        const std::lock_guard lock(mutex_);
        return retransmissions_;
    }
    [[nodiscard]] std::size_t cookie_octets() const {
        const std::lock_guard lock(mutex_);
        return cookie_octets_;
    }

  private:
    static std::string reply_to(const std::string& text, const command_origin& origin) {
        if (text.empty()) return "E5";
        if (text.starts_with("big ")) return std::string(std::stoul(text.substr(4)), 'b');
        if (text == "origin")
            return (origin.peer ? origin.peer->to_string() : "none") + " " +
                   (origin.local ? origin.local->to_string() : "none");
        return "[" + text + "]";
    }

    mutable std::mutex mutex_;
    std::vector<std::string> executed_;
    std::map<std::string, std::shared_ptr<command_sender>> held_;
    int retransmissions_ = 0;
    std::size_t cookie_octets_ = 0;
};

}  // namespace rtpproxy::test
