#pragma once

#include "rtpproxy/app/listen_address.hpp"
#include "rtpproxy/app/setting_values.hpp"
#include "rtpproxy/app/settings.hpp"

#include <boost/program_options/options_description.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// A mistake of the operator's. Its text is one line that names the option, the value and where it came from.
class configuration_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;

    bool show_usage = false;  ///< the command line as such was not understood
};

/// One occurrence of an option, wherever it was given.
struct given_option {
    std::string key;    ///< long name with underscores
    std::string value;  ///< flags have `on` or `off`
    std::string
        source;  ///< for messages: `command line`, `environment RTPPROXY_TTL`, `/etc/rtpproxy.conf:12`
};

/// What the options say, before they are combined into `settings`.
struct option_values {
    settings direct;  ///< the members that follow from one option alone
    std::uint16_t min_port = 0;
    std::optional<std::uint16_t> max_port;
    std::vector<listen_spec>
        listen;  ///< checked for form only; their order over both families is not kept here
    std::vector<listen_spec> listen6;
    std::optional<advertised_spec> advertised;
    std::vector<std::string> notify;  ///< checked for form only
    std::vector<network_list> control_allow;
    std::vector<std::vector<uid_t>> control_allow_uid;
    std::vector<network_list> copy_allow;
    std::vector<network_list> media_allow;
    std::vector<network_list> media_deny;
    std::vector<network_list> carrier_media;
    std::optional<std::chrono::seconds> ttl;
    std::optional<std::chrono::seconds> setup_ttl;
    std::optional<std::filesystem::path> pid_file;
    std::optional<log_threshold> log;
    bool no_record_rtcp = false;
    bool no_record_details = false;
    bool record_pcap = false;
    std::optional<recording_format> recorded_as;
    bool overload_prot = false;
    std::optional<std::filesystem::path> config;
    bool check_config = false;
    std::string dso;         ///< never set
    bool immediate = false;  ///< `--help` and its like; the reader of the command line acts on them
};

/// The one list of options: names, types, defaults and help text for command line, environment and file
/// alike.
class option_table {
  public:
    option_table();
    option_table(const option_table&) = delete;
    option_table& operator=(const option_table&) = delete;

    /// Everything the command line takes.
    [[nodiscard]] const boost::program_options::options_description& command_line() const {
        return command_line_;
    }
    /// The keys of file and environment, in the order they are documented in.
    [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }

    /// Whether file and environment may have `key`.
    [[nodiscard]] bool is_setting(std::string_view key) const;
    /// Whether every occurrence counts, not just the last one. `key` must be in the table.
    [[nodiscard]] bool is_repeatable(std::string_view key) const;
    /// What is used when the option is not given, as it would be written; empty when there is no fixed
    /// default.
    [[nodiscard]] std::string default_text(std::string_view key) const;

    /// Throws configuration_error unless the value is a possible one. `key` must be in the table.
    void check(const given_option& option) const;
    /// Converts all values and the defaults of the missing ones. Call once, with checked options.
    const option_values& apply(const std::vector<given_option>& given);

  private:
    void describe_control();
    void describe_addresses();
    void describe_sessions();
    void describe_playing();
    void describe_recording();
    void describe_accounting();
    void describe_process();
    void describe_log();
    void describe_actions();
    void add_group(const boost::program_options::options_description& group);
    [[nodiscard]] const boost::program_options::option_description& find(std::string_view key) const;

    option_values values_;
    boost::program_options::options_description command_line_;
    std::vector<std::string> keys_;
    bool only_on_command_line_ = false;  // while describing the actions
};

/// Replaces dashes by underscores: `min-port` -> `min_port`.
[[nodiscard]] std::string key_of(std::string_view long_name);

/// The text in quotes, in one line and not longer than a message may be.
[[nodiscard]] std::string quote_for_message(std::string_view text);

/// `source: key = "value": reason`, as every message about a value looks.
[[nodiscard]] configuration_error bad_value(const given_option& option, std::string_view reason);

}  // namespace rtpproxy
