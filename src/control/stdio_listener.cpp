#include "stdio_listener.hpp"

#include "control_task.hpp"

#include <utility>

namespace rtpproxy {

stdio_listener::stdio_listener(stream_socket near_end, stream_socket far_end, command_executor& commands,
                               const listener_settings& settings)
    : far_end_(std::move(far_end)),
      stdin_fd_(settings.stdin_fd),
      stdout_fd_(settings.stdout_fd),
      on_end_of_input_(settings.on_end_of_input),
      gate_(settings.gate),
      connection_(std::make_shared<stream_connection>(std::move(near_end), commands, gate_, control_peer{},
                                                      command_origin{})) {}

void stdio_listener::start() {
    gate_->attach();
    const auto executor = far_end_.get_executor();
    boost::system::error_code ignored;
    pump_.emplace(stdin_fd_, stdout_fd_, far_end_.release(ignored));
    spawn_task(executor, serve(shared_from_this()), "stdio");
}

void stdio_listener::stop() {
    if (std::exchange(stopped_, true)) return;
    connection_->stop();
    if (pump_) gate_->detach();
}

boost::asio::awaitable<void> stdio_listener::serve(std::shared_ptr<stdio_listener> self) {
    co_await stream_connection::serve_lines(self->connection_);
    if (!self->stopped_ && self->on_end_of_input_) std::exchange(self->on_end_of_input_, nullptr)();
}

}  // namespace rtpproxy
