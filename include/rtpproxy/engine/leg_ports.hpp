#pragma once

#include "rtpproxy/engine/session_settings.hpp"
#include "rtpproxy/media/media_plane.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/protocol/command.hpp"
#include "rtpproxy/services/service_environment.hpp"
#include "rtpproxy/session/session.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>

namespace rtpproxy {

/// Which part of a call a command for an existing session belongs to.
enum class dialog_state : unsigned char {
    new_branch,  ///< an offer that names no callee yet: the call goes on to somebody else
    established,
};

/// Where the legs of a shard's sessions listen: opens their ports, keeps ports for answers, moves legs to
/// other addresses, and closes them. Everything runs on the shard.
class leg_ports {
  public:
    /// What both refer to must outlive this; what `environment` refers to may be constructed later than it.
    leg_ports(const session_settings& settings, const service_environment& environment) noexcept;

    /// Opens the callee's leg of a new session and keeps ports for the caller's. close() is due also when
    /// that fails. Errors: `address_in_use` when there are no ports for both, else as media_plane::open().
    [[nodiscard]] boost::system::error_code open_for_offer(session& created, const leg_update& update,
                                                           time_point now);

    /// session_manager::provide_leg(), but for what becomes of a session that is complete now.
    [[nodiscard]] boost::system::error_code provide(session& session, side faces, const leg_update& update,
                                                    dialog_state dialog, time_point now);

    /// Closes the ports of a session, and gives back those that were kept for it.
    void close(session& closed) noexcept;

    /// Who sent to the ports of a session may go on when they are another call's.
    void remember_sources(const session& over, time_point now) const noexcept;

  private:
    void set_up_legs(session& session, time_point now) const;
    boost::system::error_code open_leg(session& session, side faces, time_point now);
    boost::system::error_code open_leg_at(session& session, side faces, local_address_ptr where,
                                          time_point now);
    boost::system::error_code move_leg(session& session, side faces, const leg_update& update,
                                       dialog_state dialog, time_point now);
    [[nodiscard]] local_address_ptr address_wanted(const leg& provided, const leg_update& update,
                                                   dialog_state dialog) const;
    [[nodiscard]] local_address_ptr address_of_family(const leg& provided, const leg_update& update) const;
    [[nodiscard]] const local_address_ptr& interface_address(const leg_update& update,
                                                             std::size_t letter) const noexcept;
    void tell_what_was_not_heeded(const session& session, side faces, const leg_update& update) const;
    [[nodiscard]] bool reserve_ports(leg& reserving, time_point now);
    void give_reservation_back(leg& reserving) noexcept;
    [[nodiscard]] std::unique_ptr<const former_sources> strangers_at(const leg& opened,
                                                                     time_point now) const noexcept;
    void remember_source(const leg& closed, const local_address_ptr& local, time_point now) const noexcept;

    const session_settings& settings_;
    port_pool& pool_;
    media_plane& plane_;
};

}  // namespace rtpproxy
