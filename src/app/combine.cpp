#include "rtpproxy/app/effective_options.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rtpproxy {
namespace {

using socket_kind = control_socket_spec::kind;

constexpr mode_t mode_for_a_group = 0755;

// A call may ring for as long as timer C of a proxy, which is more than three minutes (RFC 3261 §16.6 step
// 11).
// Who chooses one limit only means both.
constexpr std::chrono::seconds default_setup_ttl{200};

bool is_stdio(const control_socket_spec& spec) {
    return spec.transport == socket_kind::stdio || spec.transport == socket_kind::stdio_exit;
}

bool has_host(const control_socket_spec& spec) {
    return spec.transport == socket_kind::udp || spec.transport == socket_kind::tcp;
}

/// Turns the values into settings, rule by rule, in the order the rules are reported in.
class combination {
  public:
    combination(const option_values& values, const effective_options& options)
        : values_(values),
          options_(options),
          result_(values.direct),
          resolve_(result_.no_resolve ? read_numeric_host : resolve_host) {}

    settings run() {
        check_spool();
        check_call_records();
        check_dynamic_payloads();
        set_record_format();
        check_stdio();
        set_port_range();
        set_addresses();
        check_learning();
        check_control_hosts();
        set_networks();
        permit_notify_targets();
        set_derived();
        return std::move(result_);
    }

  private:
    /// The nth occurrence of a repeatable option, or its default.
    given_option occurrence(std::string_view key, std::size_t index, const std::string& text) const {
        std::size_t seen = 0;
        for (const auto& option : options_.all())
            if (option.key == key && seen++ == index) return option;
        return {std::string(key), text, "default"};
    }

    void check_spool() const {
        const auto* spool = options_.find("spool_dir");
        if (spool && result_.record_dir.empty()) throw bad_value(*spool, "needs record_dir (-r) as well");
    }

    void check_call_records() const {
        const auto& targets = result_.call_records;
        for (std::size_t i = 1; i < targets.size(); ++i) {
            const auto same = [&](const record_target& other) { return other.path == targets[i].path; };
            if (std::any_of(targets.begin(), targets.begin() + static_cast<std::ptrdiff_t>(i), same))
                throw bad_value(occurrence("cdr", i, targets[i].path.string()),
                                "another cdr has this file already");
        }
    }

    void check_dynamic_payloads() const {
        const auto& payloads = result_.dynamic_payloads;
        for (auto at = payloads.begin(); at != payloads.end(); ++at) {
            if (std::ranges::find(payloads, at->payload_type, &dynamic_payload::payload_type) == at) continue;
            const auto index = static_cast<std::size_t>(at - payloads.begin());
            throw bad_value(occurrence("dynamic_payload", index, {}), "this payload type is given already");
        }
    }

    void set_record_format() {
        const auto otherwise = values_.record_pcap ? recording_format::pcap : recording_format::adhoc;
        result_.recorded_as = values_.recorded_as.value_or(otherwise);
        if (values_.record_pcap && result_.recorded_as != recording_format::pcap)
            throw bad_value(*options_.find("record_format"), "record_pcap (-P) means pcap");
        result_.record_rtcp = !values_.no_record_rtcp;
        result_.record_details = !values_.no_record_details;
    }

    void check_stdio() const {
        const auto& sockets = result_.control_sockets;
        for (std::size_t i = 0; i < sockets.size(); ++i)
            if (is_stdio(sockets[i]) && !result_.foreground)
                throw bad_value(occurrence("control_socket", i, sockets[i].text),
                                "needs foreground (-f) as well");
    }

    /// RTP takes the even ports, RTCP the odd one above each (RFC 3550 §11), so the range ends on an odd
    /// port.
    void set_port_range() {
        const int highest = values_.max_port.value_or(default_max_port(values_.min_port));
        const int first = values_.min_port + values_.min_port % 2;
        const int last = highest % 2 ? highest - 1 : highest - 2;
        if (first > last)
            throw configuration_error(fmt::format(
                "min_port = {} ({}) and max_port = {} ({}): no pair of an even port and the one above it "
                "fits between",
                values_.min_port, options_.source_of("min_port"), highest, options_.source_of("max_port")));
        result_.min_port = static_cast<std::uint16_t>(first);
        result_.max_port = static_cast<std::uint16_t>(last);
    }

    void set_addresses() {
        auto given = options_.listen_options();
        if (given.empty()) given.push_back({"listen", "*", "default"});
        std::vector<listen_spec> specs;
        for (const auto& option : given)
            specs.push_back(*parse_listen(
                option.key == "listen" ? address_family::ipv4 : address_family::ipv6, option.value));
        auto plan = plan_listen_addresses(specs, values_.advertised, resolve_);
        if (plan.has_error()) {
            const auto& [index, reason] = plan.error();
            throw bad_value(index ? given[*index] : *options_.find("advertised"), reason);
        }
        result_.listen = std::move(plan->addresses);
        result_.bridging = plan->bridging;
        result_.warnings = std::move(plan->warnings);
    }

    /// An exception may be for an address only the controller will name, but more likely it is a mistake.
    void check_learning() {
        for (const auto& [address, policy] : result_.learning.exceptions) {
            if (std::ranges::find(result_.listen, address, &local_address::address) != result_.listen.end())
                continue;
            result_.warnings.push_back(fmt::format(
                "learning: {} is none of the addresses of listen and listen6", address.to_string()));
        }
    }

    void check_control_hosts() const {
        const auto& sockets = result_.control_sockets;
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            if (!has_host(sockets[i])) continue;
            const auto family = sockets[i].ipv6 ? address_family::ipv6 : address_family::ipv4;
            const auto address = resolve_(family, sockets[i].host);
            if (address.has_error())
                throw bad_value(occurrence("control_socket", i, sockets[i].text), address.error());
        }
    }

    void set_networks() {
        auto& [networks, users] = result_.control_allowed;
        for (const auto& more : values_.control_allow)
            networks.add(more);
        for (const auto& more : values_.control_allow_uid)
            users.insert(users.end(), more.begin(), more.end());
        for (const auto& more : values_.copy_allow)
            result_.copy_allowed.add(more);
        for (const auto& more : values_.media_deny)
            result_.media_denied.add(more);
        for (const auto& more : values_.media_allow)
            result_.media_allowed.add(more);
        for (const auto& more : values_.carrier_media)
            result_.carrier_media.add(more);
    }

    void permit_notify_targets() {
        const auto resolve_name = [this](std::string_view host) { return find_notify_host(host); };
        for (std::size_t i = 0; i < values_.notify.size(); ++i) {
            const auto permitted = result_.notify_targets.permit(values_.notify[i], resolve_name);
            if (permitted.has_error())
                throw bad_value(occurrence("notify", i, values_.notify[i]), permitted.error());
        }
    }

    /// IPv4 first, as ever; a host that has none is reached over IPv6.
    boost::system::result<boost::asio::ip::address, std::string> find_notify_host(
        std::string_view host) const {
        const auto over_ipv4 = resolve_(address_family::ipv4, host);
        if (over_ipv4.has_value()) return over_ipv4;
        const auto over_ipv6 = resolve_(address_family::ipv6, host);
        return over_ipv6.has_value() ? over_ipv6 : over_ipv4;
    }

    void set_derived() {
        result_.ttl = values_.ttl.value_or(result_.ttl);
        result_.setup_ttl = values_.setup_ttl.value_or(values_.ttl.value_or(default_setup_ttl));
        set_pid_file();
        set_log();
        if (result_.run_as.gid && !result_.unix_socket_mode) result_.unix_socket_mode = mode_for_a_group;
        if (result_.record_all && result_.record_dir.empty())
            result_.warnings.push_back("record_all: nothing is recorded, as there is no record_dir");
        if (values_.overload_prot) result_.warnings.push_back("overload_prot: has no effect");
    }

    void set_pid_file() {
        const std::filesystem::path otherwise = result_.foreground ? "" : "/run/rtpproxy.pid";
        result_.pid_file = values_.pid_file.value_or(otherwise);
        result_.pid_file_named = values_.pid_file.has_value();
        if (result_.pid_file == "/dev/null") result_.pid_file.clear();
    }

    void set_log() {
        const auto threshold = values_.log.value_or(log_threshold{});
        result_.log_level =
            threshold.level.value_or(result_.foreground ? log::level::info : log::level::warn);
        result_.log_facility = threshold.facility;
    }

    const option_values& values_;
    const effective_options& options_;
    settings result_;
    host_resolver resolve_;
};

}  // namespace

std::uint16_t default_max_port(std::uint16_t min_port) noexcept {
    constexpr std::uint16_t usual = 20000;
    constexpr std::uint16_t classic = 65000;
    return min_port < usual - 1 ? usual : classic;
}

settings combine(const option_values& values, const effective_options& options) {
    return combination(values, options).run();
}

}  // namespace rtpproxy
