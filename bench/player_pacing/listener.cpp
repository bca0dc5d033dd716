#include "player_pacing/listener.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <system_error>

namespace rtpproxy::bench {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t batch_size = 64;

void require(bool succeeded, const char* what) {
    if (!succeeded) throw std::system_error(errno, std::system_category(), what);
}

nanoseconds to_nanoseconds(const timespec& time) {
    return std::chrono::seconds{time.tv_sec} + nanoseconds{time.tv_nsec};
}

}  // namespace

packet_listener::packet_listener()
    : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    constexpr std::uint32_t loopback = 0x7f000001;
    auto address = make_address(loopback, 0);
    socklen_t size = sizeof address;
    require(static_cast<bool>(socket_), "socket");
    require(::bind(socket_.get(), as_sockaddr(address), size) == 0, "bind");
    require(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
    port_ = port_of(address);
    const int on = 1;
    const int room = 64 << 20;
    require(::setsockopt(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0, "SO_TIMESTAMPNS");
    require(::setsockopt(socket_.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) == 0, "SO_RXQ_OVFL");
    if (::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
        static_cast<void>(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room));
}

void packet_listener::listen(nanoseconds time) {
    for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
        pollfd readable{.fd = socket_.get(), .events = POLLIN, .revents = 0};
        if (::poll(&readable, 1, 10) > 0) take_batch();
    }
}

void packet_listener::take_batch() {
    struct slot {
        std::array<unsigned char, 64> head;
        sockaddr_in source;
        alignas(cmsghdr) std::array<char, 128> control;
    };
    static std::array<slot, batch_size> slots;
    std::array<iovec, batch_size> areas;
    std::array<mmsghdr, batch_size> messages{};
    for (std::size_t i = 0; i < batch_size; ++i) {
        areas[i] = {slots[i].head.data(), slots[i].head.size()};
        auto& header = messages[i].msg_hdr;
        header.msg_name = &slots[i].source;
        header.msg_namelen = sizeof slots[i].source;
        header.msg_iov = &areas[i];
        header.msg_iovlen = 1;
        header.msg_control = slots[i].control.data();
        header.msg_controllen = slots[i].control.size();
    }
    const int count = ::recvmmsg(socket_.get(), messages.data(), batch_size, 0, nullptr);
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
        arrival packet{static_cast<std::uint16_t>(slots[i].head[2] << 8 | slots[i].head[3]), {}};
        auto& header = messages[i].msg_hdr;
        for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
            if (each->cmsg_type == SCM_TIMESTAMPNS) {
                timespec time;
                std::memcpy(&time, CMSG_DATA(each), sizeof time);
                packet.when = to_nanoseconds(time);
            } else if (each->cmsg_type == SO_RXQ_OVFL) {
                std::memcpy(&dropped_, CMSG_DATA(each), sizeof dropped_);
            }
        }
        streams_[port_of(slots[i].source)].push_back(packet);
    }
}

pacing_result packet_listener::judge(nanoseconds pace) const {
    pacing_result result;
    for (const auto& [port, heard] : streams_)
        judge(heard, pace, result);
    result.streams = streams_.size();
    return result;
}

/// The earliest packet, as it were, is taken to be on time.
void packet_listener::judge(const stream& heard, nanoseconds pace, pacing_result& result) {
    std::vector<nanoseconds> offsets;
    std::int64_t number = 0;
    for (std::size_t i = 0; i < heard.size(); ++i) {
        if (i != 0) {
            const auto step =
                static_cast<std::uint16_t>(heard[i].sequence_number - heard[i - 1].sequence_number);
            number += step;
            result.missing += step - 1U;
        }
        offsets.push_back(heard[i].when - number * pace);
    }
    const auto on_time = *std::ranges::min_element(offsets);
    for (const auto each : offsets)
        result.lateness.record(each - on_time);

    // The earliest of the first and of the last tenth: single late packets are no drift.
    const auto tenth = std::max<std::ptrdiff_t>(std::ssize(offsets) / 10, 1);
    const auto first = *std::min_element(offsets.begin(), offsets.begin() + tenth);
    const auto last = *std::min_element(offsets.end() - tenth, offsets.end());
    const std::chrono::duration<double> length = heard.back().when - heard.front().when;
    const auto drift = std::chrono::duration<double, std::micro>(last - first).count() / length.count();
    result.largest_drift = std::max(result.largest_drift, std::abs(drift));
}

}  // namespace rtpproxy::bench
