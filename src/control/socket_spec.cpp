#include "rtpproxy/control/socket_spec.hpp"

#include "host_and_port.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace rtpproxy {
namespace {

using kind = control_socket_spec::kind;
using spec_result = boost::system::result<control_socket_spec, std::string>;

struct transport_prefix {
    std::string_view text;
    kind transport;
    bool ipv6;
};

constexpr std::array prefixes{
    transport_prefix{"unix:", kind::unix_one_shot, false},
    transport_prefix{"cunix:", kind::unix_stream, false},
    transport_prefix{"udp:", kind::udp, false},
    transport_prefix{"udp6:", kind::udp, true},
    transport_prefix{"tcp:", kind::tcp, false},
    transport_prefix{"tcp6:", kind::tcp, true},
    transport_prefix{"stdio:", kind::stdio, false},
    transport_prefix{"stdioc:", kind::stdio_exit, false},
    transport_prefix{"systemd:", kind::systemd, false},
};

spec_result with_path(control_socket_spec spec, std::string_view path) {
    if (path.empty()) return std::string("expected a path");
    if (path.size() > control_socket_spec::max_path_octets)
        return fmt::format("expected a path of at most {} octets", control_socket_spec::max_path_octets);
    spec.path = path;
    return spec;
}

spec_result with_host(control_socket_spec spec, std::string_view rest) {
    const auto [host, port] = split_host_and_port(rest);
    if (host.empty()) return std::string("expected a host; * stands for every address");
    if (!port.empty()) {
        const auto number = parse_port(port);
        if (!number) return std::string("expected a port from 0 to 65535");
        spec.port = *number;
    }
    spec.host = host;
    return spec;
}

spec_result without_argument(control_socket_spec spec, std::string_view rest) {
    if (!rest.empty()) return std::string("expected nothing behind the colon");
    return spec;
}

}  // namespace

spec_result parse_control_socket(std::string_view text) {
    control_socket_spec spec;
    spec.text = text;
    const auto prefix =
        std::ranges::find_if(prefixes, [=](const auto& p) { return text.starts_with(p.text); });
    if (prefix == prefixes.end()) {
        if (!text.starts_with('/') && text.find(':') != std::string_view::npos)
            return std::string(
                "expected unix:, cunix:, udp:, udp6:, tcp:, tcp6:, stdio:, stdioc: or systemd:");
        spec.transport = kind::unix_one_shot;
        return with_path(std::move(spec), text);
    }
    const auto rest = text.substr(prefix->text.size());
    spec.transport = prefix->transport;
    spec.ipv6 = prefix->ipv6;
    switch (spec.transport) {
        case kind::unix_one_shot:
        case kind::unix_stream:
            return with_path(std::move(spec), rest);
        case kind::udp:
        case kind::tcp:
            return with_host(std::move(spec), rest);
        default:
            return without_argument(std::move(spec), rest);
    }
}

}  // namespace rtpproxy
