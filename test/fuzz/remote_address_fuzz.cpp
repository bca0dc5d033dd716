// Address and port of a media description against the C library's inet_pton(): one word each, in a `U` and in
// a `U6`. The input is both, with a blank between them.

#include "rtpproxy/protocol/parse_command.hpp"

#include "fuzz.hpp"
#include "support/local_address_books.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

using namespace rtpproxy;
using fuzz::require;

namespace {

bool is_word(std::string_view text) {
    return !text.empty() && text != "&&" &&
           std::string_view(text).find_first_of(std::string_view(" \t\r\n\0", 5)) == std::string_view::npos;
}

/// 0..65535 in decimal digits; -1 for all else.
long port_in(std::string_view text) {
    const bool digits =
        !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return -1;
    const auto significant = text.substr(std::min(text.find_first_not_of('0'), text.size()));
    if (significant.size() > 5) return -1;
    const long value = std::stol("0" + std::string(significant));
    return value <= 65535 ? value : -1;
}

struct expectation {
    bool accepted = true;
    bool used = false;  ///< not merely passed over for its length
    bool hold = false;
    unsigned char octets[16] = {};
    std::size_t octet_count = 0;
};

expectation expected(const std::string& address, std::string_view port, int family) {
    expectation result{.octet_count = family == AF_INET ? 4U : 16U};
    const std::size_t least = family == AF_INET ? 7 : 2;
    const std::size_t most = family == AF_INET ? 15 : 45;
    if (address.size() < least || address.size() > most) return result;
    result.accepted = inet_pton(family, address.c_str(), result.octets) == 1 && port_in(port) >= 0;
    result.used = result.accepted;
    result.hold =
        std::all_of(result.octets, result.octets + result.octet_count, [](auto o) { return o == 0; });
    return result;
}

void check_endpoint(const endpoint& parsed, const expectation& wanted, std::string_view port) {
    require(parsed.port() == port_in(port), "another port", port);
    const auto address = parsed.address();
    if (address.is_v4())
        require(std::ranges::equal(address.to_v4().to_bytes(), std::span(wanted.octets, 4)),
                "another address");
    else
        require(std::ranges::equal(address.to_v6().to_bytes(), std::span(wanted.octets, 16)),
                "another address");
}

void check(std::string_view letter, const std::string& address, std::string_view port, int family) {
    auto addresses = test::address_book(3);
    const auto text = std::string(letter) + " call " + address + " " + std::string(port) + " tag";
    const auto wanted = expected(address, port, family);
    const auto result = parse_command(text, {addresses, nullptr});
    require(result.has_value() == wanted.accepted, "accepted or refused wrongly", text);
    if (!wanted.accepted)
        return require(result.error() == protocol_error::bad_remote_address, "another error", text);
    const auto& update = std::get<update_command>(*result).update;
    require(update.hold == (wanted.used && wanted.hold), "hold", text);
    require(update.remote.has_value() == (wanted.used && !wanted.hold), "address", text);
    if (update.remote) check_endpoint(*update.remote, wanted, port);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto port = fuzz::to_text(data, std::min<std::size_t>(size, 256));
    const std::string address(fuzz::take_until(port, ' '));
    if (!is_word(address) || !is_word(port)) return 0;
    check("U", address, port, AF_INET);
    check("U6", address, port, AF_INET6);
    return 0;
}
