#pragma once

#include "load/control_probe.hpp"
#include "load/control_run.hpp"
#include "load/media_result.hpp"
#include "load/options.hpp"
#include "load/process_usage.hpp"
#include "load/rate_search.hpp"

#include <boost/json/object.hpp>

#include <iosfwd>
#include <optional>

namespace rtpproxy::bench {

/// What the relay's process spent on a measurement.
struct server_cost {
    process_usage used;
    std::optional<std::uint64_t> system_calls;
};

// One JSON object for each result; the units are in the names.
[[nodiscard]] boost::json::object describe(const load_options& options);
[[nodiscard]] boost::json::object describe(const media_result& result);
[[nodiscard]] boost::json::object describe(const rate_search_result& result);
[[nodiscard]] boost::json::object describe(const cycles_result& result);
[[nodiscard]] boost::json::object describe(const burst_result& result);
[[nodiscard]] boost::json::object describe(const control_probe::result& result);
/// `packets`: relayed in the time of the measurement; 0 when there were none.
[[nodiscard]] boost::json::object describe(const server_cost& cost, std::uint64_t packets);

/// Prints names and values in two columns, nested objects indented; arrays are left out.
void print_table(std::ostream& out, const boost::json::object& results, int indent = 0);

}  // namespace rtpproxy::bench
