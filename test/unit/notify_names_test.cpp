#define BOOST_TEST_MODULE notify_names
#include "rtpproxy/control/notify_targets.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/core.h>

using namespace rtpproxy;
namespace ip = boost::asio::ip;

namespace {

std::optional<ip::address> resolve_nothing(const std::string&) {
    return std::nullopt;
}
std::optional<ip::address> resolve_example(const std::string& host) {
    if (host != "b2b.example.com") return std::nullopt;
    return ip::make_address("192.0.2.77");
}

command_origin from(const char* peer, const char* local) {
    return {ip::make_address(peer), ip::make_address(local)};
}

struct fixture {
    notify_targets targets;
    const command_origin stream{};  // Unix or stdio

    void permit(std::string_view text) {
        const auto result = targets.permit(text, resolve_example);
        BOOST_TEST_INFO((result ? "" : result.error()));
        BOOST_TEST_REQUIRE(result.has_value());
    }
    std::string refused(std::string_view text) {
        const auto result = targets.permit(text, resolve_nothing);
        return result ? "" : result.error();
    }
    // Where a command's target leads, and from where; "none" when it is not permitted.
    std::string path(std::string_view name, const command_origin& origin) {
        const auto target = targets.resolve(name, origin);
        if (!target) return "none";
        const auto* found = targets.find(*target);
        BOOST_TEST_REQUIRE(found != nullptr);
        const auto* tcp = std::get_if<notify_destination::tcp_socket>(&found->socket);
        const auto source = tcp != nullptr && tcp->local ? " from " + tcp->local->to_string() : "";
        return to_string(*found) + source;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(names, fixture)

BOOST_AUTO_TEST_CASE(nothing_permitted) {
    BOOST_TEST(!targets.configured());
    BOOST_TEST(path("/run/b2b.sock", stream) == "none");
}

BOOST_AUTO_TEST_CASE(unix_targets_match_with_and_without_prefix) {
    permit("unix:/run/a");
    permit("/run/b");
    BOOST_TEST(targets.configured());
    for (const auto* name : {"/run/a", "unix:/run/a"})
        BOOST_TEST(path(name, stream) == "unix:/run/a");
    for (const auto* name : {"/run/b", "unix:/run/b"})
        BOOST_TEST(path(name, stream) == "unix:/run/b");
    for (const auto* name : {"tcp:/run/a", "/run/c", "", "unix:", "/run/a ", "UNIX:/run/a"})
        BOOST_TEST(path(name, stream) == "none");
}

BOOST_AUTO_TEST_CASE(tcp_targets_match_as_strings) {
    permit("tcp:192.0.2.5:7001");
    permit("tcp:b2b.example.com:7002");
    permit("tcp:[2001:db8::1]:7003");
    BOOST_TEST(path("tcp:192.0.2.5:7001", stream) == "tcp:192.0.2.5:7001");
    BOOST_TEST(path("192.0.2.5:7001", stream) == "tcp:192.0.2.5:7001");
    BOOST_TEST(path("tcp:b2b.example.com:7002", stream) == "tcp:192.0.2.77:7002");
    BOOST_TEST(path("tcp:192.0.2.77:7002", stream) == "none");
    BOOST_TEST(path("tcp:[2001:db8::1]:7003", stream) == "tcp:2001:db8::1:7003");
    BOOST_TEST(path("unix:192.0.2.5:7001", stream) == "none");
}

BOOST_AUTO_TEST_CASE(tcp_notices_leave_from_where_the_command_arrived) {
    permit("tcp:192.0.2.5:7001");
    permit("tcp:127.0.0.1:7002");
    BOOST_TEST(path("tcp:192.0.2.5:7001", from("192.0.2.5", "192.0.2.9")) ==
               "tcp:192.0.2.5:7001 from 192.0.2.9");
    BOOST_TEST(path("tcp:127.0.0.1:7002", from("127.0.0.1", "127.0.0.3")) ==
               "tcp:127.0.0.1:7002 from 127.0.0.3");
    BOOST_TEST(path("tcp:127.0.0.1:7002", from("192.0.2.9", "192.0.2.9")) ==
               "tcp:127.0.0.1:7002 from 192.0.2.9");
    // No connection can leave the host from its loopback address, nor change the IP version on its way.
    BOOST_TEST(path("tcp:192.0.2.5:7001", from("127.0.0.1", "127.0.0.1")) == "tcp:192.0.2.5:7001");
    BOOST_TEST(path("tcp:192.0.2.5:7001", from("2001:db8::5", "2001:db8::9")) == "tcp:192.0.2.5:7001");
    BOOST_TEST(path("tcp:192.0.2.5:7001", from("192.0.2.5", "0.0.0.0")) == "tcp:192.0.2.5:7001");
}

BOOST_AUTO_TEST_CASE(wildcard_is_the_controller) {
    permit("tcp:%%CC_SELF%%:7001");
    const auto* name = "tcp:%%CC_SELF%%:7001";
    BOOST_TEST(path(name, from("192.0.2.5", "192.0.2.9")) == "tcp:192.0.2.5:7001 from 192.0.2.9");
    BOOST_TEST(path(name, stream) == "tcp:127.0.0.1:7001");
    BOOST_TEST(path(name, from("::1", "::1")) == "tcp:127.0.0.1:7001");
    BOOST_TEST(path(name, from("::ffff:192.0.2.5", "::ffff:192.0.2.9")) == "tcp:192.0.2.5:7001");
    BOOST_TEST(path(name, from("2001:db8::5", "2001:db8::9")) == "tcp:2001:db8::5:7001 from 2001:db8::9");
    BOOST_TEST(path("%%CC_SELF%%:7001", stream) == "tcp:127.0.0.1:7001");
    BOOST_TEST(path("tcp:%%CC_SELF%%:7002", stream) == "none");
    BOOST_TEST(path("tcp:192.0.2.5:7001", from("192.0.2.5", "192.0.2.9")) == "none");
}

BOOST_AUTO_TEST_CASE(same_destination_keeps_its_target) {
    permit("tcp:%%CC_SELF%%:7001");
    const auto resolve = [&](const char* peer) {
        return targets.resolve("tcp:%%CC_SELF%%:7001", from(peer, "192.0.2.9")).value().id;
    };
    const auto first = resolve("192.0.2.5");
    BOOST_TEST(first != resolve("192.0.2.6"));
    BOOST_TEST(first == resolve("192.0.2.5"));
}

BOOST_AUTO_TEST_CASE(destinations_are_bounded) {
    permit("tcp:%%CC_SELF%%:7001");
    permit("tcp:192.0.2.5:7002");
    for (unsigned i = 1; i < notify_targets::max_destinations; ++i) {
        const command_origin origin{ip::address_v4(0x0a000000 + i), {}};
        BOOST_TEST_REQUIRE(targets.resolve("tcp:%%CC_SELF%%:7001", origin).has_value());
    }
    BOOST_TEST(path("tcp:%%CC_SELF%%:7001", from("192.0.2.200", "192.0.2.9")) == "none");
    BOOST_TEST(path("tcp:192.0.2.5:7002", from("192.0.2.5", "192.0.2.9")) == "tcp:192.0.2.5:7002");
    BOOST_TEST((targets.find({5000}) == nullptr));
}

BOOST_AUTO_TEST_CASE(permitted_targets_are_bounded) {
    permit("tcp:%%CC_SELF%%:1");
    permit("tcp:%%CC_SELF%%:2");
    BOOST_TEST(refused("tcp:%%CC_SELF%%:3").find("at most 2") != std::string::npos);
    for (int i = 0; i < 62; ++i)
        permit(fmt::format("/run/{}", i));
    BOOST_TEST(refused("/run/more").find("at most 64") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(malformed_targets_are_refused) {
    for (const auto* text :
         {"", "unix:", "tcp:", "tcp:1.2.3.4", "tcp:1.2.3.4:", "tcp::5", "tcp:1.2.3.4:0", "tcp:1.2.3.4:65536",
          "tcp:1.2.3.4:x", "tcp:%%CC_SELF%%", "udp:1.2.3.4:5", "1.2.3.4:5", "tcp:unknown.example.com:5"})
        BOOST_TEST(!refused(text).empty(), text << " should be refused");
    BOOST_TEST(!refused("unix:/" + std::string(107, 'x')).empty());
    BOOST_TEST(!targets.configured());
}

BOOST_AUTO_TEST_SUITE_END()
