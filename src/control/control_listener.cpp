#include "rtpproxy/control/control_listener.hpp"

#include "open_socket.hpp"
#include "stdio_listener.hpp"
#include "stream_listener.hpp"
#include "udp_listener.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <fmt/core.h>

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

namespace rtpproxy {
namespace {

using control_executor = boost::asio::io_context::executor_type;

using kind = control_socket_spec::kind;
using listener_result = boost::system::result<std::unique_ptr<control_listener>, std::string>;

// Owns a listener whose handlers keep it alive until the last of them has run.
template <typename Listener>
class listener_handle final : public control_listener {
  public:
    explicit listener_handle(std::shared_ptr<Listener> listener) : listener_(std::move(listener)) {}
    ~listener_handle() override { listener_->stop(); }

    void start() override { listener_->start(); }
    void stop() override { listener_->stop(); }
    [[nodiscard]] std::uint16_t port() const noexcept override { return listener_->port(); }

  private:
    std::shared_ptr<Listener> listener_;
};

template <typename Listener, typename... Arguments>
listener_result make_listener(Arguments&&... arguments) {
    return std::make_unique<listener_handle<Listener>>(
        std::make_shared<Listener>(std::forward<Arguments>(arguments)...));
}

listener_result make_udp(const control_executor& strand, const control_socket_spec& spec,
                         command_executor& commands, const listener_settings& settings) {
    auto socket = open_udp(strand, spec, settings.no_resolve);
    if (!socket) return socket.error();
    udp_listener::settings chosen;
    chosen.name = spec.text;
    chosen.allowed = settings.allowed.networks;
    chosen.gate = settings.gate;
    return make_listener<udp_listener>(std::move(*socket), commands, std::move(chosen));
}

listener_result make_stream(open_result<stream_acceptor> acceptor, const control_socket_spec& spec,
                            command_executor& commands, const listener_settings& settings,
                            std::optional<unix_path> path = {}) {
    using per_connection = stream_listener::commands_per_connection;
    if (!acceptor) return acceptor.error();
    stream_listener::settings chosen;
    chosen.mode = spec.transport == kind::unix_one_shot ? per_connection::one : per_connection::any;
    chosen.max_connections = settings.max_connections;
    chosen.idle_limit = settings.idle_limit;
    chosen.name = spec.text;
    chosen.allowed = settings.allowed;
    chosen.gate = settings.gate;
    chosen.path = std::move(path);
    return make_listener<stream_listener>(std::move(*acceptor), commands, std::move(chosen));
}

listener_result make_unix(const control_executor& strand, const control_socket_spec& spec,
                          command_executor& commands, const listener_settings& settings) {
    auto socket = open_unix(strand, spec, settings);
    if (!socket) return socket.error();
    return make_stream(std::move(socket->acceptor), spec, commands, settings, std::move(socket->path));
}

listener_result make_stdio(const control_executor& strand, const control_socket_spec& spec,
                           command_executor& commands, const listener_settings& settings) {
    const boost::asio::generic::stream_protocol packets(AF_UNIX, 0);
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return fmt::format("cannot open control socket '{}': {}", spec.text,
                           boost::system::error_code(errno, boost::system::system_category()).message());
    return make_listener<stdio_listener>(stream_socket(strand, packets, pair[0]),
                                         stream_socket(strand, packets, pair[1]), commands, settings);
}

}  // namespace

listener_result make_control_listener(const control_executor& control_strand, const control_socket_spec& spec,
                                      command_executor& commands, const listener_settings& settings) {
    if (!settings.gate) {
        auto with_gate = settings;
        with_gate.gate = std::make_shared<command_gate>(control_strand);
        return make_control_listener(control_strand, spec, commands, with_gate);
    }
    switch (spec.transport) {
        case kind::udp:
            return make_udp(control_strand, spec, commands, settings);
        case kind::tcp:
            return make_stream(open_tcp(control_strand, spec, settings.no_resolve), spec, commands, settings);
        case kind::unix_one_shot:
        case kind::unix_stream:
            return make_unix(control_strand, spec, commands, settings);
        case kind::systemd:
            return make_stream(adopt_listener(control_strand, spec, settings), spec, commands, settings);
        default:
            return make_stdio(control_strand, spec, commands, settings);
    }
}

}  // namespace rtpproxy
