#pragma once

#include "rtpproxy/protocol/parse_command.hpp"
#include "rtpproxy/protocol/reply.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rtpproxy::test {

inline local_address_ptr make_local(const char* address, std::string advertised = {},
                                    std::string label = {}) {
    return std::make_shared<const local_address>(
        local_address{boost::asio::ip::make_address(address), std::move(advertised), std::move(label)});
}

/// `-l 127.0.0.1`.
inline local_addresses ipv4_only() {
    return local_addresses({make_local("127.0.0.1")});
}

/// `-6 ::1`.
inline local_addresses ipv6_only() {
    return local_addresses({make_local("::1")});
}

/// `-l 127.0.0.1 -l foo@127.0.0.5=9.9.9.9 -6 six@::1`.
inline local_addresses labelled() {
    return local_addresses(
        {make_local("127.0.0.1"), make_local("127.0.0.5", "9.9.9.9", "foo"), make_local("::1", {}, "six")});
}

/// `-l 10.0.0.1/192.0.2.1 -6 six@::1`.
inline local_addresses bridging() {
    return local_addresses(make_local("10.0.0.1"), make_local("192.0.2.1"), {make_local("::1", {}, "six")});
}

/// Parses commands beside a set of local addresses and a routing table that knows 10.0.0.0/8 and
/// 2001:db8::/32.
class command_parsing {
  public:
    explicit command_parsing(local_addresses local) : addresses(std::move(local)) {}

    [[nodiscard]] parse_result parse(std::string_view text) {
        return parse_command(text, {addresses, [](const auto& remote) { return route_to(remote); }});
    }

    /// `E<n>`, or `ok` for a well-formed command.
    [[nodiscard]] std::string outcome(std::string_view text) {
        const auto result = parse(text);
        return result ? "ok" : format_error(result.error());
    }

    /// The command of kind `Command` that `text` holds; the test fails when it holds none. It refers to a
    /// copy of the text that is kept here.
    template <class Command>
    [[nodiscard]] Command ok(std::string_view text) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST_REQUIRE(outcome(text) == "ok");
        }
        auto result = *parse(texts_.emplace_back(text));
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST_REQUIRE(std::holds_alternative<Command>(result));
        }
        return std::get<Command>(std::move(result));
    }

    /// Expects that `text` is refused with `error`.
    void bad(std::string_view text, protocol_error error) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(outcome(text) == format_error(error));
        }
    }

    local_addresses addresses;

  private:
    static std::optional<boost::asio::ip::address> route_to(const boost::asio::ip::address& remote) {
        const auto text = remote.to_string();
        if (text.starts_with("10.")) return boost::asio::ip::make_address("10.255.0.1");
        if (text.starts_with("2001:db8:")) return boost::asio::ip::make_address("2001:db8::ffff");
        return std::nullopt;
    }

    std::deque<std::string> texts_;
};

/// `address:port` as text; `none` when there is no endpoint.
inline std::string to_text(const std::optional<endpoint>& where) {
    if (!where) return "none";
    return where->address().to_string() + " " + std::to_string(where->port());
}

/// The address alone; `none` for null.
inline std::string to_text(const local_address_ptr& local) {
    return local ? local->address.to_string() : "none";
}

}  // namespace rtpproxy::test
