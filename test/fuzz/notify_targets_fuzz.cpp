// Permitted notify targets and the names commands give: lines `+target` permit, other lines are names. The
// first octet of a name chooses where its command came from.

#include "rtpproxy/control/notify_targets.hpp"

#include "fuzz.hpp"

#include <string>
#include <vector>

using namespace rtpproxy;
using boost::asio::ip::address;
using boost::asio::ip::make_address;
using fuzz::require;

namespace {

boost::system::result<address, std::string> resolve_name(std::string_view host) {
    if (host.starts_with("sip")) return make_address("192.0.2.7");
    return std::string("unknown host");
}

command_origin origin(unsigned choice) {
    static const std::vector<command_origin> origins{
        {},
        {make_address("192.0.2.1"), make_address("192.0.2.2")},
        {make_address("192.0.2.3"), make_address("192.0.2.2")},
        {make_address("::1"), make_address("::1")},
        {make_address("2001:db8::1"), make_address("2001:db8::2")},
        {make_address("::ffff:192.0.2.1"), make_address("::ffff:192.0.2.2")}};
    return origins[choice % origins.size()];
}

void permit(notify_targets& targets, std::string_view text) {
    const auto before = targets.permitted_names().size();
    const auto permitted = targets.permit(text, resolve_name);
    const auto after = targets.permitted_names().size();
    require(after <= notify_targets::max_permitted, "too many targets");
    if (permitted.has_error()) {
        require(!permitted.error().empty(), "refused without a reason", text);
        return require(after == before, "refused and permitted", text);
    }
    require(targets.configured(), "permitted and not there", text);
}

void resolve(notify_targets& targets, std::string_view text) {
    const auto from = origin(fuzz::take_octet(text));
    const auto target = targets.resolve(text, from);
    if (!target) return;
    const auto* destination = targets.find(*target);
    require(destination != nullptr, "a target that leads nowhere", text);
    require(!to_string(*destination).empty(), "a destination without a name", text);
    const auto again = targets.resolve(text, from);
    require(again && again->id == target->id, "another target the second time", text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    notify_targets targets;
    auto text = fuzz::to_text(data, size);
    while (!text.empty()) {
        auto line = fuzz::take_until(text, '\n');
        if (line.starts_with('+'))
            permit(targets, line.substr(1));
        else
            resolve(targets, line);
    }
    for (const auto& name : targets.permitted_names())
        require(notify_targets().permit(name, resolve_name).has_value() || name.find("tcp:") == 0,
                "a permitted name is refused", name);
    return 0;
}
