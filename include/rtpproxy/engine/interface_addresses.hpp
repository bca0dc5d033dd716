#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace rtpproxy {

/// An address as an interface has it. The kernel tells apart what differs in any of these: an address may be
/// on several interfaces, and on one of them with several prefixes or peers.
struct interface_address {
    std::uint32_t interface = 0;
    std::uint8_t prefix_length = 0;
    boost::asio::ip::address local;
    boost::asio::ip::address peer;  ///< of a point-to-point link; else as `local`

    friend bool operator<(const interface_address& a, const interface_address& b) noexcept;
};

/// What the kernel says in one message about the addresses of interfaces (rtnetlink(7)).
struct address_message {
    enum class kind : std::uint8_t { added, removed, end_of_list, failure, other };
    kind what = kind::other;
    interface_address about;     ///< of `added` and `removed`
    int error = 0;               ///< of `failure`
    std::uint32_t sequence = 0;  ///< of the request it answers; 0 for what was not asked for
    bool interrupted = false;    ///< the list has changed while it was written
};

/// Reads what the kernel sent in one datagram, which may be cut short or be no message at all: what does not
/// fit is left out, and so is all that follows it.
[[nodiscard]] std::vector<address_message> read_address_messages(std::span<const std::byte> datagram);

/// The addresses of this host as far as the kernel's messages tell. Pure: feed it every message, in order.
class interface_addresses {
  public:
    /// What has become of it after a message.
    enum class outcome : std::uint8_t {
        unchanged,
        changed,     ///< addresses() may be others than before
        incomplete,  ///< something was missed: a new list has to be asked for
        failed,      ///< there is no list; what was known stays
    };

    /// A list was asked for in request `sequence`. What is known stays until it is complete.
    void await_list(std::uint32_t sequence);

    /// Whether the list that was asked for is not complete yet.
    [[nodiscard]] bool awaits_list() const noexcept { return coming_.has_value(); }

    [[nodiscard]] outcome take(const address_message& message);

    /// Messages were lost. @returns whether a new list has to be asked for now; else it will be once the one
    /// under way has ended.
    [[nodiscard]] bool on_loss() noexcept;

    /// Each once, ascending.
    [[nodiscard]] std::vector<boost::asio::ip::address> addresses() const;

  private:
    [[nodiscard]] outcome end_list();

    std::set<interface_address> known_;
    std::optional<std::set<interface_address>> coming_;  // the list under way, with what has changed since
    std::uint32_t sequence_ = 0;
    bool missed_something_ = false;
};

}  // namespace rtpproxy
