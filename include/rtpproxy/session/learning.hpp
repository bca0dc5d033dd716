#pragma once

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace rtpproxy {

/// How a leg decides which source is its party. docs/SECURITY.md says what each one promises.
enum class learning_policy : std::uint8_t {
    guarded,    ///< the signalled address first; others have to show that they are the party
    classic,    ///< the first source, as the classic rtpproxy does it
    signalled,  ///< the signalled address and nothing else
};

/// `guarded`, `classic` or `signalled`.
[[nodiscard]] std::string_view to_string(learning_policy policy) noexcept;

/// The learning policy of each local address.
struct learning_rules {
    learning_policy standard = learning_policy::guarded;
    std::vector<std::pair<boost::asio::ip::address, learning_policy>> exceptions;  ///< by local address

    [[nodiscard]] learning_policy policy_for(const boost::asio::ip::address& local) const noexcept;
};

}  // namespace rtpproxy
