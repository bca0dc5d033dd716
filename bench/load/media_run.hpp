#pragma once

#include "load/call.hpp"
#include "load/control_probe.hpp"
#include "load/media_check.hpp"
#include "load/media_result.hpp"
#include "load/wildcard_socket.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace rtpproxy::bench {

/// Plays both ends of all calls from a few sockets, and judges what arrives.
///
/// Polls without a pause: it wants a core of its own.
class media_run {
  public:
    explicit media_run(std::size_t socket_count) : sockets_(socket_count) {}

    /// Ports for make_calls().
    [[nodiscard]] std::vector<std::uint16_t> ports() const;

    /// The calls to play; their relay ports are known. They must outlive the run.
    void use(const std::vector<call>& calls);
    /// Drives `probe` along with the media from now on. It must outlive the run.
    void use(control_probe& probe) noexcept { probe_ = &probe; }

    /// Sends `rate` packets a second for `time`, evenly spread over time and streams.
    [[nodiscard]] media_result paced(double rate, std::chrono::duration<double> time);
    /// Keeps `in_flight` packets under way for `time`: each arrival lets its stream send again.
    [[nodiscard]] media_result closed_loop(std::size_t in_flight, std::chrono::duration<double> time);

  private:
    struct stream {
        std::size_t socket;
        const call_end* sender;
        std::uint64_t sent = 0;
    };

    void begin();
    void send(std::uint32_t number, bench_clock::time_point now);
    void flush();
    std::size_t receive(bool refill);
    void finish();
    [[nodiscard]] bench_clock::time_point tick();

    std::deque<wildcard_socket> sockets_;
    const std::vector<call>* calls_ = nullptr;
    std::vector<stream> streams_;
    std::optional<media_check> check_;  // once there are calls
    control_probe* probe_ = nullptr;
    std::uint32_t next_stream_ = 0;
    std::uint32_t phase_ = 0;
    std::uint64_t dropped_before_ = 0;
    media_result result_;
};

}  // namespace rtpproxy::bench
