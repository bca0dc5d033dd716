#pragma once

#include "load/options.hpp"

#include <boost/json/object.hpp>

namespace rtpproxy::bench {

/// Carries out what the options ask for. Throws std::exception when the relay cannot be reached or refuses a
/// call.
[[nodiscard]] boost::json::object measure(const load_options& options);

}  // namespace rtpproxy::bench
