#include "rtpproxy/strands/run_strand.hpp"

#include "rtpproxy/log/log.hpp"

#include <exception>

namespace rtpproxy {
namespace {

/// Calls `run` until it returns.
template <typename Run>
void insist(std::string_view name, Run run) noexcept {
    for (bool ended = false; !ended;) {
        try {
            run();
            ended = true;
        } catch (...) {
            log_exception(name, "a handler");
        }
    }
}

}  // namespace

void run_strand(boost::asio::io_context& strand, std::string_view name) noexcept {
    insist(name, [&] { strand.run(); });
}

void run_strand_for(boost::asio::io_context& strand, std::string_view name,
                    std::chrono::milliseconds longest) noexcept {
    const auto end = std::chrono::steady_clock::now() + longest;
    insist(name, [&] { strand.run_until(end); });
}

void log_exception(std::string_view who, std::string_view what) noexcept {
    try {
        throw;
    } catch (const std::exception& error) {
        log::err(log::global, "{}: {} failed: {}; everything else goes on", who, what, error.what());
    } catch (...) {
        log::err(log::global, "{}: {} failed; everything else goes on", who, what);
    }
}

}  // namespace rtpproxy
