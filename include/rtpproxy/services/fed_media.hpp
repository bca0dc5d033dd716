#pragma once

#include "rtpproxy/services/session_feed.hpp"
#include "rtpproxy/session/side.hpp"

#include <memory>
#include <vector>

namespace rtpproxy {

class call_services;

/// The other sessions whose media the parties of a session hear in place of each other's.
///
/// Everything runs on the shard of the session that is fed.
class fed_media final : public feed_target {
  public:
    /// A session has no more sources than these.
    static constexpr std::size_t most = 4;

    /// `services` must outlive this.
    explicit fed_media(call_services& services) noexcept : services_(services) {}
    fed_media(const fed_media&) = delete;
    fed_media& operator=(const fed_media&) = delete;
    ~fed_media();

    /// Begins to hear `feed`: what the party sends that the controller named first goes to `listener`, what
    /// the other one sends to the other. A session that is heard already is heard this way from now on.
    /// @returns false when the source has ended, or there is no room for one more.
    [[nodiscard]] bool add(std::shared_ptr<session_feed> feed, side listener);

    /// Hears nobody any more.
    void clear() noexcept;
    /// No source is left.
    [[nodiscard]] bool empty() const noexcept { return sources_.empty(); }

    void on_fed_packet(const session_feed& feed, const fed_packet& packet) noexcept override;
    void on_feed_over(const session_feed& feed) noexcept override;

  private:
    struct source {
        std::shared_ptr<session_feed> feed;
        side listener;  // hears the party named first
    };

    call_services& services_;
    std::vector<source> sources_;
};

}  // namespace rtpproxy
