#include "rtpproxy/engine/leg_ports.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/media/endpoint_format.hpp"

#include <new>
#include <tuple>
#include <utility>

namespace rtpproxy {
namespace {

void log_open_failure(const session& session, const local_address& local,
                      const boost::system::error_code& error) {
    if (error == boost::system::errc::address_not_available)
        log::err(session.call_id(), "{} is not an address of this host", local.address.to_string());
    else if (error == boost::system::errc::operation_in_progress)
        return;  // it is tried again
    else if (error == boost::system::errc::address_in_use)
        log::err(session.call_id(), "no free port pair left on {}", local.address.to_string());
    else
        log::err(session.call_id(), "cannot open a port pair on {}: {}", local.address.to_string(),
                 error.message());
}

}  // namespace

leg_ports::leg_ports(const session_settings& settings, const service_environment& environment) noexcept
    : settings_(settings), pool_(environment.pool), plane_(environment.plane) {}

boost::system::error_code leg_ports::open_for_offer(session& created, const leg_update& update,
                                                    time_point now) {
    // 1. Where the legs listen: named for both, or the interfaces the two letters face, or the default.
    leg& callers = created.leg_facing(side::caller);
    callers.local = update.local ? update.local : interface_address(update, 0);
    created.leg_facing(side::callee).local = update.local ? update.local : interface_address(update, 1);
    set_up_legs(created, now);

    // 2. The callee's leg is needed now, the caller's with the answer: a call without ports left for that is
    //    better refused while the controller can still take it elsewhere.
    if (pool_.answers_come() && !reserve_ports(callers, now)) {
        log::err(created.call_id(), "no free port pair left on {} for the answer",
                 callers.local->address.to_string());
        return make_error_code(boost::system::errc::address_in_use);
    }
    return open_leg(created, side::callee, now);
}

void leg_ports::set_up_legs(session& session, time_point now) const {
    for (const side s : both_sides) {
        leg& each = session.leg_facing(s);
        each.traffic_class = settings_.traffic_class;
        each.budget.set_limit(settings_.leg_packet_rate);
        each.use(settings_.learning.policy_for(each.local->address), now);
    }
}

/// Keeps a pair of ports for the leg, on its address. @returns whether there is one.
bool leg_ports::reserve_ports(leg& reserving, time_point now) {
    if (!pool_.reserve(reserving.local->address, now)) return false;
    reserving.reserved = reserving.local;
    return true;
}

void leg_ports::give_reservation_back(leg& reserving) noexcept {
    if (const auto where = std::exchange(reserving.reserved, nullptr)) pool_.unreserve(where->address);
}

boost::system::error_code leg_ports::open_leg(session& session, side faces, time_point now) {
    leg& opened = session.leg_facing(faces);
    // What is kept for others is not taken. Nothing is kept on an address that the answer is first to name.
    if (opened.reserved && opened.reserved->address != opened.local->address) give_reservation_back(opened);
    if (!opened.reserved && !reserve_ports(opened, now)) {
        const auto error = make_error_code(boost::system::errc::address_in_use);
        log_open_failure(session, *opened.local, error);
        return error;
    }
    const auto pair = plane_.open(opened.local, opened.traffic_class, session, faces);
    if (!pair) {
        if (pair.error() != boost::system::errc::operation_in_progress && opened.is_open())
            give_reservation_back(opened);
        log_open_failure(session, *opened.local, pair.error());
        return pair.error();
    }
    give_reservation_back(opened);
    opened.ports = pair->id;
    opened.rtp_port = pair->rtp_port;
    opened.strangers = strangers_at(opened, now);
    return {};
}

/// Where an open leg is asked to listen from now on; its present address when nothing asks for another.
local_address_ptr leg_ports::address_wanted(const leg& provided, const leg_update& update,
                                            dialog_state dialog) const {
    if (update.local && (update.local_is_named || (update.new_port && !provided.party_changed_family)))
        return update.local;
    if (update.interfaces.size() == 2 && (update.new_port || dialog == dialog_state::new_branch))
        return interface_address(update, 1);
    if (provided.party_changed_family)
        if (auto there = address_of_family(provided, update)) return there;
    return provided.local;
}

/// The one of our addresses for a leg whose party is in another address family now: where the leg was when
/// the party was there last, or else the default; null without any of that family.
local_address_ptr leg_ports::address_of_family(const leg& provided, const leg_update& update) const {
    for (const auto& candidate :
         {provided.local, provided.before_family, settings_.internal_address, update.other_family})
        if (candidate && candidate->family() == provided.party_family) return candidate;
    return nullptr;
}

const local_address_ptr& leg_ports::interface_address(const leg_update& update,
                                                      std::size_t letter) const noexcept {
    const bool external = letter < update.interfaces.size() &&
                          update.interfaces[letter] == local_addresses::interface::external;
    return external && settings_.external_address ? settings_.external_address : settings_.internal_address;
}

boost::system::error_code leg_ports::provide(session& session, side faces, const leg_update& update,
                                             dialog_state dialog, time_point now) {
    leg& provided = session.leg_facing(faces);
    leg& far = session.leg_facing(other(faces));
    if (dialog == dialog_state::new_branch &&
        !far.is_open()) {  // it is chosen anew, as if the call began now
        if (update.local_is_named)
            far.local = update.local;
        else if (!update.interfaces.empty())
            far.local = interface_address(update, 0);
    }
    if (provided.is_open()) return move_leg(session, faces, update, dialog, now);
    const auto error = open_leg_at(session, faces, update.local ? update.local : provided.local, now);
    if (!error) pool_.note_answer();
    return error;
}

/// Moves an open leg to fresh ports if the command asks for that, or for another address. Only fresh ports
/// that were asked for by name (`n`) are worth an error: the call goes on with the ones it has.
boost::system::error_code leg_ports::move_leg(session& session, side faces, const leg_update& update,
                                              dialog_state dialog, time_point now) {
    leg& moved = session.leg_facing(faces);
    const auto wanted = address_wanted(moved, update, dialog);
    const bool other_address = wanted->address != moved.local->address;
    if (!other_address && !update.new_port) {
        moved.local = wanted;  // what replies say of it may be another
        tell_what_was_not_heeded(session, faces, update);
        return {};
    }

    const auto [old_local, old_ports, old_port] = std::tuple{moved.local, moved.ports, moved.rtp_port};
    remember_source(moved, old_local, now);
    if (const auto error = open_leg_at(session, faces, wanted, now)) {
        if (update.new_port || error == boost::system::errc::operation_in_progress) return error;
        log::err(session.call_id(), "{}'s port stays on {}", to_string(faces),
                 old_local->address.to_string());
        return {};
    }
    log::info(session.call_id(), "{}'s port moved from {} to {}", to_string(faces),
              endpoint{old_local->address, old_port}, endpoint{wanted->address, moved.rtp_port});
    if (old_local->family() != wanted->family()) moved.before_family = old_local;
    plane_.close(old_ports);
    return {};
}

/// Opens ports for the leg at `where`. Nothing has changed when that fails.
boost::system::error_code leg_ports::open_leg_at(session& session, side faces, local_address_ptr where,
                                                 time_point now) {
    leg& opened = session.leg_facing(faces);
    auto before = std::exchange(opened.local, std::move(where));
    try {
        if (const auto error = open_leg(session, faces, now)) {
            opened.local = std::move(before);
            return error;
        }
    } catch (...) {
        opened.local = std::move(before);
        throw;
    }
    opened.use(settings_.learning.policy_for(opened.local->address), now);
    opened.party_changed_family = false;
    return {};
}

/// Says why a leg is not where a command seems to want it.
void leg_ports::tell_what_was_not_heeded(const session& session, side faces, const leg_update& update) const {
    const leg& told = session.leg_facing(faces);
    if (update.interfaces.size() == 2 && interface_address(update, 1)->address != told.local->address)
        log::info(session.call_id(),
                  "{}'s port stays on {}: interfaces are chosen by the first offer, and with n",
                  to_string(faces), told.local->address.to_string());
    if (told.party_changed_family && told.local->family() != told.party_family)
        log::warn(session.call_id(), "{}'s port stays on {}: there is no address of its new family",
                  to_string(faces), told.local->address.to_string());
}

void leg_ports::close(session& closed) noexcept {
    for (const side s : both_sides) {
        leg& each = closed.leg_facing(s);
        if (each.is_open()) plane_.close(each.ports);
        give_reservation_back(each);
    }
}

/// Without memory to keep them in, none are known.
std::unique_ptr<const former_sources> leg_ports::strangers_at(const leg& opened,
                                                              time_point now) const noexcept {
    const auto policy = settings_.learning.policy_for(opened.local->address);
    if (settings_.memory == nullptr || policy != learning_policy::guarded) return nullptr;
    const auto known = settings_.memory->sources_at({opened.local->address, opened.rtp_port}, now);
    if (!known) return nullptr;
    try {
        return std::make_unique<const former_sources>(*known);
    } catch (const std::bad_alloc&) {
        log::err(log::global, "no memory to keep the sources of earlier calls");
        return nullptr;
    }
}

void leg_ports::remember_sources(const session& over, time_point now) const noexcept {
    for (const side s : both_sides)
        remember_source(over.leg_facing(s), over.leg_facing(s).local, now);
}

/// Who sent there may go on, when the port is another call's.
void leg_ports::remember_source(const leg& closed, const local_address_ptr& local,
                                time_point now) const noexcept {
    const endpoint* const source = closed.stream(component::rtp).latch.source();
    const auto ssrc = closed.rtp_statistics.last_ssrc();
    if (settings_.memory == nullptr || source == nullptr || !ssrc) return;
    settings_.memory->remember_source({local->address, closed.rtp_port}, {*source, *ssrc}, now);
}

}  // namespace rtpproxy
