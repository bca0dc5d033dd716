#include "rtpproxy/engine/address_watch.hpp"

#include "rtpproxy/log/log.hpp"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace rtpproxy {
namespace {

namespace errc = boost::system::errc;
using boost::system::error_code;

constexpr std::size_t largest_datagram = 65536;
constexpr int datagrams_a_turn = 64;  // then commands get theirs
constexpr int attempts_at_start = 8;
constexpr duration pause_after_loss = std::chrono::seconds{1};
constexpr duration pause_after_failure = std::chrono::seconds{10};

error_code last_error() noexcept {
    return {errno, boost::system::system_category()};
}

sockaddr_nl netlink_address(std::uint32_t groups) noexcept {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    return address;
}

unique_fd open_socket(error_code& fault) {
    unique_fd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE)};
    const auto changes = netlink_address(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
    if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&changes), sizeof changes) != 0) {
        fault = last_error();
        return {};
    }
    return fd;
}

/// One datagram of the kernel. Nobody else may send any to an unprivileged socket, but root may.
struct received_messages {
    std::size_t octets = 0;
    bool from_kernel = false;
    bool truncated = false;
};

received_messages receive_from(int fd, std::span<std::byte> buffer, error_code& error) noexcept {
    sockaddr_nl source{};
    iovec into{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = &source;
    message.msg_namelen = sizeof source;
    message.msg_iov = &into;
    message.msg_iovlen = 1;
    const auto octets = ::recvmsg(fd, &message, MSG_DONTWAIT);
    error = octets < 0 ? last_error() : error_code{};
    if (octets < 0) return {};
    return {static_cast<std::size_t>(octets), source.nl_pid == 0, (message.msg_flags & MSG_TRUNC) != 0};
}

}  // namespace

address_watch::address_watch(boost::asio::io_context& control)
    : opened_(open_socket(fault_)), socket_(control), retry_(control), buffer_(largest_datagram) {}

error_code address_watch::start(addresses_handler on_addresses) {
    if (fault_) return fault_;
    on_addresses_ = std::move(on_addresses);
    error_code error;
    socket_.assign(opened_.get(), error);
    if (error) return error;
    static_cast<void>(opened_.release());  // the descriptor is the other one's now
    error = read_first_list();
    if (error) {
        stop();
        return error;
    }
    tell_if_changed();
    await_messages();
    return {};
}

void address_watch::stop() {
    error_code ignored;
    socket_.close(ignored);
    retry_.cancel();
}

/// The kernel writes the list as it is read, so all of it is there at once.
error_code address_watch::read_first_list() {
    for (int attempt = 0; attempt < attempts_at_start; ++attempt) {
        list_needed_ = false;
        if (const auto error = ask_for_list()) return error;
        while (known_.awaits_list()) {
            const auto error = receive();
            if (error == errc::operation_would_block) return errc::make_error_code(errc::protocol_error);
            if (error) return error;
        }
        if (fault_) return fault_;
        if (!list_needed_) return {};
    }
    return errc::make_error_code(errc::resource_unavailable_try_again);
}

error_code address_watch::ask_for_list() {
    struct {
        nlmsghdr header;
        ifaddrmsg body;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_GETADDR;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.header.nlmsg_seq = ++sequence_;
    request.body.ifa_family = AF_UNSPEC;
    const auto kernel = netlink_address(0);
    const auto sent = ::sendto(socket_.native_handle(), &request, sizeof request, MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    if (sent < 0) return last_error();
    known_.await_list(sequence_);
    return {};
}

/// Takes one datagram. That some were lost is no error.
error_code address_watch::receive() {
    error_code error;
    const auto received = receive_from(socket_.native_handle(), buffer_, error);
    if (error == errc::no_buffer_space || received.truncated) {
        on_loss();
        return {};
    }
    if (error || !received.from_kernel) return error;
    for (const auto& message : read_address_messages(std::span{buffer_}.first(received.octets)))
        take(message);
    return {};
}

void address_watch::take(const address_message& message) {
    switch (known_.take(message)) {
        case interface_addresses::outcome::unchanged:
        case interface_addresses::outcome::changed:  // told when all that is there has been taken
            return;
        case interface_addresses::outcome::incomplete:
            list_needed_ = true;
            return;
        case interface_addresses::outcome::failed:
            fault_ = {message.error, boost::system::system_category()};
            return;
    }
}

void address_watch::on_loss() {
    if (known_.on_loss()) list_needed_ = true;
}

void address_watch::await_messages() {
    if (std::exchange(waiting_, true)) return;
    socket_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](error_code error) {
        if (error || !socket_.is_open()) return;
        waiting_ = false;
        on_readable();
    });
}

void address_watch::on_readable() {
    error_code error;
    for (int left = datagrams_a_turn; left != 0 && !error; --left)
        error = receive();
    tell_if_changed();
    const bool may_go_on = !error || error == errc::operation_would_block;
    if (!may_go_on) fault_ = error;
    ask_again_if_needed();
    if (may_go_on) await_messages();
}

void address_watch::ask_again_if_needed() {
    if (const auto fault = std::exchange(fault_, {})) {
        log::err(log::global,
                 "cannot read the addresses of this host: {}; those known until now stay in force",
                 fault.message());
        return ask_again_after(pause_after_failure);
    }
    if (list_needed_) ask_again_after(pause_after_loss);
}

void address_watch::ask_again_after(duration pause) {
    if (std::exchange(retrying_, true)) return;
    retry_.expires_after(pause);
    retry_.async_wait([this](error_code error) {
        if (error || !socket_.is_open()) return;
        retrying_ = list_needed_ = false;
        fault_ = ask_for_list();
        ask_again_if_needed();
        await_messages();
    });
}

void address_watch::tell_if_changed() {
    auto present = known_.addresses();
    if (present == told_) return;
    told_ = std::move(present);
    on_addresses_(told_);
}

}  // namespace rtpproxy
