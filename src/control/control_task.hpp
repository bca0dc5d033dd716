#pragma once

#include "rtpproxy/log/log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <string>
#include <utility>

namespace rtpproxy {

/// Awaits an operation; its error_code comes back as part of the result instead of as an exception.
inline constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

/// Runs `task` on the control strand. What it throws ends that task only and is logged under `name`.
inline void spawn_task(const boost::asio::any_io_executor& control_strand, boost::asio::awaitable<void> task,
                       std::string name) {
    const auto on_end = [name = std::move(name)](const std::exception_ptr& failure) {
        if (!failure) return;
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            log::err(log::global, "{}: {}", name, e.what());
        }
    };
    boost::asio::co_spawn(control_strand, std::move(task), on_end);
}

}  // namespace rtpproxy
