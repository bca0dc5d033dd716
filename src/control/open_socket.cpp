#include "open_socket.hpp"

#include "datagram_io.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <fmt/core.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include <optional>

namespace rtpproxy {
namespace {

namespace asio = boost::asio;
using asio::any_io_executor;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

// Connections that wait to be accepted have one queue, whoever they are from. Where it is full, connecting to
// a Unix socket waits, so that queue can be short; but a TCP peer tries again after a second.
constexpr int unix_backlog = 256;
constexpr int tcp_backlog = asio::socket_base::max_listen_connections;
constexpr int receive_buffer_octets = 4 << 20;  // a burst of some thousand commands

namespace errc = boost::system::errc;

std::string cannot(std::string_view what, const control_socket_spec& spec, const error_code& cause) {
    return fmt::format("cannot {} control socket '{}': {}", what, spec.text, cause.message());
}

template <typename Protocol>
open_result<typename Protocol::endpoint> find_address(const any_io_executor& executor,
                                                      const control_socket_spec& spec, bool no_resolve) {
    using resolver = typename Protocol::resolver;
    const auto family = spec.ipv6 ? Protocol::v6() : Protocol::v4();
    if (spec.host == "*") return typename Protocol::endpoint(family, spec.port);
    error_code failure;
    const auto flags = no_resolve ? resolver::numeric_host : typename resolver::flags{};
    const auto found = resolver(executor).resolve(family, spec.host, "", flags, failure);
    if (failure)
        return no_resolve ? fmt::format(
                                "the host of control socket '{}' must be an IPv{} address while names are "
                                "not resolved",
                                spec.text, spec.ipv6 ? 6 : 4)
                          : cannot("find the host of", spec, failure);
    return typename Protocol::endpoint(found.begin()->endpoint().address(), spec.port);
}

error_code prepare(udp::socket& socket, const udp::endpoint& local) {
    error_code failure;
    socket.open(local.protocol(), failure);
    if (failure) return failure;
    const bool ipv6 = local.address().is_v6();
    if (ipv6) socket.set_option(asio::ip::v6_only(true), failure);
    enlarge_receive_buffer(socket.native_handle(), receive_buffer_octets);
    if (!failure && local.address().is_unspecified())
        failure = enable_packet_info(socket.native_handle(), ipv6);
    if (!failure) socket.native_non_blocking(true, failure);
    if (!failure) socket.bind(local, failure);
    return failure;
}

error_code listen(stream_acceptor& acceptor, int backlog) {
    error_code failure;
    acceptor.listen(backlog, failure);
    return failure;
}

error_code prepare(stream_acceptor& acceptor, const tcp::endpoint& local) {
    error_code failure;
    acceptor.open(asio::generic::stream_protocol(local.protocol()), failure);
    if (failure) return failure;
    // Lets a restarted program listen while connections of the last one linger (TIME_WAIT).
    acceptor.set_option(asio::socket_base::reuse_address(true), failure);
    if (!failure && local.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), failure);
    if (!failure) acceptor.bind(local, failure);
    return failure ? failure : listen(acceptor, tcp_backlog);
}

/// Has the files that are made meanwhile get exactly that mode. To change it afterwards, by name, would let
/// whoever owns the directory choose another file. For the whole process, so only at the start.
class file_mode_guard {
  public:
    explicit file_mode_guard(std::optional<mode_t> wanted) {
        constexpr mode_t permissions = 0777;
        if (wanted) before_ = ::umask(~*wanted & permissions);
    }
    file_mode_guard(const file_mode_guard&) = delete;
    file_mode_guard& operator=(const file_mode_guard&) = delete;
    ~file_mode_guard() {
        if (before_) ::umask(*before_);
    }

  private:
    std::optional<mode_t> before_;
};

error_code bind_path(stream_acceptor& acceptor, const std::string& path, std::optional<mode_t> mode) {
    const file_mode_guard only_with(mode);
    error_code failure;
    const asio::local::stream_protocol::endpoint local(path);
    acceptor.open(asio::generic::stream_protocol(local.protocol()), failure);
    if (!failure) acceptor.bind(local, failure);
    return failure;
}

std::string why_not_replaced(const control_socket_spec& spec, const error_code& cause) {
    if (cause == errc::already_connected)
        return fmt::format("cannot open control socket '{}': it is in use by a running program", spec.text);
    if (cause == errc::file_exists)
        return fmt::format("cannot open control socket '{}': the path exists and is not a socket", spec.text);
    return cannot("replace", spec, cause);
}

int socket_option(int socket, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

}  // namespace

open_result<udp::socket> open_udp(const any_io_executor& executor, const control_socket_spec& spec,
                                  bool no_resolve) {
    const auto local = find_address<udp>(executor, spec, no_resolve);
    if (!local) return local.error();
    udp::socket socket(executor);
    if (const auto failure = prepare(socket, *local)) return cannot("open", spec, failure);
    return socket;
}

open_result<stream_acceptor> open_tcp(const any_io_executor& executor, const control_socket_spec& spec,
                                      bool no_resolve) {
    const auto local = find_address<tcp>(executor, spec, no_resolve);
    if (!local) return local.error();
    stream_acceptor acceptor(executor);
    if (const auto failure = prepare(acceptor, *local)) return cannot("open", spec, failure);
    return acceptor;
}

open_result<unix_listening_socket> open_unix(const any_io_executor& executor, const control_socket_spec& spec,
                                             const listener_settings& settings) {
    if (spec.path.empty() || spec.path.size() > control_socket_spec::max_path_octets)
        return cannot("open", spec, make_error_code(errc::filename_too_long));
    const socket_directory_lock only_one(spec.path);
    if (const auto failure = unix_path::remove_stale(spec.path)) return why_not_replaced(spec, failure);
    stream_acceptor acceptor(executor);
    if (const auto failure = bind_path(acceptor, spec.path, settings.unix_mode))
        return cannot("open", spec, failure);
    auto path = unix_path::of_bound(spec.path);
    if (!path) return cannot("find", spec, path.error());
    // Nobody can connect before listen(), so the permissions hold from the first connection on.
    auto failure = path->give_to(settings.unix_owner, settings.unix_group);
    if (!failure) failure = listen(acceptor, unix_backlog);
    if (!failure) return unix_listening_socket{std::move(acceptor), std::move(*path)};
    path->remove();
    return cannot("set up", spec, failure);
}

open_result<stream_acceptor> adopt_listener(const any_io_executor& executor, const control_socket_spec& spec,
                                            const listener_settings& settings) {
    const int fd = settings.systemd_fd;
    if (socket_option(fd, SO_TYPE) != SOCK_STREAM || socket_option(fd, SO_ACCEPTCONN) != 1)
        return fmt::format("control socket '{}': descriptor {} is not a listening stream socket", spec.text,
                           fd);
    stream_acceptor acceptor(executor);
    error_code failure;
    acceptor.assign(asio::generic::stream_protocol(socket_option(fd, SO_DOMAIN), 0), fd, failure);
    if (failure) return cannot("use", spec, failure);
    return acceptor;
}

}  // namespace rtpproxy
