#pragma once

#include "rtpproxy/accounting/call_record.hpp"
#include "rtpproxy/engine/copy_settings.hpp"
#include "rtpproxy/engine/leg_ports.hpp"
#include "rtpproxy/engine/media_memory.hpp"
#include "rtpproxy/engine/session_limit.hpp"
#include "rtpproxy/engine/session_settings.hpp"
#include "rtpproxy/media/media_plane.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/protocol/command.hpp"
#include "rtpproxy/services/call_services.hpp"
#include "rtpproxy/services/service_environment.hpp"
#include "rtpproxy/session/end_reason.hpp"
#include "rtpproxy/session/learning.hpp"
#include "rtpproxy/session/relay_packet.hpp"
#include "rtpproxy/session/relay_statistics.hpp"
#include "rtpproxy/session/session_table.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>

namespace rtpproxy {

/// Owns the sessions of one shard, their ports and their deadlines.
///
/// Ending a session takes it out of sight at once; its ports are closed later, a bounded number at a time, so
/// that any number of sessions may end together. What begins may fail for want of memory, and leaves nothing
/// behind then; what ends never does, as it has all it needs from the beginning. Everything runs on the
/// shard.
class session_manager final : public media_observer {
  public:
    /// What `environment` refers to may be constructed later than the manager, but before the first command.
    session_manager(const session_settings& settings, const service_environment& environment);
    ~session_manager();

    [[nodiscard]] found_session find_stream(const session_selector& selector) const;
    [[nodiscard]] session_table::found_sessions find_all_streams(const session_selector& selector) const;
    [[nodiscard]] session_table::found_sessions find_streams_to_end(const session_selector& selector) const;

    /// Creates the session, opens the callee's leg and keeps ports for the caller's. To be followed by
    /// confirm() or abandon(). Errors: `resource_unavailable_try_again` beyond the limit of sessions,
    /// `address_in_use` when there are no ports for both, else as media_plane::open().
    [[nodiscard]] boost::system::result<session*> create(const session_selector& selector,
                                                         const leg_update& update, const moment& when);

    /// The command that created the session has come to its end.
    void confirm(const session& created) noexcept;
    /// It has not, so there was no session: its ports are closed, and nothing counts it.
    void abandon(session& created) noexcept;

    /// Opens the leg facing `faces`, or moves it to fresh ports: when `update` asks for that, when it names
    /// another address of ours, when a new branch asks for another interface, and when the party has changed
    /// its address family since. Errors: as media_plane::open(); nothing has changed then. Where ports on
    /// another address cannot be had the leg keeps the ones it has, which is logged, and no error.
    boost::system::error_code provide_leg(session& session, side faces, const leg_update& update,
                                          dialog_state dialog, const moment& when);

    /// Takes over what the controller signalled about the party `party`.
    void apply_signalling(session& session, side party, const leg_update& update, description_kind kind,
                          const moment& when);

    /// The media services of a session, made now if it has none yet.
    [[nodiscard]] call_services& services_of(session& session);
    /// The same; null if it has none yet.
    [[nodiscard]] static call_services* find_services(session& session) noexcept;

    [[nodiscard]] const session_settings& settings() const noexcept { return settings_; }
    [[nodiscard]] const service_environment& environment() const noexcept { return environment_; }

    /// `S ttl=N`.
    void set_ttl(session& session, side party, unsigned seconds, const moment& when);
    /// `S tos=N`. Errors: what the kernel said, `invalid_argument` above 255.
    boost::system::error_code set_traffic_class(session& session, side party, unsigned value);

    /// Brings the deadline of a session up to date after a command.
    void reschedule(session& session, const moment& when) noexcept;

    /// Ends a session. It stays valid until retire_some() gets to it, which is never within the same command.
    void end(session& session, end_reason reason, const moment& when) noexcept;
    /// Ends all sessions.
    void end_all(end_reason reason, const moment& when) noexcept;

    /// Once a second: finds the sessions whose time may be up.
    void advance(const moment& when) noexcept;

    /// Ends sessions whose time is up and closes the ports of ended ones, at most `limit` of each.
    /// @returns whether more is left to do.
    bool run_some(std::size_t limit, const moment& when) noexcept;

    [[nodiscard]] std::size_t live_sessions() const noexcept { return table_.size(); }
    [[nodiscard]] bool has_ended_sessions() const noexcept { return !ended_.empty(); }

    void on_destinations_outdated(session& session) noexcept override;
    void on_destination_refused(session& session, side to, component which,
                                drop_reason why) noexcept override;
    void on_address_learned(session& session, side party, component which) noexcept override;
    void on_source_refused(session& session, side party, component which, const endpoint& source,
                           drop_reason why) noexcept override;

  private:
    struct ended_session {
        std::unique_ptr<session> ended;
        end_reason reason{};
        time_point when{};
    };

    void take_over_address(session& session, side party, const endpoint& address, time_point now);
    [[nodiscard]] bool is_own_port(const session& session, const endpoint& address) const;
    void vouch_for_hosts(leg& signalled, const endpoint& address, time_point now) const noexcept;
    void remember_companions(const session& over, time_point now) const noexcept;
    [[nodiscard]] bool is_full(const session_selector& refused);
    void make_room() noexcept;
    [[nodiscard]] std::optional<tick> expiry_of(const session& session) const noexcept;
    [[nodiscard]] std::optional<tick> earliest_of(std::optional<tick> silence,
                                                  const session& session) const noexcept;
    void judge_destinations(session& session) const noexcept;
    void judge_destinations(leg& judged) const noexcept;
    void stop(session& stopped, end_reason reason) noexcept;
    void put_among_ended(std::unique_ptr<session> ended, end_reason reason, time_point when) noexcept;
    void tell_controller(session& ended) noexcept;
    void account_for(const session& session, const moment& when) noexcept;
    void report(const ended_session& retired) noexcept;
    bool end_some_due(std::size_t limit, const moment& when) noexcept;
    bool retire_some(std::size_t limit) noexcept;

    const session_settings settings_;
    const service_environment environment_;
    media_plane& plane_;
    relay_statistics& statistics_;
    leg_ports ports_;
    session_table table_;
    expiry_wheel wheel_{0};
    std::list<ended_session> ended_;
    std::list<ended_session> to_be_ended_;  // one for each live session, so that its end takes no memory
    bool more_due_ = false;
};

}  // namespace rtpproxy
