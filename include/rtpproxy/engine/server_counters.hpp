#pragma once

#include "rtpproxy/control/notifier.hpp"
#include "rtpproxy/protocol/counters.hpp"
#include "rtpproxy/session/relay_statistics.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rtpproxy {

/// What became of the commands. On the control strand.
struct command_statistics {
    std::uint64_t received = 0;       ///< retransmissions excluded
    std::uint64_t retransmitted = 0;  ///< answered from the reply cache
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;  ///< answered `E..`, and lookups answered `0`
    std::uint64_t replied = 0;
};

/// Sums the statistics of all shards and prints them as `G` and `I` do. On the control strand.
class server_counters {
  public:
    /// Whose statistics are summed, and those of the notices. They must outlive this object.
    void watch(std::vector<const relay_statistics*> shards, const notifier_statistics& notices) {
        shards_ = std::move(shards);
        notices_ = &notices;
    }

    [[nodiscard]] std::string format(global_counter counter) const;
    /// The five lines of `I`; a sixth with a `load`, see load_average::value(). No newline at the end.
    [[nodiscard]] std::string format_summary(std::optional<double> load) const;

    [[nodiscard]] std::uint64_t live_sessions() const;
    /// Packets not relayed for this reason, since the start.
    [[nodiscard]] std::uint64_t drops(drop_reason reason) const;
    [[nodiscard]] std::uint64_t receive_errors() const;
    /// New sessions refused since the start, as there were `--max-sessions`.
    [[nodiscard]] std::uint64_t sessions_refused() const { return sum(&relay_statistics::sessions_refused); }
    /// Timeout notices that the shards have handed over.
    [[nodiscard]] std::uint64_t notices_posted() const { return sum(&relay_statistics::notices_posted); }

    /// Recomputes the packet rate; to be called about once a second.
    void update_rate(double seconds_since_last);

    command_statistics commands;

  private:
    [[nodiscard]] std::uint64_t sum(counter relay_statistics::*member) const;

    std::vector<const relay_statistics*> shards_;
    const notifier_statistics* notices_ = nullptr;
    double packets_per_second_ = 0;
    std::uint64_t packets_at_last_update_ = 0;
};

}  // namespace rtpproxy
