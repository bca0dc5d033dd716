#include "rtpproxy/control/notify_targets.hpp"

#include "rtpproxy/control/socket_spec.hpp"

#include "host_and_port.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace rtpproxy {
namespace {

namespace ip = boost::asio::ip;
using unix_socket = notify_destination::unix_socket;
using tcp_socket = notify_destination::tcp_socket;

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view tcp_prefix = "tcp:";

std::string_view without_prefix(std::string_view name) {
    for (const auto prefix : {unix_prefix, tcp_prefix})
        if (name.starts_with(prefix)) return name.substr(prefix.size());
    return name;
}

// A command's name may repeat its kind, but not claim another one.
bool same_kind(std::string_view name, bool tcp) {
    return !name.starts_with(tcp ? unix_prefix : tcp_prefix);
}

bool is_tcp(const notify_destination& destination) {
    return std::holds_alternative<tcp_socket>(destination.socket);
}

boost::system::result<ip::address, std::string> address_of_one_host(
    std::string_view host, const notify_targets::name_resolver& resolve_name) {
    boost::system::error_code not_numeric;
    const auto numeric = ip::make_address(host, not_numeric);
    auto address = not_numeric ? resolve_name(host) : numeric;
    if (address && address->is_unspecified()) return std::string("expected the address of one host");
    return address;
}

ip::address controller_address(const command_origin& origin) {
    const ip::address loopback = ip::address_v4::loopback();
    if (!origin.peer || origin.peer->is_unspecified()) return loopback;
    if (origin.peer->is_v4()) return *origin.peer;
    const auto v6 = origin.peer->to_v6();
    if (v6.is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, v6);
    return v6.is_loopback() ? loopback : ip::address(v6);
}

// The address commands arrive on, where a connection to `remote` can leave from it.
std::optional<ip::address> source_address(const ip::address& remote, const command_origin& origin) {
    if (!origin.local || origin.local->is_unspecified() || origin.local->is_multicast()) return std::nullopt;
    if (origin.local->is_v4() != remote.is_v4()) return std::nullopt;
    if (origin.local->is_loopback() && !remote.is_loopback()) return std::nullopt;
    return origin.local;
}

}  // namespace

std::string to_string(const notify_destination& destination) {
    if (const auto* local = std::get_if<unix_socket>(&destination.socket)) return "unix:" + local->path;
    const auto& remote = std::get<tcp_socket>(destination.socket).remote;
    return fmt::format("tcp:{}:{}", remote.address().to_string(), remote.port());
}

boost::system::result<void, std::string> notify_targets::permit(std::string_view text,
                                                                const name_resolver& resolve_name) {
    if (permitted_.size() >= max_permitted)
        return fmt::format("at most {} targets are possible", max_permitted);
    auto target = parse(text, resolve_name);
    if (!target) return target.error();
    if (target->wildcard && wildcards() >= max_wildcards)
        return fmt::format("at most {} targets with {} are possible", max_wildcards, wildcard_host);
    if (!target->wildcard) target->id = id_of(target->destination).value_or(0);
    permitted_.push_back(std::move(*target));
    return {};
}

notify_targets::parsed_target notify_targets::parse(std::string_view text,
                                                    const name_resolver& resolve_name) {
    if (text.starts_with(tcp_prefix)) return parse_tcp(without_prefix(text), resolve_name);
    if (text.starts_with(unix_prefix) || text.starts_with('/')) return parse_unix(without_prefix(text));
    return fmt::format("expected unix:PATH, /PATH, tcp:HOST:PORT or tcp:{}:PORT", wildcard_host);
}

notify_targets::parsed_target notify_targets::parse_unix(std::string_view path) {
    constexpr auto longest = control_socket_spec::max_path_octets;
    if (path.empty() || path.size() > longest)
        return fmt::format("expected the path of a socket, at most {} bytes", longest);
    return permitted_target{false, std::string(path), {unix_socket{std::string(path)}}, 0};
}

notify_targets::parsed_target notify_targets::parse_tcp(std::string_view name,
                                                        const name_resolver& resolve_name) {
    const auto [host, digits] = split_host_and_port(name);
    const auto port = parse_port(digits);
    if (host.empty() || !port || *port == 0)
        return std::string("expected tcp:HOST:PORT with a port from 1 to 65535");
    permitted_target target{host == wildcard_host, std::string(name), {}, 0};
    tcp_socket socket{{ip::address_v4::loopback(), *port}, {}};
    if (!target.wildcard) {
        const auto address = address_of_one_host(host, resolve_name);
        if (!address) return address.error();
        socket.remote.address(*address);
    }
    target.destination.socket = socket;
    return target;
}

std::vector<std::string> notify_targets::permitted_names() const {
    std::vector<std::string> names;
    for (const auto& target : permitted_)
        names.push_back(
            fmt::format("{}{}", is_tcp(target.destination) ? tcp_prefix : unix_prefix, target.name));
    return names;
}

std::size_t notify_targets::wildcards() const {
    return static_cast<std::size_t>(std::ranges::count(permitted_, true, &permitted_target::wildcard));
}

std::optional<notify_target> notify_targets::resolve(std::string_view name, const command_origin& origin) {
    const auto found = std::ranges::find_if(permitted_, [&](const permitted_target& target) {
        return target.name == without_prefix(name) && same_kind(name, is_tcp(target.destination));
    });
    if (found == permitted_.end()) return std::nullopt;
    const auto* configured = std::get_if<tcp_socket>(&found->destination.socket);
    if (configured == nullptr) return notify_target{found->id};

    auto socket = *configured;
    if (found->wildcard) socket.remote.address(controller_address(origin));
    socket.local = source_address(socket.remote.address(), origin);
    if (const auto id = id_of({socket})) return notify_target{*id};
    return found->wildcard ? std::nullopt : std::optional(notify_target{found->id});
}

const notify_destination* notify_targets::find(notify_target target) const noexcept {
    return target.id < destinations_.size() ? &destinations_[target.id] : nullptr;
}

std::optional<std::uint32_t> notify_targets::id_of(const notify_destination& destination) {
    if (const auto known = ids_.find(destination); known != ids_.end()) return known->second;
    if (destinations_.size() >= max_destinations) return std::nullopt;
    const auto id = static_cast<std::uint32_t>(destinations_.size());
    destinations_.push_back(destination);
    ids_.emplace(destination, id);
    return id;
}

}  // namespace rtpproxy
