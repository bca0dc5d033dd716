#include "rtpproxy/app/listen_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace rtpproxy {
namespace {

using boost::system::result;

constexpr std::size_t max_advertised_octets = 255;  // of a host name, RFC 1035; it has to fit into a reply

bool is_printable_word(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return std::isgraph(c) != 0; });
}

bool is_label(std::string_view text) {
    return !text.empty() && is_printable_word(text) && text.find_first_of("{}") == text.npos;
}

bool is_advertisable(std::string_view text) {
    return !text.empty() && text.size() <= max_advertised_octets && is_printable_word(text);
}

/// Takes the text up to `separator`, and the separator, off the front of `text`; false when there is none.
bool take_before(std::string_view& text, char separator, std::string& taken) {
    const auto at = text.find(separator);
    if (at == text.npos) return false;
    taken = text.substr(0, at);
    text.remove_prefix(at + 1);
    return true;
}

/// Brings the arguments into the roles they play. Works on their indices, so that messages can name the
/// argument.
class listen_planner {
  public:
    listen_planner(std::span<const listen_spec> specs, const std::optional<advertised_spec>& advertised,
                   const host_resolver& resolve)
        : specs_(specs), advertised_(advertised), resolve_(resolve) {
        plan_.bridging = std::ranges::any_of(specs, &listen_spec::bridging);
    }

    result<listen_plan, listen_failure> run() {
        for (std::size_t i = 0; i < specs_.size() && !failure_; ++i) {
            check_bridging_form(i);
            check_label(i);
        }
        if (!failure_) plan_.bridging ? plan_bridge() : plan_single();
        if (!failure_) advertise();
        if (failure_) return *failure_;
        return std::move(plan_);
    }

  private:
    void fail(std::optional<std::size_t> index, std::string reason) {
        if (!failure_) failure_ = listen_failure{index, std::move(reason)};
    }

    bool is_first_of_family(std::size_t index) const {
        return std::ranges::none_of(specs_.first(index),
                                    [&](const auto& s) { return s.family == specs_[index].family; });
    }

    /// Whether the argument names a side of the bridge, not a labelled address beside it.
    bool is_side(std::size_t index) const {
        return specs_[index].bridging || (is_first_of_family(index) && specs_[index].label.empty());
    }

    void check_bridging_form(std::size_t index) {
        if (index >= max_listen_addresses)
            fail(index, fmt::format("at most {} addresses are possible", max_listen_addresses));
        if (!plan_.bridging || !is_side(index)) return;
        const listen_spec& spec = specs_[index];
        if (!is_first_of_family(index))
            fail(index, "bridging (ADDR1/ADDR2) is possible in the first listen and the first listen6 only");
        if (!spec.label.empty()) fail(index, "a bridged address takes no label");
        if (!spec.advertised.empty()) fail(index, "a bridged address takes no '=ADV', use advertised");
    }

    void check_label(std::size_t index) {
        const std::string& label = specs_[index].label;
        const bool is_default = plan_.bridging ? is_side(index) : index == 0;
        if (label.empty() && !is_default)
            fail(index, "every address after the first needs a label (LABEL@ADDR)");
        const auto before = specs_.first(index);
        if (!label.empty() && std::ranges::find(before, label, &listen_spec::label) != before.end())
            fail(index, fmt::format("the label {:?} is in use already", label));
    }

    void add(std::size_t index, const std::string& host) {
        const listen_spec& spec = specs_[index];
        auto address = resolve_(spec.family, host);
        if (address.has_error()) return fail(index, address.error());
        plan_.addresses.push_back({*address, spec.advertised, spec.label});
    }

    void plan_single() {
        for (std::size_t i = 0; i < specs_.size(); ++i)
            add(i, specs_[i].internal);
    }

    void plan_bridge() {
        add_side("internal", &listen_spec::internal);
        add_side("external", &listen_spec::external);
        for (std::size_t i = 0; i < specs_.size(); ++i)
            if (!is_side(i)) add(i, specs_[i].internal);
    }

    void add_side(std::string_view name, std::string listen_spec::*host) {
        std::optional<std::size_t> side;
        for (std::size_t i = 0; i < specs_.size(); ++i) {
            if (!is_side(i) || (specs_[i].*host).empty()) continue;
            if (side)
                return fail(i,
                            fmt::format("bridging needs exactly one {} address, this is a second one", name));
            side = i;
        }
        if (!side) return fail(bridging_argument(), fmt::format("bridging needs an {} address", name));
        add(*side, specs_[*side].*host);
    }

    std::size_t bridging_argument() const {
        return static_cast<std::size_t>(std::ranges::find_if(specs_, &listen_spec::bridging) -
                                        specs_.begin());
    }

    void advertise() {
        if (!advertised_) return;
        if (plan_.bridging) return advertise_bridge();
        if (!advertised_->second.empty())
            plan_.warnings.push_back("advertised: the second address has no effect without bridging");
        for (auto& address : plan_.addresses)
            advertise_as(address, advertised_->first);
    }

    void advertise_bridge() {
        if (advertised_->second.empty())
            return fail({}, "bridging needs two advertised addresses, INTERNAL/EXTERNAL, or none");
        advertise_as(plan_.addresses[0], advertised_->first);
        advertise_as(plan_.addresses[1], advertised_->second);
    }

    void advertise_as(local_address& address, const std::string& text) {
        if (!address.advertised.empty()) return;
        if (address.is_wildcard()) {
            plan_.warnings.push_back("advertised: has no effect on an address that listens everywhere (*)");
            return;
        }
        boost::system::error_code not_numeric;
        const auto numeric = boost::asio::ip::make_address(text, not_numeric);
        if (not_numeric || family_of(numeric) == address.family()) address.advertised = text;
    }

    std::span<const listen_spec> specs_;
    const std::optional<advertised_spec>& advertised_;
    const host_resolver& resolve_;
    listen_plan plan_;
    std::optional<listen_failure> failure_;
};

}  // namespace

result<listen_spec, std::string> parse_listen(address_family family, std::string_view text) {
    listen_spec spec{
        .family = family, .label = {}, .internal = {}, .external = {}, .bridging = false, .advertised = {}};
    const bool labelled = take_before(text, '@', spec.label);
    if (labelled && !is_label(spec.label))
        return std::string("expected a label without blanks and braces before '@'");
    if (const auto equals = text.find('='); equals != text.npos) {
        spec.advertised = text.substr(equals + 1);
        if (!is_advertisable(spec.advertised))
            return std::string("expected an address to advertise after '='");
        text = text.substr(0, equals);
    }
    spec.bridging = take_before(text, '/', spec.internal);
    (spec.bridging ? spec.external : spec.internal) = text;
    if (spec.internal.empty() && spec.external.empty())
        return std::string("expected [LABEL@]ADDR[/ADDR2][=ADV]");
    return spec;
}

result<advertised_spec, std::string> parse_advertised(std::string_view text) {
    advertised_spec spec;
    const bool two = take_before(text, '/', spec.first);
    (two ? spec.second : spec.first) = text;
    if (!is_advertisable(spec.first) || (two && !is_advertisable(spec.second)))
        return {boost::system::in_place_error, "expected an address, or two separated by '/'"};
    return spec;
}

result<listen_plan, listen_failure> plan_listen_addresses(std::span<const listen_spec> specs,
                                                          const std::optional<advertised_spec>& advertised,
                                                          const host_resolver& resolve) {
    return listen_planner(specs, advertised, resolve).run();
}

}  // namespace rtpproxy
