#include "rtpproxy/app/resolve_host.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <fmt/format.h>

namespace rtpproxy {
namespace {

namespace asio = boost::asio;
using boost::system::result;

bool is_ipv6(address_family family) {
    return family == address_family::ipv6;
}

std::string_view without_brackets(std::string_view host) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    return bracketed ? host.substr(1, host.size() - 2) : host;
}

result<asio::ip::address, std::string> look_up(address_family family, const std::string& host) {
    asio::io_context io;
    asio::ip::udp::resolver resolver(io);
    boost::system::error_code error;
    const auto protocol = is_ipv6(family) ? asio::ip::udp::v6() : asio::ip::udp::v4();
    const auto found = resolver.resolve(protocol, host, "", asio::ip::udp::resolver::flags(), error);
    if (error || found.empty())
        return fmt::format("cannot find an {} address of {:?}: {}", is_ipv6(family) ? "IPv6" : "IPv4", host,
                           error ? error.message() : "none");
    return found.begin()->endpoint().address();
}

}  // namespace

result<asio::ip::address, std::string> read_numeric_host(address_family family, std::string_view host) {
    if (host == "*")
        return is_ipv6(family) ? asio::ip::address(asio::ip::address_v6::any())
                               : asio::ip::address(asio::ip::address_v4::any());
    const bool brackets_fit = is_ipv6(family);
    boost::system::error_code error;
    const std::string text(brackets_fit ? without_brackets(host) : host);
    const auto address = asio::ip::make_address(text, error);
    if (error) return fmt::format("{:?} is not a numeric address", text);
    if (family_of(address) != family)
        return fmt::format("{:?} is an {} address, expected an {} one", text,
                           is_ipv6(family) ? "IPv4" : "IPv6", is_ipv6(family) ? "IPv6" : "IPv4");
    return address;
}

result<asio::ip::address, std::string> resolve_host(address_family family, std::string_view host) {
    auto numeric = read_numeric_host(family, host);
    if (numeric.has_value()) return numeric;
    boost::system::error_code error;
    static_cast<void>(asio::ip::make_address(std::string(without_brackets(host)), error));
    const bool wrong_family = !error;
    return wrong_family ? numeric : look_up(family, std::string(host));
}

}  // namespace rtpproxy
