#pragma once

#include "rtpproxy/control/notice.hpp"
#include "rtpproxy/control/notify_targets.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace rtpproxy {

class notify_connection;

/// Bounds of the notifier; the defaults suit operation, tests shorten them.
struct notifier_settings {
    std::size_t queue_limit = 65536;  ///< unsent notices for each target; all calls may end at once
    std::chrono::milliseconds first_back_off{100};  ///< before the next attempt to connect; doubles
    std::chrono::milliseconds longest_back_off{5000};
    std::chrono::milliseconds connect_timeout{5000};
    /// Age at which a notice is lost that has not arrived. 0: each is tried with one connection only.
    std::chrono::milliseconds give_up_after{300000};
    std::chrono::milliseconds confirm_interval{200};  ///< between questions what has arrived
    std::chrono::milliseconds settle{250};            ///< how long a reset may trail the peer's FIN
    int rewrites = 8;                                 ///< how often one notice is sent again
};

/// What became of the notices, since the start.
struct notifier_statistics {
    std::uint64_t sent = 0;  ///< written to a connection; one that was sent again counts once
    std::uint64_t lost = 0;  ///< given up: the queue was full, or it is not known to have arrived in time
    std::uint64_t reconnects = 0;  ///< connections opened again after one was lost
};

/// Delivers notices to the controllers' notify sockets.
///
/// One connection a target, opened on first use and then kept and watched; what a peer sends is dropped.
/// Notices that may not have arrived when a connection ends are sent again over the next one, in their order,
/// so a peer may see one twice. Those that are given up are logged with their call-id, and counted.
///
/// On the control strand; the destructor closes every connection.
class notifier {
  public:
    notifier(const boost::asio::any_io_executor& control_strand, notify_targets permitted,
             const notifier_settings& settings = {});
    notifier(const notifier&) = delete;
    notifier& operator=(const notifier&) = delete;
    ~notifier();

    /// Whether any target is permitted (`-n`).
    [[nodiscard]] bool configured() const noexcept { return targets_.configured(); }

    /// The target a command names, as notify_targets::resolve().
    [[nodiscard]] std::optional<notify_target> resolve(std::string_view name, const command_origin& origin) {
        return targets_.resolve(name, origin);
    }

    /// Sends `message` as one line. Full queue: the notice is lost. A target that resolve()
    /// did not give is ignored.
    void post(notice message);

    /// Whether no notice waits to be sent. One waits for `give_up_after` at most, and for one attempt at
    /// least.
    [[nodiscard]] bool idle() const;

    /// Closes every connection; unsent notices are lost. Later notices are ignored.
    void stop();

    [[nodiscard]] const notifier_statistics& statistics() const noexcept { return *statistics_; }

  private:
    notify_connection& connection_to(notify_target target, const notify_destination& destination);

    boost::asio::any_io_executor executor_;
    notify_targets targets_;
    notifier_settings settings_;
    bool stopped_ = false;
    std::shared_ptr<notifier_statistics> statistics_;              // shared with handlers that outlive us
    std::vector<std::shared_ptr<notify_connection>> connections_;  // by target id; null until used
};

}  // namespace rtpproxy
