#include "rtpproxy/protocol/copy_target.hpp"

#include "text.hpp"

#include <algorithm>

namespace rtpproxy {
namespace {

namespace ip = boost::asio::ip;

constexpr std::uint16_t highest_port = 65534;
constexpr std::size_t longest_host = 255;  // of a name, RFC 1035 §2.3.4

/// Steps over `prefix`, which is given in lower case, when `text` begins with it in any case.
bool take_prefix(std::string_view& text, std::string_view prefix) noexcept {
    const auto same = [](char given, char wanted) { return to_lower(given) == wanted; };
    if (text.size() < prefix.size() || !std::ranges::equal(text.substr(0, prefix.size()), prefix, same))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

std::string_view without_brackets(std::string_view host) noexcept {
    if (host.size() < 2 || host.front() != '[' || host.back() != ']') return host;
    return host.substr(1, host.size() - 2);
}

/// No name and no address has others. What has one is refused here, and not shown to a resolver.
bool is_host(std::string_view host) noexcept {
    const auto is_part = [](char c) {
        return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
               std::string_view{".-_:%"}.find(c) != std::string_view::npos;
    };
    return !host.empty() && host.size() <= longest_host && std::ranges::all_of(host, is_part);
}

}  // namespace

std::optional<ip::address> remote_copy_target::address() const {
    boost::system::error_code error;
    const auto read = ip::make_address(host, error);
    if (error) return std::nullopt;
    if (read.is_v6() && read.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, read.to_v6());
    return read;
}

bool is_remote_copy(std::string_view target) noexcept {
    return take_prefix(target, "udp:") || take_prefix(target, "udp6:");
}

std::optional<remote_copy_target> parse_remote_copy_target(std::string_view target) {
    const bool only_ipv6 = take_prefix(target, "udp6:");
    if (!only_ipv6 && !take_prefix(target, "udp:")) return std::nullopt;
    const auto colon = target.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto host = without_brackets(target.substr(0, colon));
    const auto port = parse_number<std::uint16_t>(target.substr(colon + 1));
    if (!is_host(host) || !port || *port == 0 || *port > highest_port) return std::nullopt;

    remote_copy_target read{std::string(host), *port};
    const auto address = read.address();
    if (address && address->is_unspecified()) return std::nullopt;
    if (only_ipv6 && !(address && address->is_v6())) return std::nullopt;
    // A colon is in addresses only, and what looks like an address in dots is never meant as a name.
    const bool looks_numeric = host.find(':') != std::string_view::npos ||
                               host.find_first_not_of("0123456789.") == std::string_view::npos;
    if (!address && looks_numeric) return std::nullopt;
    return read;
}

}  // namespace rtpproxy
