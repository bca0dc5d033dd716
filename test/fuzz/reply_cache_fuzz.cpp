// Retransmissions, peer by peer, against a plain list. Two octets a step: what happens, and to whom. Cookies
// are used for several commands.

#include "rtpproxy/control/reply_cache.hpp"

#include "fuzz.hpp"

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

using namespace rtpproxy;
using fuzz::require;

namespace {

constexpr std::size_t most_entries = 6;
constexpr std::array commands{"V", "", "V ", "U one 192.0.2.4 4000 a"};

/// What the cache should know, oldest first.
struct known_command {
    endpoint peer;
    std::string cookie;
    std::string command;
    std::optional<std::string> reply;
    time_point received;
    reply_cache::ticket ticket = 0;
};

class cache_check {
  public:
    void step(unsigned action, unsigned who) {
        const endpoint peer(boost::asio::ip::address_v4(0x0a000001 + (who & 1)),
                            static_cast<std::uint16_t>(1000 + ((who >> 1) & 1)));
        const std::string cookie = "cookie" + std::to_string((who >> 2) & 7);
        const std::string command = commands[(who >> 5) & 3];
        if (action % 4 == 0)
            now_ += std::chrono::seconds{who};
        else if (action % 4 == 1)
            complete(peer, cookie, command, "reply " + std::to_string(replies_++));
        else if (action % 4 == 2 || forgotten_.empty())
            begin(peer, cookie, command);
        else
            cache_.complete(forgotten_[who % forgotten_.size()], "too late");
        require(cache_.size() <= most_entries, "more entries than allowed");
    }

  private:
    known_command* find(const endpoint& peer, const std::string& cookie, const std::string& command) {
        for (auto& each : known_)
            if (each.peer == peer && each.cookie == cookie && each.command == command) return &each;
        return nullptr;
    }

    void forget_oldest() {
        forgotten_.push_back(known_.front().ticket);
        known_.pop_front();
    }

    void begin(const endpoint& peer, const std::string& cookie, const std::string& command) {
        while (!known_.empty() && now_ - known_.front().received >= reply_cache::lifetime)
            forget_oldest();
        const auto* expected = find(peer, cookie, command);
        const auto seen = cache_.begin(peer, cookie, command, now_);
        if (expected == nullptr) {
            require(seen.what == reply_cache::state::fresh, "a fresh command is taken for a known one");
            known_.push_back({peer, cookie, command, std::nullopt, now_, seen.number});
            if (known_.size() > most_entries) forget_oldest();
        } else if (!expected->reply) {
            require(seen.what == reply_cache::state::in_progress, "forgot what is in progress");
        } else {
            require(seen.what == reply_cache::state::answered, "forgot an answer");
            require(seen.reply == *expected->reply, "another answer");
        }
    }

    void complete(const endpoint& peer, const std::string& cookie, const std::string& command,
                  const std::string& reply) {
        auto* expected = find(peer, cookie, command);
        if (expected == nullptr || expected->reply) return;
        expected->reply = reply;
        cache_.complete(expected->ticket, reply);
    }

    reply_cache cache_{{.entries = most_entries, .octets = 4096}};
    std::deque<known_command> known_;
    std::vector<reply_cache::ticket> forgotten_;
    time_point now_{std::chrono::hours{1}};
    unsigned replies_ = 0;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    cache_check check;
    for (std::size_t i = 0; i + 1 < size; i += 2)
        check.step(data[i], data[i + 1]);
    return 0;
}
