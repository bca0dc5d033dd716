// What `-s`, `-l`, `-6` and `-A` take.

#include "rtpproxy/app/listen_address.hpp"
#include "rtpproxy/app/resolve_host.hpp"
#include "rtpproxy/control/socket_spec.hpp"

#include "fuzz.hpp"

#include <string>
#include <vector>

using namespace rtpproxy;
using fuzz::require;

namespace {

void check_control_socket(std::string_view text) {
    using enum control_socket_spec::kind;
    const auto spec = parse_control_socket(text);
    if (spec.has_error()) return require(!spec.error().empty(), "refused without a reason", text);
    require(spec->text == text, "the text is not kept", text);
    const bool on_network = spec->transport == udp || spec->transport == tcp;
    require(spec->host.empty() != on_network, "host", text);
    const bool has_path = spec->transport == unix_one_shot || spec->transport == unix_stream;
    require(spec->path.empty() != has_path, "path", text);
    require(spec->path.size() <= control_socket_spec::max_path_octets, "path too long", text);
}

std::vector<listen_spec> parse_all(std::string_view lines) {
    std::vector<listen_spec> specs;
    while (!lines.empty()) {
        auto line = fuzz::take_until(lines, '\n');
        const auto family = line.starts_with('6') ? address_family::ipv6 : address_family::ipv4;
        if (family == address_family::ipv6) line.remove_prefix(1);
        const auto spec = parse_listen(family, line);
        if (spec.has_error())
            require(!spec.error().empty(), "refused without a reason", line);
        else
            specs.push_back(*spec);
    }
    return specs;
}

void check_plan(std::string_view text) {
    const auto advertised_text = fuzz::take_until(text, '\n');
    const auto parsed_advertised = parse_advertised(advertised_text);
    const auto advertised = parsed_advertised.has_value() ? std::optional(*parsed_advertised) : std::nullopt;
    const auto specs = parse_all(text);
    if (specs.empty()) return;
    const auto plan = plan_listen_addresses(specs, advertised, read_numeric_host);
    if (plan.has_error()) {
        require(!plan.error().reason.empty(), "refused without a reason");
        return require(!plan.error().index || *plan.error().index < specs.size(), "blames nobody");
    }
    require(!plan->addresses.empty() && plan->addresses.size() <= max_listen_addresses, "no addresses");
    require(!plan->bridging || plan->addresses.size() >= 2, "bridging takes two");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::to_text(data, size);
    if (text.find('\0') != std::string_view::npos) return 0;  // neither arguments nor the file can have it
    check_control_socket(text);
    check_plan(text);
    return 0;
}
