#include "rtpproxy/protocol/reply.hpp"

#include <array>
#include <charconv>

namespace rtpproxy {
namespace {

constexpr std::string_view separator = " && ";

/// As `address.to_string()`, which is too slow for IPv4 to stand in every reply.
void append_address(std::string& text, const boost::asio::ip::address& address) {
    if (!address.is_v4()) {
        text += address.to_string();
        return;
    }
    std::array<char, sizeof "255.255.255.255"> buffer;
    char* end = buffer.data();
    for (const auto octet : address.to_v4().to_bytes()) {
        end = std::to_chars(end, buffer.data() + buffer.size(), octet).ptr;
        *end++ = '.';
    }
    text.append(buffer.data(), end - 1);
}

/// What is printed of `results`: up to the first failure or, when all went well, up to the last text.
std::vector<std::string> printed_parts(const std::vector<subcommand_result>& results) {
    std::vector<std::string> parts;
    std::size_t printed = 0;
    for (const auto& result : results) {
        const bool failed = result.code != 0;
        const bool silent = !failed && result.text.empty();
        parts.push_back(failed || silent ? std::to_string(result.code) : result.text);
        if (!silent) printed = parts.size();
        if (failed) break;
    }
    parts.resize(printed);
    return parts;
}

std::size_t octets_of(const std::vector<std::string>& parts) noexcept {
    std::size_t octets = 0;
    for (const auto& part : parts)
        octets += separator.size() + part.size();
    return octets;
}

}  // namespace

std::string format_error(protocol_error error) {
    return "E" + std::to_string(static_cast<int>(error));
}

std::string format_port(std::uint16_t port, const local_address& local) {
    auto reply = std::to_string(port);
    if (local.is_wildcard()) return reply;
    reply += ' ';
    if (local.advertised.empty())
        append_address(reply, local.address);
    else
        reply += local.advertised;
    if (local.family() == address_family::ipv6) reply += " 6";
    return reply;
}

void append_subcommand_results(std::string& reply, const std::vector<subcommand_result>& results,
                               std::size_t limit) {
    static constexpr std::string_view overflow = " && -1";
    const auto parts = printed_parts(results);
    const bool all_fit = reply.size() + octets_of(parts) <= limit;
    const auto fits = [&](std::size_t octets) { return reply.size() + octets <= limit; };
    for (const auto& part : parts) {
        // One that leaves no room for `overflow` behind it must not be printed unless it is known to be
        // needless.
        if (!all_fit && !fits(separator.size() + part.size() + overflow.size())) break;
        reply.append(separator).append(part);
    }
    if (!all_fit && fits(overflow.size())) reply += overflow;
}

}  // namespace rtpproxy
