// The text of one command, as it stands and as a datagram with a cookie in front.
// The first octet chooses the local addresses.

#include "rtpproxy/protocol/parse_command.hpp"
#include "rtpproxy/protocol/reply.hpp"

#include "fuzz.hpp"
#include "support/local_address_books.hpp"

#include <string>

using namespace rtpproxy;
using namespace rtpproxy::test;
using fuzz::require;

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string outcome(std::string_view text, local_addresses& addresses) {
    const auto result = parse_command(text, {addresses, route_to});
    return result ? "ok " + std::to_string(result->index()) : format_error(result.error());
}

/// What the parser promises for any command that came out of it.
void check(const leg_update& update) {
    require(update.interfaces.size() <= 2, "more than two interfaces");
    if (update.remote) require(!update.remote->address().is_unspecified(), "an all-zero address is hold");
    require(!(update.remote && update.hold), "on hold at an address");
    if (update.ptime) require(update.ptime->count() >= 1 && update.ptime->count() <= 999, "ptime");
}

void check(const std::vector<subcommand>& subcommands) {
    require(subcommands.size() <= 15, "more than 15 sub-commands");
    for (const auto& each : subcommands) {
        if (const auto* set = std::get_if<set_parameter>(&each)) require(set->value > 0, "a value of 0");
        if (const auto* leg = std::get_if<add_leg>(&each)) check(leg->update);
    }
}

void check_parsed(std::string_view text, local_addresses& addresses) {
    const auto parsed = parse_command(text, {addresses, route_to});
    if (!parsed) return;
    require(text.size() <= max_command_octets, "accepted although too long");
    require(text.find('\0') == std::string_view::npos, "accepted with a NUL");
    std::visit(
        [](const auto& one) {
            if constexpr (requires { one.update; }) check(one.update);
            if constexpr (requires { one.subcommands; }) check(one.subcommands);
            if constexpr (requires { one.session; })
                require(!one.session.call_id.empty(), "a session without call-id");
        },
        *parsed);
}

void check_cookie(std::string_view datagram) {
    const auto [cookie, rest] = split_cookie(datagram);
    require(cookie.find_first_of(blanks) == std::string_view::npos, "a blank in the cookie");
    require(cookie.find('\0') == std::string_view::npos, "a NUL in the cookie");
    require(!cookie.empty() || rest.empty(), "a command without cookie");
    if (!rest.empty())
        require(blanks.find(rest.front()) == std::string_view::npos &&
                    blanks.find(rest.back()) == std::string_view::npos,
                "blanks around the command");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = fuzz::to_text(data, size);
    local_addresses addresses = address_book(fuzz::take_octet(text));
    check_cookie(text);
    check_parsed(text, addresses);
    check_parsed(split_cookie(text).command, addresses);

    const auto plain = outcome(text, addresses);
    require(outcome(text, addresses) == plain, "the second time it is another", text);
    if (text.size() + 2 <= max_command_octets)
        require(outcome("\t" + std::string(text) + "\r", addresses) == plain, "blanks around it count", text);
    return 0;
}
