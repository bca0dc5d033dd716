#pragma once

#include "rtpproxy/app/option_table.hpp"

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// Something to do at once in place of running.
enum class immediate_action : unsigned char { none, version, capabilities, clock, help };

/// What the command line says.
struct command_line {
    std::vector<given_option> given;
    immediate_action action = immediate_action::none;  ///< when set, what followed it was not looked at
};

/// Reads the arguments the way getopt_long() does: short options may be combined and glued to their values,
/// long ones take dashes or underscores and may be abbreviated. Throws configuration_error.
[[nodiscard]] command_line read_command_line(int argc, char** argv, const option_table& table);

/// Reads the `RTPPROXY_...` variables. Empty ones count as not set; those that container platforms invent for
/// a service named rtpproxy (`RTPPROXY_PORT_7722_UDP`, `RTPPROXY_SERVICE_HOST`) are passed over. Throws
/// configuration_error.
[[nodiscard]] std::vector<given_option> read_environment(char** envp, const option_table& table);

/// Reads lines of `key = value`. `name` stands for the file in messages. Throws configuration_error.
[[nodiscard]] std::vector<given_option> read_configuration(std::istream& in, const std::string& name,
                                                           const option_table& table);
/// The same from a regular file of at most 1 MiB; /dev/null counts as an empty one. One that cannot be read
/// is an error.
[[nodiscard]] std::vector<given_option> read_configuration_file(const std::filesystem::path& file,
                                                                const option_table& table);

/// How the right-hand side of an assignment is split.
enum class value_list : unsigned char {
    single,           ///< one value, blanks and commas belong to it
    comma_separated,  ///< one or more values
    blank_separated,  ///< one or more values
};

/// Splits the right-hand side of an assignment. Values may be in double quotes, with `\"` and `\\` inside;
/// `#` and `;` at a value's start or after a blank begin a comment. The failure says what is wrong.
[[nodiscard]] parsed<std::vector<std::string>> split_values(std::string_view text, value_list form);

/// Quotes `value` if split_values() would not return it as it is.
[[nodiscard]] std::string quote_value(std::string_view value);

}  // namespace rtpproxy
