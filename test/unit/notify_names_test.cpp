#define BOOST_TEST_MODULE notify_names
#include "rtpproxy/control/notify_targets.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/core.h>

using namespace rtpproxy;
namespace ip = boost::asio::ip;

namespace {

using resolved = boost::system::result<ip::address, std::string>;

resolved resolve_nothing(std::string_view host) {
    return fmt::format("there is no {}", host);
}
resolved resolve_example(std::string_view host) {
    if (host == "any.example.com") return ip::address_v4::any();
    if (host != "b2b.example.com") return resolve_nothing(host);
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
        const auto result = targets.permit(text, resolve_example);
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
    BOOST_TEST(refused("tcp:%%CC_SELF%%:3") == "at most 2 targets with %%CC_SELF%% are possible");
    for (int i = 0; i < 62; ++i)
        permit(fmt::format("/run/{}", i));
    BOOST_TEST(refused("/run/more") == "at most 64 targets are possible");
    BOOST_TEST(targets.permitted_names().size() == notify_targets::max_permitted);
}

BOOST_AUTO_TEST_CASE(permitted_names_have_their_prefix) {
    BOOST_TEST(targets.permitted_names().empty());
    for (const auto* text : {"/run/b", "unix:/run/a", "unix:c", "tcp:%%CC_SELF%%:1", "tcp:b2b.example.com:2"})
        permit(text);
    const std::vector<std::string> expected{"unix:/run/b", "unix:/run/a", "unix:c", "tcp:%%CC_SELF%%:1",
                                            "tcp:b2b.example.com:2"};
    BOOST_TEST(targets.permitted_names() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_copy_has_the_same_targets) {
    permit("/run/a");
    permit("tcp:b2b.example.com:7002");
    const auto original = targets;
    permit("/run/b");
    targets = original;
    BOOST_TEST(path("tcp:b2b.example.com:7002", stream) == "tcp:192.0.2.77:7002");
    BOOST_TEST(path("/run/a", stream) == "unix:/run/a");
    BOOST_TEST(path("/run/b", stream) == "none");
}

BOOST_AUTO_TEST_CASE(only_names_are_resolved) {
    int asked = 0;
    const auto count = [&](std::string_view host) {
        ++asked;
        return resolve_nothing(host);
    };
    for (const auto* text : {"/run/a", "tcp:192.0.2.5:1", "tcp:[2001:db8::1]:1", "tcp:%%CC_SELF%%:1"})
        BOOST_TEST(targets.permit(text, count).has_value(), text);
    BOOST_TEST(asked == 0);
    BOOST_TEST(targets.permit("tcp:b2b.example.com:1", count).error() == "there is no b2b.example.com");
    BOOST_TEST(asked == 1);
}

BOOST_AUTO_TEST_CASE(malformed_targets_are_refused) {
    for (const auto* text : {"", "relative", "udp:192.0.2.1:5", "192.0.2.1:5", "TCP:192.0.2.1:5", " /run/a"})
        BOOST_TEST(refused(text) == "expected unix:PATH, /PATH, tcp:HOST:PORT or tcp:%%CC_SELF%%:PORT", text);
    for (const auto* text :
         {"tcp:", "tcp:192.0.2.1", "tcp:192.0.2.1:", "tcp::5", "tcp:192.0.2.1:0", "tcp:192.0.2.1:65536",
          "tcp:192.0.2.1:x", "tcp:192.0.2.1:-1", "tcp:%%CC_SELF%%", "tcp:[2001:db8::1]", "tcp:[]:5"})
        BOOST_TEST(refused(text) == "expected tcp:HOST:PORT with a port from 1 to 65535", text);
    BOOST_TEST(refused("tcp:unknown.example.com:5") == "there is no unknown.example.com");
    for (const auto* text : {"tcp:0.0.0.0:5", "tcp:[::]:5", "tcp:any.example.com:5"})
        BOOST_TEST(refused(text) == "expected the address of one host", text);
    BOOST_TEST(!targets.configured());
}

BOOST_AUTO_TEST_CASE(paths_fit_into_a_socket_address) {
    for (const auto& text :
         {std::string("unix:"), "unix:/" + std::string(107, 'x'), "/" + std::string(107, 'x')})
        BOOST_TEST(refused(text) == "expected the path of a socket, at most 107 bytes", text);
    BOOST_TEST(!targets.configured());
    permit("/" + std::string(106, 'x'));
}

BOOST_AUTO_TEST_SUITE_END()
