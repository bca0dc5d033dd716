#include "leg_update.hpp"

#include "remote_address.hpp"
#include "text.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <utility>

namespace rtpproxy {
namespace {

using boost::asio::ip::address;

constexpr unsigned max_ptime_ms = 999;
constexpr unsigned max_inactivity_s = 999'999'999;

std::optional<address> to_address(std::string_view text) {
    boost::system::error_code error;
    const auto result = boost::asio::ip::make_address(text, error);
    return error ? std::nullopt : std::optional(result);
}

/// The text of `numeric`; empty when there is none.
std::string_view take_numeric(text_cursor& text) noexcept {
    if (!text.take_if('[')) return text.take_while([](char c) { return is_digit(c) || c == '.'; });
    const auto inside = text.take_while([](char c) { return is_hex_digit(c) || c == ':'; });
    return text.take_if(']') ? inside : std::string_view{};
}

/// Carries out the modifiers of one leg, each by the member named after what it sets.
class modifier_parser {
  public:
    /// What the modifiers set is set in `update`.
    modifier_parser(std::string_view modifiers, const parse_context& context, leg_update& update)
        : text_(modifiers), context_(context), update_(update) {}

    /// All of them; then family() tells what they say of the address.
    parsed<void> parse();
    [[nodiscard]] address_family family() const noexcept { return family_; }

  private:
    parsed<void> parse_next();
    parsed<void> asymmetric(bool on);
    parsed<void> interface(local_addresses::interface side, protocol_error error);
    parsed<void> flag(bool& set);
    parsed<void> inactivity(std::optional<std::chrono::seconds>& limit);
    parsed<void> ptime();
    parsed<void> codecs();
    parsed<void> local();
    parsed<void> local_labelled();
    parsed<void> route();
    parsed<void> local_of_family();
    parsed<void> named(local_address_ptr local);

    text_cursor text_;
    const parse_context& context_;
    leg_update& update_;
    address_family family_ = address_family::ipv4;
};

parsed<void> modifier_parser::parse() {
    while (!text_.done()) {
        if (const auto done = parse_next(); !done) return done;
    }
    return local_of_family();
}

parsed<void> modifier_parser::parse_next() {
    const char letter = text_.take();
    // The one modifier whose case matters.
    if (letter == 't') return inactivity(update_.caller_inactivity);
    if (letter == 'T') return inactivity(update_.callee_inactivity);
    using enum local_addresses::interface;
    switch (to_lower(letter)) {
        case '6':
            family_ = address_family::ipv6;
            return {};
        case 'a':
            return asymmetric(true);
        case 's':
            return asymmetric(false);
        case 'e':
            return interface(external, protocol_error::bad_external_interface);
        case 'i':
            return interface(internal, protocol_error::bad_internal_interface);
        case 'n':
            return flag(update_.new_port);
        case 'w':
            return flag(update_.weak);
        case 'l':
            return local();
        case 'r':
            return route();
        case 'z':
            return ptime();
        case 'c':
            return codecs();
        default:
            return protocol_error::bad_update_modifier;
    }
}

parsed<void> modifier_parser::asymmetric(bool on) {
    update_.asymmetric = on;
    return {};
}

parsed<void> modifier_parser::flag(bool& set) {
    set = true;
    return {};
}

parsed<void> modifier_parser::interface(local_addresses::interface side, protocol_error error) {
    if (!context_.addresses.bridging() || update_.interfaces.size() == 2) return error;
    update_.interfaces.push_back(side);
    return {};
}

parsed<void> modifier_parser::inactivity(std::optional<std::chrono::seconds>& limit) {
    const auto seconds = parse_number<unsigned>(text_.take_while(is_digit));
    if (!seconds || *seconds > max_inactivity_s) return protocol_error::bad_update_modifier;
    limit = std::chrono::seconds(*seconds);
    return {};
}

parsed<void> modifier_parser::ptime() {
    text_.take_if('+');
    const auto milliseconds = parse_number<unsigned>(text_.take_while(is_digit));
    if (!milliseconds || *milliseconds == 0 || *milliseconds > max_ptime_ms) return protocol_error::bad_ptime;
    update_.ptime = std::chrono::milliseconds(*milliseconds);
    return {};
}

parsed<void> modifier_parser::codecs() {
    const auto list = text_.take_while([](char c) { return is_digit(c) || c == ','; });
    if (list.empty() || !update_.codecs.empty()) return protocol_error::bad_codec_list;
    update_.codecs = list;
    return {};
}

parsed<void> modifier_parser::local() {
    if (text_.take_if('{')) return local_labelled();
    const auto text = take_numeric(text_);
    if (text.empty()) return protocol_error::bad_local_address;
    const auto address = to_address(text);
    if (!address) return protocol_error::unusable_local_address;
    return named(context_.addresses.remember(*address));
}

parsed<void> modifier_parser::local_labelled() {
    const auto label = text_.take_until('}');
    if (!label || label->empty()) return protocol_error::bad_local_address;
    auto local = context_.addresses.find_label(*label);
    if (!local) return protocol_error::unusable_local_address;
    return named(std::move(local));
}

parsed<void> modifier_parser::named(local_address_ptr local) {
    update_.local = std::move(local);
    update_.local_is_named = true;
    return {};
}

parsed<void> modifier_parser::route() {
    const auto text = take_numeric(text_);
    if (text.empty()) return protocol_error::bad_route_address;
    const auto remote = to_address(text);
    if (!remote || !context_.route_to) return protocol_error::no_route;
    const auto local = context_.route_to(*remote);
    if (!local) return protocol_error::no_route;
    return named(context_.addresses.remember(*local));
}

/// Without a choice of its own the leg is on the default address; `6` or its absence may ask for another
/// family.
parsed<void> modifier_parser::local_of_family() {
    const auto& addresses = context_.addresses;
    const auto usual = addresses.default_address()->family();
    update_.other_family =
        addresses.latest(usual == address_family::ipv4 ? address_family::ipv6 : address_family::ipv4);
    if (update_.local || !update_.interfaces.empty()) return {};
    if (usual == family_) return {};
    update_.local = update_.other_family;
    if (!update_.local) return protocol_error::no_address_of_family;
    return {};
}

}  // namespace

parsed<leg_update> parse_leg_update(std::string_view modifiers, std::string_view address,
                                    std::string_view port, const parse_context& context) {
    parsed<leg_update> result{leg_update{}};
    modifier_parser parser(modifiers, context, *result);
    const auto done = parser.parse();
    if (!done) {
        result = done.error();
        return result;
    }
    const auto remote = parse_remote_address(address, port, parser.family());
    if (remote) {
        result->remote = remote->where;
        result->hold = remote->hold;
    } else {
        result = remote.error();
    }
    return result;
}

}  // namespace rtpproxy
