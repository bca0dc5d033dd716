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
    is_refused("", "expected a path");
    is_refused("unix:", "expected a path");
    is_refused("cunix:", "expected a path");
    is_refused("unix:" + std::string(108, 'p'), "at most 107 octets");
    is_refused("udp:", "expected a host");
    is_refused("udp::22222", "expected a host");
    is_refused("udp:1.2.3.4:65536", "expected a port from 0 to 65535");
    is_refused("udp:1.2.3.4:-1", "expected a port from 0 to 65535");
    is_refused("udp:1.2.3.4:12x", "expected a port from 0 to 65535");
    is_refused("udp:1.2.3.4: 12", "expected a port from 0 to 65535");
    is_refused("tcp:1.2.3.4:domain", "expected a port from 0 to 65535");
    is_refused("upd:1.2.3.4:5", "expected unix:, cunix:, udp:");
    is_refused("fd:3", "expected unix:, cunix:, udp:");
    is_refused("stdio:x", "expected nothing behind the colon");
    is_refused("systemd:3", "expected nothing behind the colon");
}
