#include "load/ipv4.hpp"

#include <charconv>
#include <stdexcept>

namespace rtpproxy::bench {

std::string host_text(const sockaddr_in& address) {
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
    return text;
}

sockaddr_in parse_host_and_port(std::string_view text) {
    const auto colon = text.rfind(':');
    const std::invalid_argument malformed("expected a.b.c.d:port, not '" + std::string(text) + "'");
    if (colon == std::string_view::npos) throw malformed;
    const std::string host(text.substr(0, colon));
    const auto digits = text.substr(colon + 1);

    sockaddr_in parsed = make_address(0, 0);
    if (::inet_pton(AF_INET, host.c_str(), &parsed.sin_addr) != 1) throw malformed;
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) throw malformed;
    parsed.sin_port = htons(port);
    return parsed;
}

}  // namespace rtpproxy::bench
