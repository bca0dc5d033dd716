#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rtpproxy {

/// What becomes of a command of a call.
enum class call_state : std::uint8_t {
    idle,     ///< none of the call is under way
    waits,    ///< behind others
    crowded,  ///< too many wait already
};

/// Keeps the commands of a call in order while an earlier one of them is under way. Belongs to one shard.
template <typename Command>
class busy_calls {
  public:
    /// Commands that wait behind the one under way; more of a call would hardly be a call's.
    static constexpr std::size_t most_waiting = 32;

    /// The call has a command under way from now on. Throws std::bad_alloc, and it has not then.
    void mark(std::string_view call_id) { waiting_.try_emplace(std::string{call_id}); }

    /// Lets a command wait if one of its call is under way, or waits. Throws std::bad_alloc, and it does not
    /// wait then.
    [[nodiscard]] call_state wait_behind(std::string_view call_id, const Command& command) {
        const auto busy = waiting_.find(call_id);
        if (busy == waiting_.end()) return call_state::idle;
        if (busy->second.size() >= most_waiting) return call_state::crowded;
        busy->second.push_back(command);
        return call_state::waits;
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
