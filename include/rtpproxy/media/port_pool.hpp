#pragma once

#include "rtpproxy/media/kernel_random.hpp"
#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/time.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/circular_buffer.hpp>
#include <boost/dynamic_bitset.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace rtpproxy {

/// Which ports may be handed out, and in which order.
struct port_range {
    std::uint16_t min = 10000;  ///< first RTP port, even
    std::uint16_t max = 19998;  ///< last RTP port, even
    bool sequential = false;    ///< ascending instead of random
    duration rest =
        std::chrono::seconds{5};  ///< how long a released pair is left alone while others are free
    duration look_again =
        std::chrono::seconds{1};  ///< how long a pair that another program has is not tried again

    [[nodiscard]] std::size_t pairs() const noexcept { return (max - min) / 2u + 1u; }
};

/// Hands out even/odd pairs of UDP ports (RFC 3550 §11), each local address having the whole range to itself.
///
/// The one object all shards share: every member may be called from any thread and takes a lock for a
/// bounded, short time. Used when legs are opened and closed, never for a packet. It opens no sockets itself.
class port_pool {
  public:
    explicit port_pool(port_range range);
    port_pool(const port_pool&) = delete;
    port_pool& operator=(const port_pool&) = delete;

    /// Never hands out the pair that has `port`. Before the first take().
    void exclude(std::uint16_t port);

    /// Takes a pair on `address`; empty when all are taken. Random order prefers pairs that have rested;
    /// sequential order goes round the range, one cursor for all addresses of a family. Pairs that were set
    /// aside come last, and not before `look_again` is over. Throws std::bad_alloc, and has taken none then.
    [[nodiscard]] std::optional<std::uint16_t> take(const boost::asio::ip::address& address, time_point now);

    /// Takes the pair that was set aside the longest time ago, if that was before `now`, whatever
    /// `look_again` says. Empty when there is none. For when take() has none. Throws as take().
    [[nodiscard]] std::optional<std::uint16_t> take_set_aside(const boost::asio::ip::address& address,
                                                              time_point now);

    /// Sets one more pair of `address` apart for somebody who will take one. @returns false when those that
    /// are not in use are all reserved. take() does not look at reservations: who has none asks for one
    /// first, and gives it back once it has taken a pair. Pairs that other programs have are not known to be
    /// gone. Throws std::bad_alloc, and has reserved none then.
    [[nodiscard]] bool reserve(const boost::asio::ip::address& address, time_point now);
    /// Gives a reservation back.
    void unreserve(const boost::asio::ip::address& address) noexcept;

    /// A call was answered: from now on it makes sense to keep pairs for answers. Where none ever is, as with
    /// a controller that only plays announcements, each pair can be offered.
    void note_answer() noexcept { answers_come_.store(true, std::memory_order_relaxed); }
    [[nodiscard]] bool answers_come() const noexcept { return answers_come_.load(std::memory_order_relaxed); }

    /// Gives a pair back after use.
    void release(const boost::asio::ip::address& address, std::uint16_t rtp_port, time_point now) noexcept;
    /// Gives back a pair that was never used.
    void put_back(const boost::asio::ip::address& address, std::uint16_t rtp_port) noexcept;
    /// Gives back a pair that another program has.
    void set_aside(const boost::asio::ip::address& address, std::uint16_t rtp_port, time_point now) noexcept;

    /// Whether a port is in use now that datagrams to `destination` arrive at. Those of wildcard addresses
    /// do so from every address of this host.
    [[nodiscard]] bool is_in_use(const endpoint& destination, bool on_this_host) const;
    /// Whether any port of exactly that address is in use.
    [[nodiscard]] bool has_ports_in_use(const boost::asio::ip::address& address) const;

    /// Every port that may be handed out.
    [[nodiscard]] port_span span() const noexcept {
        return {range_.min, static_cast<std::uint16_t>(range_.max + 1)};
    }

    /// Local addresses whose ports are in use, or were lately.
    [[nodiscard]] std::size_t known_addresses() const;

    [[nodiscard]] const port_range& range() const noexcept { return range_; }

  private:
    using pair_index = std::uint16_t;
    struct resting_pair {
        pair_index index;
        time_point since;
    };
    struct address_ports {
        address_ports(std::size_t pairs, const std::vector<pair_index>& excluded);
        [[nodiscard]] bool any_in_use() const noexcept { return in_use != 0; }
        [[nodiscard]] bool has_unreserved() const noexcept { return in_use + reserved < usable; }

        /// Makes sure that one pair more than are handed out now can be given back without taking memory.
        void prepare_return();
        /// Whether there is nothing to remember.
        [[nodiscard]] bool is_forgettable(time_point now, const port_range& range) const;

        boost::dynamic_bitset<> free;                    // not handed out
        boost::dynamic_bitset<> eligible;                // nor set aside; sequential order only
        std::size_t usable;                              // all but the excluded ones
        std::size_t in_use = 0;                          // handed out
        std::size_t reserved = 0;                        // for who will take one
        std::vector<pair_index> rested;                  // random order only; has room for all
        boost::circular_buffer<resting_pair> resting;    // random order only; has room for all in use
        boost::circular_buffer<resting_pair> set_aside;  // has room for all in use
    };

    [[nodiscard]] bool is_excluded(pair_index pair) const noexcept;
    [[nodiscard]] address_ports* find_ports(const boost::asio::ip::address& address) noexcept;
    address_ports& known_or_new(const boost::asio::ip::address& address, time_point now);
    void forget_unused(time_point now);
    void forget_if_unused(const boost::asio::ip::address& address, const address_ports& ports) noexcept;
    void give_back(address_ports& ports, std::uint16_t rtp_port) noexcept;
    std::optional<pair_index> take_random(address_ports& ports, time_point now);
    static std::optional<pair_index> take_next(const address_ports& ports, pair_index& cursor);
    static std::optional<pair_index> take_set_aside(address_ports& ports, time_point before) noexcept;
    std::uint16_t hand_out(address_ports& ports, pair_index index) noexcept;
    [[nodiscard]] pair_index index_of(std::uint16_t port) const noexcept;
    [[nodiscard]] bool in_use(const boost::asio::ip::address& address, std::uint16_t port) const;

    const port_range range_;
    mutable std::mutex mutex_;
    std::vector<pair_index> excluded_;
    boost::unordered_flat_map<boost::asio::ip::address, address_ports, std::hash<boost::asio::ip::address>>
        addresses_;
    std::array<pair_index, 2> cursors_;  // by family: the pair handed out last
    kernel_random random_;
    std::atomic<bool> answers_come_{false};
};

}  // namespace rtpproxy
