#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rtpproxy {

/// Keeps the commands of a call in order while an earlier one of them is under way. Belongs to one shard.
template <typename Command>
class busy_calls {
  public:
    /// The call has a command under way from now on.
    void mark(std::string_view call_id) { waiting_.try_emplace(std::string{call_id}); }

    /// Lets a command wait if one of its call is under way, or waits.
    /// @returns whether it does; it is moved from only then.
    [[nodiscard]] bool wait_behind(std::string_view call_id, Command& command) {
        const auto busy = waiting_.find(call_id);
        if (busy == waiting_.end()) return false;
        busy->second.push_back(std::move(command));
        return true;
    }

    /// The command under way is done: the next one of the call is under way. Empty when there is none; then
    /// the call is not busy any more.
    [[nodiscard]] std::optional<Command> take_next(std::string_view call_id) {
        const auto busy = waiting_.find(call_id);
        if (busy == waiting_.end()) return std::nullopt;
        if (busy->second.empty()) {
            waiting_.erase(busy);
            return std::nullopt;
        }
        std::optional<Command> next{std::move(busy->second.front())};
        busy->second.pop_front();
        return next;
    }

    /// Forgets all of it.
    void clear() { waiting_.clear(); }

  private:
    std::map<std::string, std::deque<Command>, std::less<>> waiting_;  // of the calls that are busy
};

}  // namespace rtpproxy
