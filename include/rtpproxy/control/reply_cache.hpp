#pragma once

#include "rtpproxy/control/text_queue.hpp"
#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/time.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Remembers the replies of commands by the peer that sent them, their cookie and their text, so that a
/// retransmitted command is answered again and never carried out twice. Errors are remembered like any other
/// reply. Another command under a cookie in use is a command of its own: two controllers behind one address,
/// or one that was restarted, may choose the same cookies. Texts are compared whole, so none is taken for
/// another.
///
/// Pure: the caller passes the time, which must not go back. Not thread-safe; lives on the control strand.
class reply_cache {
  public:
    /// How long a command is remembered, counted from its first arrival; a retransmission does not extend it.
    static constexpr auto lifetime = std::chrono::seconds(35);

    /// Beyond either limit the oldest commands are forgotten.
    struct limits {
        std::size_t entries = std::size_t{1} << 20;
        std::size_t octets = std::size_t{256} << 20;  ///< of cookies, commands and replies together
    };

    enum class state : std::uint8_t {
        fresh,        ///< not seen before: carry it out, then call complete()
        in_progress,  ///< being carried out; its reply will answer the retransmission as well
        answered,     ///< carried out: send `reply` again
    };
    /// Names a fresh command until it is complete.
    using ticket = std::uint64_t;
    /// Of no command.
    static constexpr ticket no_ticket = ~ticket{0};
    struct lookup {
        state what = state::fresh;
        std::string_view reply;  ///< of an answered command; valid until the next call that is not const
        ticket number = 0;       ///< of a fresh command
    };

    reply_cache() : reply_cache(limits{}) {}
    explicit reply_cache(const limits& most) : limits_(most) {}
    reply_cache(const reply_cache&) = delete;
    reply_cache& operator=(const reply_cache&) = delete;

    /// Registers a command that arrived now, or tells what became of its first copy. Throws std::bad_alloc,
    /// and has registered nothing then.
    /// `cookie` has no blanks.
    lookup begin(const endpoint& peer, std::string_view cookie, std::string_view command, time_point now);

    /// Stores the reply of a command that begin() called fresh. Without effect when it has been forgotten
    /// since.
    /// A reply that there is no memory for is not remembered: the command counts as not seen before.
    void complete(ticket number, std::string_view reply) noexcept;

    /// A command that begin() called fresh was not carried out. Without effect when it has been forgotten
    /// since.
    void forget(ticket number) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  private:
    struct entry {
        std::string_view key;            ///< in texts_, as the reply
        std::string_view reply;          ///< refers to nothing until the command is answered
        std::size_t hash;                ///< of the key
        text_queue::block_number block;  ///< of the key; the reply is in that one or a later one
        time_point received;

        [[nodiscard]] bool is_answered() const noexcept { return reply.data() != nullptr; }
    };
    /// A key with its hash: growing the index must not look at the entries, which are many and not in the
    /// processor's caches.
    struct hashed_key {
        std::string_view key;
        std::size_t hash;
    };
    struct slot {
        const entry* stored;
        std::size_t hash;
    };
    static std::string_view key_of(const slot& s) noexcept { return s.stored->key; }
    static std::string_view key_of(const hashed_key& k) noexcept { return k.key; }
    struct hash_key {
        using is_transparent = void;
        std::size_t operator()(const auto& key) const noexcept { return key.hash; }
    };
    struct equal_key {
        using is_transparent = void;
        bool operator()(const auto& a, const auto& b) const noexcept {
            return a.hash == b.hash && key_of(a) == key_of(b);
        }
    };

    [[nodiscard]] entry* find_unanswered(ticket number) noexcept;
    void take_out_of_index(const entry& known) noexcept;
    void forget_oldest() noexcept;
    void forget_expired(time_point now) noexcept;
    void keep_within_limits() noexcept;

    limits limits_;
    std::size_t octets_ = 0;
    text_queue texts_;
    std::deque<entry> entries_;  // in order of arrival, hence of expiry
    ticket first_ = 0;           // of entries_.front(); the others count up from it
    std::string key_;            // of the command looked for; kept for its memory
    boost::unordered_flat_set<slot, hash_key, equal_key> index_;
};

}  // namespace rtpproxy
