#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <string_view>

namespace rtpproxy {

/// Runs what is handed to a strand's io_context until it is stopped, or nothing is left to do.
///
/// The rim of everything that runs on a strand: an exception ends the one handler it comes from. It is logged
/// under `name`, and the strand goes on.
void run_strand(boost::asio::io_context& strand, std::string_view name) noexcept;

/// The same, for that long at most.
void run_strand_for(boost::asio::io_context& strand, std::string_view name,
                    std::chrono::milliseconds longest) noexcept;

/// Logs the exception that is being handled: `who` failed to do `what`. Itself never throws.
void log_exception(std::string_view who, std::string_view what) noexcept;

}  // namespace rtpproxy
