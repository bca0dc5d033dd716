#include "rtpproxy/app/option_table.hpp"

#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <boost/program_options/variables_map.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>

namespace rtpproxy {
namespace {

namespace po = boost::program_options;

/// Why a value is refused; carried out of Program_options' virtual functions.
struct refused {
    std::string reason;
};

/// What all our options share, whatever their type.
class option_semantic : public po::value_semantic_codecvt_helper<char> {
  public:
    explicit option_semantic(std::string placeholder) : placeholder_(std::move(placeholder)) {}

    [[nodiscard]] const std::string& default_text() const { return default_text_; }

    std::string name() const override {
        if (!needs_value_ || default_text_.empty()) return placeholder_;
        return fmt::format("{} (={})", placeholder_, default_text_);
    }
    unsigned min_tokens() const override { return needs_value_ ? 1 : 0; }
    unsigned max_tokens() const override { return 1; }
    bool is_required() const override { return false; }

  protected:
    std::string placeholder_;
    std::string default_text_;
    bool needs_value_ = true;
};

template <typename T>
struct is_vector : std::false_type {};
template <typename T>
struct is_vector<std::vector<T>> : std::true_type {};

/// An option whose text is read by one of our parse functions. `Target` is a value, an optional or a vector
/// of them; a vector makes the option repeatable.
template <typename Target, typename Parser>
class option_value final : public option_semantic {
  public:
    option_value(Target& target, Parser parser, std::string placeholder)
        : option_semantic(std::move(placeholder)), target_(target), parser_(std::move(parser)) {}

    option_value* defaults_to(std::string text) {
        default_text_ = std::move(text);
        return this;
    }

    /// The option alone means `on`.
    option_value* needs_no_value() {
        needs_value_ = false;
        return defaults_to("off");
    }

    bool is_composing() const override { return is_vector<Target>::value; }

    bool apply_default(boost::any& store) const override {
        if (default_text_.empty()) return false;
        xparse(store, {default_text_});
        return true;
    }

    void notify(const boost::any& store) const override {
        if (const auto* value = boost::any_cast<Target>(&store)) target_ = *value;
    }

  protected:
    void xparse(boost::any& store, const std::vector<std::string>& tokens) const override {
        auto read = parser_(tokens.empty() ? std::string_view("on") : tokens.front());
        if (read.has_error()) throw refused{read.error()};
        if constexpr (is_vector<Target>::value) {
            if (store.empty()) store = Target();
            boost::any_cast<Target&>(store).push_back(std::move(*read));
        } else {
            store = Target(std::move(*read));
        }
    }

  private:
    Target& target_;
    Parser parser_;
};

/// Owned by the description it is added to.
template <typename Target, typename Parser>
auto* value(Target& target, Parser parser, std::string placeholder) {
    return new option_value<Target, Parser>(target, std::move(parser), std::move(placeholder));
}

auto* flag(bool& target) {
    return value(target, parse_flag, "")->needs_no_value();
}

template <typename Number>
auto number(Number lowest, Number highest) {
    return [=](std::string_view text) { return parse_number<Number>(text, lowest, highest); };
}

auto seconds_from(std::int32_t lowest) {
    return [=](std::string_view text) { return parse_seconds(text, lowest); };
}

auto listen_in(address_family family) {
    return [=](std::string_view text) { return parse_listen(family, text); };
}

constexpr auto port_number = [](std::string_view text) {
    return parse_number<std::uint16_t>(text, 1, 65535);
};

po::options_description group_called(const char* caption) {
    constexpr unsigned line_length = 110;
    constexpr unsigned description_length = 70;
    return po::options_description(caption, line_length, description_length);
}

/// Names are not resolved until it is known which values count.
parsed<std::string> check_notify_target(std::string_view text) {
    const auto some_host = [](std::string_view) { return boost::asio::ip::address_v4::loopback(); };
    if (const auto permitted = notify_targets().permit(text, some_host); !permitted)
        return {boost::system::in_place_error, permitted.error()};
    return {boost::system::in_place_value, text};
}

/// `--dso` is understood only to say that there are no modules.
parsed<std::string> refuse_module(std::string_view) {
    return {boost::system::in_place_error,
            "modules cannot be loaded into this program, remove the option; --cdr=csv:FILE does what "
            "rtpp_acct_csv did"};
}

parsed<bool> accept_any(std::string_view text) {
    return text != "off";
}

}  // namespace

std::string key_of(std::string_view long_name) {
    std::string key(long_name);
    std::ranges::replace(key, '-', '_');
    return key;
}

std::string quote_for_message(std::string_view text) {
    constexpr std::size_t most = 200;
    const auto quoted = [&](std::size_t octets) { return fmt::format("{:?}", text.substr(0, octets)); };
    // What is no text becomes up to four times as long.
    auto shown = std::min(text.size(), most);
    if (quoted(shown).size() > 2 * most) shown = most / 2;
    return quoted(shown) + (shown < text.size() ? "..." : "");
}

configuration_error bad_value(const given_option& option, std::string_view reason) {
    constexpr std::size_t most = 300;  // it may name a part of the value again
    return configuration_error(fmt::format("{}: {} = {}: {}", option.source, option.key,
                                           quote_for_message(option.value), reason.substr(0, most)));
}

option_table::option_table() {
    describe_control();
    describe_addresses();
    describe_sessions();
    describe_playing();
    describe_recording();
    describe_accounting();
    describe_process();
    describe_log();
    describe_actions();
}

void option_table::describe_control() {
    auto group = group_called("Control");
    group.add_options()(
        "control-socket,s",
        value(values_.direct.control_sockets, parse_control_socket, "SOCKET")
            ->defaults_to("udp:127.0.0.1:7722"),
        "where commands arrive: udp:HOST:PORT, udp6:, tcp:, tcp6:, unix:PATH, cunix:PATH, systemd: or stdio: "
        "(repeatable)")("socket-mode,w", value(values_.direct.unix_socket_mode, parse_file_mode, "MODE"),
                        "octal file mode of Unix control sockets; 0755 if a group is given with user")(
        "control-allow", value(values_.control_allow, network_list::parse, "CIDR[,CIDR]"),
        "networks that may send commands over UDP and TCP; without it, whoever reaches the socket "
        "(repeatable)")(
        "control-allow-uid", value(values_.control_allow_uid, parse_users, "USER[,USER]"),
        "users that may send commands over Unix sockets, numbers or names; without it, whoever may open the "
        "socket (repeatable)")(
        "control-rate",
        value(values_.direct.control_rate, number(0U, 1'000'000U), "NUMBER")->defaults_to("0"),
        "commands a second of each host, or user over Unix sockets; 0: no limit")(
        "max-control-connections",
        value(values_.direct.max_control_connections, number<std::size_t>(1, 1'000'000), "NUMBER")
            ->defaults_to("4096"),
        "connections open at once on each control socket")(
        "control-idle", value(values_.direct.control_idle, seconds_from(0), "SECONDS")->defaults_to("0"),
        "close a control connection on which nothing came for this long; 0: never")(
        "notify,n", value(values_.notify, check_notify_target, "TARGET"),
        "permitted target of timeout notices: unix:PATH, tcp:HOST:PORT or tcp:%%CC_SELF%%:PORT (repeatable)")(
        "notify-queue",
        value(values_.direct.notify_queue, number<std::size_t>(1, 10'000'000), "NUMBER")
            ->defaults_to("65536"),
        "notices that may wait for each target; further ones are lost")(
        "notify-keep", value(values_.direct.notify_keep, seconds_from(0), "SECONDS")->defaults_to("300"),
        "how long a notice is kept that has not arrived, to be sent again; 0: it is tried once")(
        "notify-delete-all", flag(values_.direct.notify_delete_all),
        "send the notices of sessions that X ends, too");
    add_group(group);
}

void option_table::describe_addresses() {
    auto group = group_called("Addresses and ports");
    group.add_options()(
        "listen,l", value(values_.listen, listen_in(address_family::ipv4), "ADDR"),
        "IPv4 address for media: [LABEL@]ADDR[=ADV]; INTERNAL/EXTERNAL bridges two networks; * is any "
        "address, and the default without listen6 (repeatable)")(
        "listen6,6", value(values_.listen6, listen_in(address_family::ipv6), "ADDR"),
        "the same for IPv6 (repeatable)")(
        "advertised,A", value(values_.advertised, parse_advertised, "ADDR[/ADDR2]"),
        "address to announce in place of the one listened on; two when bridging")(
        "no-resolve", flag(values_.direct.no_resolve), "take numeric addresses only, never ask the resolver")(
        "min-port,m", value(values_.min_port, port_number, "PORT")->defaults_to("10000"),
        "lowest media port")("max-port,M", value(values_.max_port, port_number, "PORT"),
                             "highest media port (=20000, or 65000 if min-port is not below that)")(
        "sequential-ports,b", flag(values_.direct.sequential_ports), "hand out ports in ascending order");
    add_group(group);
}

void option_table::describe_sessions() {
    auto group = group_called("Sessions and media");
    group.add_options()("max-sessions",
                        value(values_.direct.max_sessions, number<std::uint64_t>(0, 1'000'000'000), "NUMBER")
                            ->defaults_to("0"),
                        "refuse further sessions with E98; 0: no limit but ports and open files")(
        "refuse-calls", value(values_.direct.refuse_calls, parse_call_refusal, "HOW")->defaults_to("error"),
        "when there is no room for a new call: error, failover (E10) or silence")(
        "ttl,T", value(values_.ttl, seconds_from(1), "SECONDS"),
        "end a session after this long without media (=60)")(
        "setup-ttl,W", value(values_.setup_ttl, seconds_from(1), "SECONDS"),
        "the same until it is established (=ttl if that is given, else 200)")(
        "hold-ttl", value(values_.direct.hold_ttl, seconds_from(1), "SECONDS")->defaults_to("3600"),
        "the same while a party is on hold or hears a prompt, if it is longer than ttl")(
        "max-call-duration",
        value(values_.direct.max_call_duration, seconds_from(0), "SECONDS")->defaults_to("0"),
        "end every session after this long; 0: no limit")("independent-ttl,i",
                                                          flag(values_.direct.independent_ttl),
                                                          "both legs need media to keep a session alive")(
        "force-asymmetric", flag(values_.direct.force_asymmetric),
        "send to the signalled addresses, do not learn them from media")(
        "bridge-symmetric", flag(values_.direct.bridge_symmetric),
        "learn addresses from media when bridging, too")(
        "learning", value(values_.direct.learning, parse_learning, "POLICY")->defaults_to("guarded"),
        "how a party's address is learned from media: guarded, classic or signalled; exceptions for local "
        "addresses follow: guarded,10.0.0.1=classic")(
        "carrier-media", value(values_.carrier_media, network_list::parse, "CIDR[,CIDR]"),
        "networks that media of any party may come from, whatever is signalled for it (repeatable)")(
        "leg-packet-rate",
        value(values_.direct.leg_packet_rate, number<std::uint32_t>(0U, 1'000'000U), "NUMBER")
            ->defaults_to("5000"),
        "packets a second that a leg may have, the others are dropped; 0: no limit")(
        "tos,t", value(values_.direct.tos, parse_tos, "TOS")->defaults_to("184"),
        "TOS octet of media packets, decimal or 0x and hexadecimal")(
        "double-send,2", flag(values_.direct.double_send), "send small packets twice, for lossy links")(
        "copy-allow", value(values_.copy_allow, network_list::parse, "CIDR[,CIDR]"),
        "networks that commands may have media copied to; without it, any (repeatable)")(
        "host-media", value(values_.direct.to_this_host, parse_host_media, "WHAT")->defaults_to("media"),
        "what is sent to other programs of this host: media (what looks like it), any or none")(
        "media-deny", value(values_.media_deny, network_list::parse, "CIDR[,CIDR]"),
        "networks that no media is sent to, besides 0.0.0.0/8, 169.254.169.254, 240.0.0.0/4 and "
        "fd00:ec2::254 (repeatable)")("media-allow",
                                      value(values_.media_allow, network_list::parse, "CIDR[,CIDR]"),
                                      "networks that media is sent to although they are denied (repeatable)")(
        "threads", value(values_.direct.threads, number(0U, 1024U), "NUMBER")->defaults_to("0"),
        "media threads; 0: one for each core")(
        "gather-max",
        value(values_.direct.gather_max, parse_microseconds, "MICROSECONDS")->defaults_to("1000"),
        "how long a busy media thread lets packets gather, to spend less on each; 0: not at all");
    add_group(group);
}

void option_table::describe_playing() {
    auto group = group_called("Playing");
    group.add_options()("prompt-dir", value(values_.direct.prompt_dir, parse_path, "DIR"),
                        "where prompts are, and from where only they are played (=anywhere; nowhere with "
                        "sandbox)")(
        "dynamic-payload", value(values_.direct.dynamic_payloads, parse_dynamic_payload, "TYPE=CODEC"),
        "what a dynamic payload type stands for in every call, so that prompts can be played in it, for "
        "example 111=opus (repeatable)");
    add_group(group);
}

void option_table::describe_recording() {
    auto group = group_called("Recording");
    group.add_options()("record-dir,r", value(values_.direct.record_dir, parse_path, "DIR"),
                        "where recordings go")("spool-dir,S",
                                               value(values_.direct.spool_dir, parse_path, "DIR"),
                                               "where they are until they are complete; needs record-dir")(
        "no-record-rtcp,R", flag(values_.no_record_rtcp), "leave RTCP out of recordings")(
        "no-record-details", flag(values_.no_record_details), "write no JSON files beside recordings")(
        "record-pcap,P", flag(values_.record_pcap), "write pcap files, as record-format=pcap does")(
        "record-all,a", flag(values_.direct.record_all), "record every session")(
        "record-format", value(values_.recorded_as, parse_recording_format, "FORMAT"),
        "adhoc, pcap or wav (=adhoc, or pcap with record-pcap)")(
        "record-buffer",
        value(values_.direct.record_buffer_mib, number<std::size_t>(1, 65536), "MIB")->defaults_to("64"),
        "memory for packets that wait for the disk, in MiB; what does not fit is left out of recordings");
    add_group(group);
}

void option_table::describe_accounting() {
    auto group = group_called("Accounting");
    group.add_options()(
        "cdr", value(values_.direct.call_records, parse_record_target, "FORMAT:FILE"),
        "append a record of every finished session to a file: csv:FILE has the classic columns, json:FILE an "
        "object a line (repeatable)");
    add_group(group);
}

void option_table::describe_process() {
    auto group = group_called("Process");
    group.add_options()("foreground,f", flag(values_.direct.foreground), "do not become a daemon")(
        "user,u", value(values_.direct.run_as, parse_credentials, "USER[:GROUP]"),
        "give up privileges; or :GROUP")("no-root-check,F", flag(values_.direct.no_root_check),
                                         "run as root without complaint")(
        "sandbox", flag(values_.direct.sandbox),
        "once started, keep to the files and system calls that a relay needs")(
        "pid-file,p", value(values_.pid_file, parse_path, "FILE"),
        "where the process id goes, /dev/null: nowhere (=/run/rtpproxy.pid as a daemon, else /dev/null)")(
        "no-chdir,D", flag(values_.direct.no_chdir), "as a daemon, keep the working directory")(
        "no-redirect", flag(values_.direct.no_redirect),
        "as a daemon, keep stdout and stderr and log there, too")(
        "open-files,L",
        value(values_.direct.open_files, number<std::uint64_t>(0, std::numeric_limits<std::int64_t>::max()),
              "NUMBER"),
        "limit of open files (RLIMIT_NOFILE)")("scheduler,c",
                                               value(values_.direct.scheduling, parse_scheduling, "POLICY"),
                                               "real-time scheduling: fifo or rr")(
        "nice", value(values_.direct.nice, number(-20, 20), "NUMBER"), "process priority, -20 to 20")(
        "dso", value(values_.dso, refuse_module, "FILE"), "not possible: there are no modules")(
        "overload-prot", value(values_.overload_prot, accept_any, "")->needs_no_value(),
        "accepted without effect");
    add_group(group);
}

void option_table::describe_log() {
    auto group = group_called("Log");
    group.add_options()(
        "log-level,d", value(values_.log, parse_log_threshold, "LEVEL[:FACILITY]"),
        "DBUG, INFO, WARN, ERR or CRIT (=INFO:daemon in the foreground, WARN:daemon as a daemon)")(
        "log-format", value(values_.direct.log_format, parse_log_format, "FORMAT")->defaults_to("text"),
        "text or json")(
        "log-rate",
        value(values_.direct.log_rate, number<std::uint32_t>(1U, 1'000'000U), "NUMBER")->defaults_to("500"),
        "lines a second in the long run, after a burst of four times as many");
    add_group(group);
}

void option_table::describe_actions() {
    only_on_command_line_ = true;
    auto group = group_called("Configuration and information");
    group.add_options()("config", value(values_.config, parse_path, "FILE"),
                        "settings as lines of 'key = value', keys being the long names with underscores "
                        "(=/etc/rtpproxy/rtpproxy.conf if it exists)")(
        "check-config", flag(values_.check_config), "check everything, print the settings in force and exit")(
        "help", flag(values_.immediate), "print this text and exit")("version,V", flag(values_.immediate),
                                                                     "print the version and exit")(
        "capabilities,v", flag(values_.immediate), "print the supported extensions of the protocol and exit")(
        "clock,C", flag(values_.immediate), "print the name of the clock the log times refer to and exit");
    add_group(group);
}

void option_table::add_group(const po::options_description& group) {
    for (const auto& option : group.options())
        if (!only_on_command_line_) keys_.push_back(key_of(option->long_name()));
    command_line_.add(group);
}

const po::option_description& option_table::find(std::string_view key) const {
    std::string name(key);
    std::ranges::replace(name, '_', '-');
    return command_line_.find(name, false);
}

bool option_table::is_setting(std::string_view key) const {
    return std::ranges::find(keys_, key) != keys_.end();
}

bool option_table::is_repeatable(std::string_view key) const {
    return find(key).semantic()->is_composing();
}

std::string option_table::default_text(std::string_view key) const {
    const auto* option = dynamic_cast<const option_semantic*>(find(key).semantic().get());
    return option ? option->default_text() : std::string();
}

void option_table::check(const given_option& option) const {
    try {
        boost::any unused;
        find(option.key).semantic()->parse(unused, {option.value}, false);
    } catch (const refused& failure) {
        throw bad_value(option, failure.reason);
    }
}

const option_values& option_table::apply(const std::vector<given_option>& given) {
    po::parsed_options parsed_all(&command_line_);
    for (const auto& [key, value, source] : given)
        parsed_all.options.emplace_back(find(key).long_name(), std::vector<std::string>{value});
    po::variables_map map;
    po::store(parsed_all, map);
    po::notify(map);
    return values_;
}

}  // namespace rtpproxy
