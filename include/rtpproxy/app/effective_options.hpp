#pragma once

#include "rtpproxy/app/option_table.hpp"
#include "rtpproxy/app/settings.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// The options that count, out of all that were given.
class effective_options {
  public:
    /// `layers` come in order of precedence. An option counts in the first layer that has it: all of its
    /// occurrences there when it is repeatable, else the last one. Keeps the order of the layers and within
    /// them.
    effective_options(std::vector<std::vector<given_option>> layers, const option_table& table);

    [[nodiscard]] const std::vector<given_option>& all() const noexcept { return all_; }
    /// The (last) occurrence of `key`, or null.
    [[nodiscard]] const given_option* find(std::string_view key) const;
    /// Where the value of `key` comes from; `default` when it was not given.
    [[nodiscard]] std::string source_of(std::string_view key) const;
    /// The occurrences of `-l` and `-6`, in the order they were given.
    [[nodiscard]] std::vector<given_option> listen_options() const;

  private:
    std::vector<given_option> all_;
};

/// Highest media port when none is given: 20000, or 65000 when `min_port` leaves no room below that.
[[nodiscard]] std::uint16_t default_max_port(std::uint16_t min_port) noexcept;

/// Combines converted `values` into settings: derived defaults, rules between options, names resolved.
/// `options` say where a value came from. Throws configuration_error.
[[nodiscard]] settings combine(const option_values& values, const effective_options& options);

/// Writes `key = value  # source` for every setting; a configuration file that leads to the same settings.
void print_settings(std::ostream& out, const option_table& table, const effective_options& options,
                    const settings& s);

}  // namespace rtpproxy
