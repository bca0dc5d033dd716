#define BOOST_TEST_MODULE socket_spec
#include "rtpproxy/control/socket_spec.hpp"

#include <boost/test/unit_test.hpp>

using namespace rtpproxy;
using kind = control_socket_spec::kind;

namespace {

void is_network(std::string_view text, kind transport, bool ipv6, std::string_view host, std::uint16_t port) {
    BOOST_TEST_CONTEXT(text) {
        const auto spec = parse_control_socket(text);
        BOOST_TEST_REQUIRE(spec.has_value());
        BOOST_TEST((spec->transport == transport));
        BOOST_TEST(spec->ipv6 == ipv6);
        BOOST_TEST(spec->host == host);
        BOOST_TEST(spec->port == port);
        BOOST_TEST(spec->text == text);
    }
}

void is_path(std::string_view text, kind transport, std::string_view path) {
    BOOST_TEST_CONTEXT(text) {
        const auto spec = parse_control_socket(text);
        BOOST_TEST_REQUIRE(spec.has_value());
        BOOST_TEST((spec->transport == transport));
        BOOST_TEST(spec->path == path);
    }
}

void is_refused(std::string_view text, std::string_view because) {
    BOOST_TEST_CONTEXT(text) {
        const auto spec = parse_control_socket(text);
        BOOST_TEST_REQUIRE(!spec.has_value());
        BOOST_TEST_INFO(spec.error());
        BOOST_TEST(spec.error().find(because) != std::string::npos);
        BOOST_TEST(spec.error().find(text) != std::string::npos);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(udp_sockets) {
    is_network("udp:127.0.0.1:7722", kind::udp, false, "127.0.0.1", 7722);
    is_network("udp:127.0.0.1", kind::udp, false, "127.0.0.1", 22222);
    is_network("udp:127.0.0.1:", kind::udp, false, "127.0.0.1", 22222);
    is_network("udp:*:9000", kind::udp, false, "*", 9000);
    is_network("udp:*", kind::udp, false, "*", 22222);
    is_network("udp:proxy.example.com:65535", kind::udp, false, "proxy.example.com", 65535);
    is_network("udp:127.0.0.1:0", kind::udp, false, "127.0.0.1", 0);
}

BOOST_AUTO_TEST_CASE(ipv6_sockets_part_at_the_last_colon) {
    is_network("udp6:::1:9000", kind::udp, true, "::1", 9000);
    is_network("udp6:::1", kind::udp, true, ":", 1);
    is_network("udp6::::9000", kind::udp, true, "::", 9000);
    is_network("tcp6:2001:db8::5:22222", kind::tcp, true, "2001:db8::5", 22222);
    is_network("udp6:[::1]:9000", kind::udp, true, "::1", 9000);
    is_network("tcp6:[::1]", kind::tcp, true, "::1", 22222);
    is_network("udp6:*:9000", kind::udp, true, "*", 9000);
}

BOOST_AUTO_TEST_CASE(tcp_sockets) {
    is_network("tcp:10.0.0.1:5000", kind::tcp, false, "10.0.0.1", 5000);
    is_network("tcp:10.0.0.1", kind::tcp, false, "10.0.0.1", 22222);
}

BOOST_AUTO_TEST_CASE(unix_sockets) {
    is_path("unix:/run/rtpproxy.sock", kind::unix_one_shot, "/run/rtpproxy.sock");
    is_path("/run/rtpproxy.sock", kind::unix_one_shot, "/run/rtpproxy.sock");
    is_path("rtpproxy.sock", kind::unix_one_shot, "rtpproxy.sock");
    is_path("/run/a:b", kind::unix_one_shot, "/run/a:b");
    is_path("cunix:/run/rtpproxy.sock", kind::unix_stream, "/run/rtpproxy.sock");
    is_path("unix:" + std::string(107, 'p'), kind::unix_one_shot, std::string(107, 'p'));
}

BOOST_AUTO_TEST_CASE(sockets_without_argument) {
    BOOST_TEST((parse_control_socket("stdio:")->transport == kind::stdio));
    BOOST_TEST((parse_control_socket("stdioc:")->transport == kind::stdio_exit));
    BOOST_TEST((parse_control_socket("systemd:")->transport == kind::systemd));
}

BOOST_AUTO_TEST_CASE(refused) {
    is_refused("", "no path");
    is_refused("unix:", "no path");
    is_refused("cunix:", "no path");
    is_refused("unix:" + std::string(108, 'p'), "longer than 107");
    is_refused("udp:", "no host");
    is_refused("udp::22222", "no host");
    is_refused("udp:1.2.3.4:65536", "port '65536'");
    is_refused("udp:1.2.3.4:-1", "port '-1'");
    is_refused("udp:1.2.3.4:12x", "port '12x'");
    is_refused("udp:1.2.3.4: 12", "port ' 12'");
    is_refused("tcp:1.2.3.4:domain", "port 'domain'");
    is_refused("upd:1.2.3.4:5", "unknown kind");
    is_refused("fd:3", "unknown kind");
    is_refused("stdio:x", "nothing may follow");
    is_refused("systemd:3", "nothing may follow");
}
