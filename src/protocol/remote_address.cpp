#include "remote_address.hpp"

#include "text.hpp"

#include <cstdint>

namespace rtpproxy {
namespace {

namespace ip = boost::asio::ip;

/// "0.0.0.0" to "255.255.255.255", and "::" to the longest form with an embedded IPv4 address.
bool has_plausible_length(std::string_view address, address_family family) noexcept {
    if (family == address_family::ipv4) return address.size() >= 7 && address.size() <= 15;
    return address.size() >= 2 && address.size() <= 45;
}

std::optional<ip::address> parse_numeric(std::string_view text, address_family family) {
    if (text.find('%') != std::string_view::npos) return std::nullopt;
    boost::system::error_code error;
    ip::address address;
    if (family == address_family::ipv4)
        address = ip::make_address_v4(text, error);
    else
        address = ip::make_address_v6(text, error);
    return error ? std::nullopt : std::optional(address);
}

}  // namespace

parsed<remote_address> parse_remote_address(std::string_view address, std::string_view port,
                                            address_family family) {
    if (!has_plausible_length(address, family)) return remote_address{};
    const auto host = parse_numeric(address, family);
    const auto number = parse_number<std::uint16_t>(port);
    if (!host || !number) return protocol_error::bad_remote_address;
    if (host->is_unspecified()) return remote_address{std::nullopt, true};
    return remote_address{endpoint(*host, *number), false};
}

}  // namespace rtpproxy
