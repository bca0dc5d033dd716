#include "rtpproxy/engine/session_manager.hpp"

#include "rtpproxy/engine/session_report.hpp"
#include "rtpproxy/log/log.hpp"
#include "rtpproxy/media/endpoint_format.hpp"
#include "rtpproxy/net/address_scope.hpp"
#include "rtpproxy/services/session_recorder.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace rtpproxy {
namespace {

endpoint rtcp_endpoint(const endpoint& rtp) {
    return {rtp.address(), static_cast<std::uint16_t>(rtp.port() + 1)};  // 65535 wraps to 0
}

std::string_view name_of(component c) {
    return c == component::rtp ? "RTP" : "RTCP";
}

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

void log_packet_time(const session& session, side party, const leg_update& update) {
    if (session.leg_facing(party).ptime == update.ptime) return;
    if (update.ptime)
        log::info(session.call_id(), "{}'s audio is re-framed to {} ms", to_string(party),
                  update.ptime->count());
    else
        log::info(session.call_id(), "{}'s audio is no longer re-framed", to_string(party));
}

/// Packets are taken from a signalled address, too, while the party receives at another one: what is known of
/// the host of either stays.
void note_our_ports(media_stream& stream, const port_span& ours) noexcept {
    if (!ours.empty()) stream.ours_on_its_host = ours;
}

/// Counts a pair of streams of a complete session: neither, or only one, had any packets.
void classify(const session& session, component which, counter& neither, counter& one_way) {
    const bool from_caller = session.leg_facing(side::caller).stream(which).received != 0;
    const bool from_callee = session.leg_facing(side::callee).stream(which).received != 0;
    if (!from_caller && !from_callee) ++neither;
    if (from_caller != from_callee) ++one_way;
}

}  // namespace

session_manager::session_manager(const session_settings& settings, const service_environment& environment)
    : settings_(settings),
      environment_(environment),
      plane_(environment.plane),
      statistics_(environment.statistics) {}

session_manager::~session_manager() = default;

found_session session_manager::find_stream(const session_selector& selector) const {
    return table_.find_stream(selector.call_id, selector.from_tag, selector.to_tag);
}

session_table::found_sessions session_manager::find_all_streams(const session_selector& selector) const {
    return table_.find_all_streams(selector.call_id, selector.from_tag, selector.to_tag);
}

session_table::found_sessions session_manager::find_streams_to_end(const session_selector& selector) const {
    return table_.find_streams_to_end(selector.call_id, selector.from_tag, selector.to_tag);
}

boost::system::result<session*> session_manager::create(const session_selector& selector,
                                                        const leg_update& update, const moment& when) {
    std::list<ended_session> its_end(1);
    if (is_full(selector)) return make_error_code(boost::system::errc::resource_unavailable_try_again);
    const auto leave_room = [this](session_limit* limit) {
        if (limit != nullptr) limit->remove();
    };
    std::unique_ptr<session_limit, decltype(leave_room)> place{settings_.limit, leave_room};
    const inactivity life{settings_.ttl_mode, settings_.setup_ttl, settings_.ttl, when.second,
                          settings_.hold_ttl};
    auto created = std::make_unique<session>(std::string{selector.call_id}, std::string{selector.from_tag},
                                             life, when.now);

    // 1. Where the legs listen: named for both, or the interfaces the two letters face, or the default.
    created->leg_facing(side::caller).local = update.local ? update.local : interface_address(update, 0);
    created->leg_facing(side::callee).local = update.local ? update.local : interface_address(update, 1);
    set_up_legs(*created, when.now);

    // 2. The callee's leg is needed now, the caller's with the answer: a call without ports left for that is
    //    better refused while the controller can still take it elsewhere.
    if (environment_.pool.answers_come() && !reserve_ports(created->leg_facing(side::caller), when.now)) {
        log::err(created->call_id(), "no free port pair left on {} for the answer",
                 created->leg_facing(side::caller).local->address.to_string());
        return make_error_code(boost::system::errc::address_in_use);
    }
    try {
        if (const auto error = open_leg(*created, side::callee, when.now)) {
            close_legs(*created);
            return error;
        }
        auto* const recordings = environment_.recordings;
        if (recordings != nullptr && recordings->records_everything())
            session_recorder{*created, services_of(*created), *recordings, when.now}.record_all();
        auto& added = table_.add(std::move(created));
        to_be_ended_.splice(to_be_ended_.end(), its_end);
        static_cast<void>(place.release());
        return &added;
    } catch (...) {
        close_legs(*created);
        throw;
    }
}

void session_manager::confirm(const session& created) noexcept {
    ++statistics_.sessions_created;
    log::info(created.call_id(), "new session for tag {}, callee's port {}", created.from_tag(),
              created.leg_facing(side::callee).rtp_port);
}

void session_manager::abandon(session& created) noexcept {
    stop(created, end_reason::deleted);
    make_room();
    to_be_ended_.pop_back();
    const auto abandoned = table_.remove(created);
    close_legs(*abandoned);
}

void session_manager::set_up_legs(session& session, time_point now) const {
    for (const side s : both_sides) {
        leg& each = session.leg_facing(s);
        each.traffic_class = settings_.traffic_class;
        each.budget.set_limit(settings_.leg_packet_rate);
        each.use(settings_.learning.policy_for(each.local->address), now);
    }
}

bool session_manager::is_full(const session_selector& refused) {
    if (settings_.limit == nullptr || settings_.limit->try_add()) return false;
    ++statistics_.sessions_refused;
    log::err(refused.call_id, "no new session: there are {}, and max_sessions allows no more",
             settings_.limit->most());
    return true;
}

void session_manager::make_room() noexcept {
    if (settings_.limit != nullptr) settings_.limit->remove();
}

/// Keeps a pair of ports for the leg, on its address. @returns whether there is one.
bool session_manager::reserve_ports(leg& reserving, time_point now) {
    if (!environment_.pool.reserve(reserving.local->address, now)) return false;
    reserving.reserved = reserving.local;
    return true;
}

void session_manager::give_reservation_back(leg& reserving) noexcept {
    if (const auto where = std::exchange(reserving.reserved, nullptr))
        environment_.pool.unreserve(where->address);
}

boost::system::error_code session_manager::open_leg(session& session, side faces, time_point now) {
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
local_address_ptr session_manager::address_wanted(const leg& provided, const leg_update& update,
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
local_address_ptr session_manager::address_of_family(const leg& provided, const leg_update& update) const {
    for (const auto& candidate :
         {provided.local, provided.before_family, settings_.internal_address, update.other_family})
        if (candidate && candidate->family() == provided.party_family) return candidate;
    return nullptr;
}

const local_address_ptr& session_manager::interface_address(const leg_update& update,
                                                            std::size_t letter) const noexcept {
    const bool external = letter < update.interfaces.size() &&
                          update.interfaces[letter] == local_addresses::interface::external;
    return external && settings_.external_address ? settings_.external_address : settings_.internal_address;
}

boost::system::error_code session_manager::provide_leg(session& session, side faces, const leg_update& update,
                                                       dialog_state dialog, const moment& when) {
    leg& provided = session.leg_facing(faces);
    leg& far = session.leg_facing(other(faces));
    if (dialog == dialog_state::new_branch &&
        !far.is_open()) {  // it is chosen anew, as if the call began now
        if (update.local_is_named)
            far.local = update.local;
        else if (!update.interfaces.empty())
            far.local = interface_address(update, 0);
    }
    return provided.is_open() ? move_leg(session, faces, update, dialog, when)
                              : complete(session, faces, update, when);
}

/// The missing leg completes the session.
boost::system::error_code session_manager::complete(session& session, side faces, const leg_update& update,
                                                    const moment& when) {
    leg& opened = session.leg_facing(faces);
    if (const auto error = open_leg_at(session, faces, update.local ? update.local : opened.local, when))
        return error;
    session.life.complete(when.second);
    environment_.pool.note_answer();
    ++statistics_.sessions_completed;
    log::info(session.call_id(), "complete: ports {} (to the callee) and {} (to the caller)",
              session.leg_facing(side::callee).rtp_port, session.leg_facing(side::caller).rtp_port);
    return {};
}

/// Moves an open leg to fresh ports if the command asks for that, or for another address. Only fresh ports
/// that were asked for by name (`n`) are worth an error: the call goes on with the ones it has.
boost::system::error_code session_manager::move_leg(session& session, side faces, const leg_update& update,
                                                    dialog_state dialog, const moment& when) {
    leg& moved = session.leg_facing(faces);
    const auto wanted = address_wanted(moved, update, dialog);
    const bool other_address = wanted->address != moved.local->address;
    if (!other_address && !update.new_port) {
        moved.local = wanted;  // what replies say of it may be another
        tell_what_was_not_heeded(session, faces, update);
        return {};
    }

    const auto [old_local, old_ports, old_port] = std::tuple{moved.local, moved.ports, moved.rtp_port};
    remember_source(moved, old_local, when.now);
    if (const auto error = open_leg_at(session, faces, wanted, when)) {
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
boost::system::error_code session_manager::open_leg_at(session& session, side faces, local_address_ptr where,
                                                       const moment& when) {
    leg& opened = session.leg_facing(faces);
    auto before = std::exchange(opened.local, std::move(where));
    try {
        if (const auto error = open_leg(session, faces, when.now)) {
            opened.local = std::move(before);
            return error;
        }
    } catch (...) {
        opened.local = std::move(before);
        throw;
    }
    opened.use(settings_.learning.policy_for(opened.local->address), when.now);
    opened.party_changed_family = false;
    return {};
}

/// Says why a leg is not where a command seems to want it.
void session_manager::tell_what_was_not_heeded(const session& session, side faces,
                                               const leg_update& update) const {
    const leg& told = session.leg_facing(faces);
    if (update.interfaces.size() == 2 && interface_address(update, 1)->address != told.local->address)
        log::info(session.call_id(),
                  "{}'s port stays on {}: interfaces are chosen by the first offer, and with n",
                  to_string(faces), told.local->address.to_string());
    if (told.party_changed_family && told.local->family() != told.party_family)
        log::warn(session.call_id(), "{}'s port stays on {}: there is no address of its new family",
                  to_string(faces), told.local->address.to_string());
}

void session_manager::apply_signalling(session& session, side party, const leg_update& update,
                                       description_kind kind, const moment& when) {
    leg& signalled = session.leg_facing(party);
    media_stream& rtp = signalled.stream(component::rtp);
    media_stream& rtcp = signalled.stream(component::rtcp);
    if (update.remote) {
        signalled.on_hold = false;
        if (is_own_port(session, *update.remote))
            log::info(session.call_id(),
                      "{} is signalled to receive at a port of the session itself: ignored",
                      to_string(party));
        else
            take_over_address(session, party, *update.remote, when.now);
    }
    if (update.hold && !std::exchange(signalled.on_hold, true)) {
        ++signalled.hold_count;
        log::info(session.call_id(), "{} is on hold", to_string(party));
    }
    session.life.set_held(party, inactivity::hold_cause::signalled, signalled.on_hold, when.second);

    // The rest holds for this description only: what is not repeated is switched off.
    const bool asymmetric = update.asymmetric.value_or(settings_.asymmetric);
    rtp.latch.set_asymmetric(asymmetric);
    rtcp.latch.set_asymmetric(asymmetric);
    judge_destinations(session);
    signalled.codecs = update.codecs;
    session.update_teaching();
    log_packet_time(session, party, update);
    signalled.ptime = update.ptime;

    // The limits do stay.
    if (update.caller_inactivity)
        session.life.set_own_limit(side::caller, static_cast<unsigned>(update.caller_inactivity->count()));
    if (update.callee_inactivity)
        session.life.set_own_limit(side::callee, static_cast<unsigned>(update.callee_inactivity->count()));
    if (update.ptime) static_cast<void>(services_of(session));
    if (session.services) session.services->on_signalled(party, kind);
}

void session_manager::take_over_address(session& session, side party, const endpoint& address,
                                        time_point now) {
    leg& signalled = session.leg_facing(party);
    media_stream& rtp = signalled.stream(component::rtp);
    media_stream& rtcp = signalled.stream(component::rtcp);
    const auto family = family_of(address.address());
    if (const auto before = std::exchange(signalled.party_family, family); before && before != family)
        signalled.party_changed_family = family != signalled.local->family();
    if (rtp.latch.on_signalled(address, now))
        log::info(session.call_id(), "{} receives at {}", to_string(party), address);
    rtcp.latch.on_signalled(rtcp_endpoint(address), now);
    vouch_for_hosts(signalled, address, now);
    const auto ours = environment_.destinations.ports_on(address.address());
    note_our_ports(rtp, ours);
    note_our_ports(rtcp, ours);
}

/// Whether it is where we told a party of this session to send. A SIP server that hands an offer to us twice,
/// as when a call passes it twice, signals such an address; nothing is known of the party then.
bool session_manager::is_own_port(const session& session, const endpoint& address) const {
    return std::ranges::any_of(both_sides, [&](side s) {
        const leg& own = session.leg_facing(s);
        if (!own.is_open() || (address.port() != own.rtp_port && address.port() != own.rtp_port + 1))
            return false;
        const auto host = address.address();
        return own.local->address == host || own.local->advertised == host.to_string() ||
               environment_.destinations.judge(address).kind == destination_kind::ours;
    });
}

/// Without memory to keep them in, none are known; the party has the longer trial then.
void session_manager::vouch_for_hosts(leg& signalled, const endpoint& address,
                                      time_point now) const noexcept {
    signalled.vouched.reset();
    vouched_hosts hosts{.carriers = settings_.carrier_media, .of_signalled_host = {}};
    if (settings_.memory != nullptr)
        hosts.of_signalled_host = settings_.memory->companions_of(address.address(), now);
    if (!hosts.carriers && hosts.of_signalled_host.empty()) return;
    try {
        signalled.vouched = std::make_shared<const vouched_hosts>(std::move(hosts));
    } catch (const std::bad_alloc&) {
        log::err(log::global, "no memory to keep the media hosts of earlier calls");
    }
}

/// As vouch_for_hosts().
std::unique_ptr<const former_sources> session_manager::strangers_at(const leg& opened,
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

call_services& session_manager::services_of(session& session) {
    if (!session.services) session.services = std::make_unique<call_services>(session, environment_);
    return *find_services(session);
}

call_services* session_manager::find_services(session& session) noexcept {
    return static_cast<call_services*>(session.services.get());  // nothing else makes them
}

void session_manager::set_ttl(session& session, side party, unsigned seconds, const moment& when) {
    session.life.set_limit(party, seconds, when.second);
}

boost::system::error_code session_manager::set_traffic_class(session& session, side party, unsigned value) {
    if (value > 255) return boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    leg& changed = session.leg_facing(party);
    changed.traffic_class = static_cast<std::uint8_t>(value);
    if (!changed.is_open()) return {};
    return plane_.set_traffic_class(changed.ports, changed.traffic_class);
}

std::optional<tick> session_manager::expiry_of(const session& session) const noexcept {
    return earliest_of(session.life.expiry(), session);
}

/// Of `silence` and the end of the longest time that a session may last.
std::optional<tick> session_manager::earliest_of(std::optional<tick> silence,
                                                 const session& session) const noexcept {
    if (settings_.max_call_duration == 0) return silence;
    const auto created =
        static_cast<tick>((session.created_at() - environment_.epoch) / std::chrono::seconds{1});
    const tick limit = created + settings_.max_call_duration + 1;  // never before its time
    return silence ? std::min(*silence, limit) : limit;
}

void session_manager::reschedule(session& session, const moment& when) noexcept {
    if (session.is_over) return;
    if (const auto due = earliest_of(session.life.next_look(when.second), session))
        wheel_.schedule(session, *due);
    else
        wheel_.cancel(session);
}

void session_manager::end(session& session, end_reason reason, const moment& when) noexcept {
    if (session.is_over) return;
    stop(session, reason);
    if (is_timeout(reason)) {
        ++statistics_.sessions_timed_out;
        tell_controller(session);
    }
    account_for(session, when);  // last: who sees no session left sees the notice counted
    put_among_ended(table_.remove(session), reason, when.now);
}

void session_manager::end_all(end_reason reason, const moment& when) noexcept {
    table_.remove_all([&](std::unique_ptr<session> each) {
        stop(*each, reason);
        if (reason == end_reason::deleted && settings_.notify_delete_all) tell_controller(*each);
        account_for(*each, when);
        put_among_ended(std::move(each), reason, when.now);
    });
}

/// Nothing is done with its media any more.
void session_manager::stop(session& stopped, end_reason reason) noexcept {
    stopped.is_over = true;
    refuse_all_on_trial(stopped, statistics_);
    stopped.over_because = reason;
    wheel_.cancel(stopped);
    if (stopped.services) stopped.services->on_session_end();
}

void session_manager::put_among_ended(std::unique_ptr<session> ended, end_reason reason,
                                      time_point when) noexcept {
    ended_.splice(ended_.end(), to_be_ended_, to_be_ended_.begin());
    ended_.back() = {std::move(ended), reason, when};
}

void session_manager::tell_controller(session& ended) noexcept {
    if (!ended.on_timeout) return;
    try {
        environment_.post({ended.on_timeout->target, ended.on_timeout->text, ended.call_id()});
        ++statistics_.notices_posted;
        ended.notice_sent = true;
    } catch (const std::exception& error) {
        log::err(ended.call_id(), "the controller is not told of the end of the session: {}", error.what());
    }
}

void session_manager::account_for(const session& session, const moment& when) noexcept {
    ++statistics_.sessions_destroyed;
    make_room();
    const auto lifetime =
        std::chrono::duration_cast<std::chrono::microseconds>(when.now - session.created_at());
    statistics_.lifetime_microseconds.add(static_cast<std::uint64_t>(lifetime.count()));

    if (session.leg_facing(side::callee).is_open() && session.leg_facing(side::caller).is_open()) {
        classify(session, component::rtp, statistics_.sessions_without_rtp, statistics_.sessions_one_way_rtp);
        classify(session, component::rtcp, statistics_.sessions_without_rtcp,
                 statistics_.sessions_one_way_rtcp);
    }
    for (const side s : both_sides) {
        const auto totals = session.leg_facing(s).rtp_statistics.totals();
        statistics_.rtp_sent.add(totals.sent);
        statistics_.rtp_received.add(totals.received);
        statistics_.rtp_duplicates.add(totals.duplicates);
        statistics_.rtp_lost.add(totals.lost());
        statistics_.rtp_parse_errors.add(totals.parse_errors);
    }
}

void session_manager::advance(const moment& when) noexcept {
    wheel_.advance(when.second);
    more_due_ = true;
}

bool session_manager::run_some(std::size_t limit, const moment& when) noexcept {
    more_due_ = more_due_ && end_some_due(limit, when);
    const bool more_ended = retire_some(limit);
    return more_due_ || more_ended;
}

bool session_manager::end_some_due(std::size_t limit, const moment& when) noexcept {
    for (; limit != 0; --limit) {
        auto* entry = wheel_.next_due();
        if (entry == nullptr) return false;
        auto& due = static_cast<session&>(*entry);
        const auto expiry = expiry_of(due);
        if (!expiry || *expiry > when.second) {
            reschedule(due, when);  // it was heard of since, or is on hold
            continue;
        }
        const auto silence = due.life.expiry();
        const bool silent = silence && *silence <= when.second;
        const auto of_silence = due.is_complete() ? end_reason::timed_out : end_reason::never_answered;
        end(due, silent ? of_silence : end_reason::duration_limit, when);
    }
    return true;
}

bool session_manager::retire_some(std::size_t limit) noexcept {
    for (; limit != 0 && !ended_.empty(); --limit) {
        const ended_session& retired = ended_.front();
        report(retired);
        remember_sources(*retired.ended, retired.when);
        if (retired.reason == end_reason::deleted) remember_companions(*retired.ended, retired.when);
        close_legs(*retired.ended);
        ended_.pop_front();
    }
    return !ended_.empty();
}

/// To the log, and among the call records.
void session_manager::report(const ended_session& retired) noexcept {
    const session& over = *retired.ended;
    try {
        log_end_of_session(over, retired.reason);
        if (settings_.on_record)
            settings_.on_record(std::make_unique<call_record>(
                take_record(over, retired.reason, retired.when, clock_reading::now())));
    } catch (const std::exception& error) {
        log::err(over.call_id(), "the end of the session is not recorded: {}", error.what());
    }
}

void session_manager::close_legs(session& closed) noexcept {
    for (const side s : both_sides) {
        leg& each = closed.leg_facing(s);
        if (each.is_open()) plane_.close(each.ports);
        give_reservation_back(each);
    }
}

void session_manager::remember_sources(const session& over, time_point now) const noexcept {
    for (const side s : both_sides)
        remember_source(over.leg_facing(s), over.leg_facing(s).local, now);
}

/// Who sent there may go on, when the port is another call's.
void session_manager::remember_source(const leg& closed, const local_address_ptr& local,
                                      time_point now) const noexcept {
    const endpoint* const source = closed.stream(component::rtp).latch.source();
    const auto ssrc = closed.rtp_statistics.last_ssrc();
    if (settings_.memory == nullptr || source == nullptr || !ssrc) return;
    settings_.memory->remember_source({local->address, closed.rtp_port}, {*source, *ssrc}, now);
}

/// A public host that sent the media of a party all through a call is believed to be where that party's media
/// comes from. Others may have been heard in a call that was short, one-way or abandoned.
void session_manager::remember_companions(const session& over, time_point now) const noexcept {
    constexpr auto long_enough = std::chrono::seconds{5};
    constexpr std::uint64_t packets_enough = 100;
    const auto has_talked = [&](side s) {
        const media_stream& rtp = over.leg_facing(s).stream(component::rtp);
        return rtp.received >= packets_enough && rtp.last_packet - rtp.first_packet >= long_enough;
    };
    if (settings_.memory == nullptr || !std::ranges::all_of(both_sides, has_talked)) return;
    for (const side s : both_sides) {
        const auto& latch = over.leg_facing(s).stream(component::rtp).latch;
        const endpoint* const source = latch.source();
        const endpoint* const signalled = latch.signalled();
        if (source == nullptr || signalled == nullptr || same_host(*source, *signalled)) continue;
        const auto host = source->address();
        if (is_private(host) || is_private(signalled->address())) continue;
        settings_.memory->remember_companion(signalled->address(), host, now);
    }
}

void session_manager::judge_destinations(session& session) const noexcept {
    session.destinations_judged = environment_.destinations.generation();
    for (const side s : both_sides)
        judge_destinations(session.leg_facing(s));
}

/// RTP and RTCP of a party go to the same host, as a rule, which is then looked up once.
void session_manager::judge_destinations(leg& judged) const noexcept {
    const auto& destinations = environment_.destinations;
    std::optional<boost::asio::ip::address> looked_up;
    port_span ours;
    for (auto& stream : judged.streams) {
        const endpoint* const remote = stream.latch.remote();
        stream.remote_is = destination_kind::open;  // there is none
        if (remote == nullptr) continue;
        const auto host = remote->address();
        if (looked_up != host) ours = destinations.ports_on(host);
        looked_up = host;
        note_our_ports(stream, ours);
        stream.remote_is = destinations.judge(*remote).kind;
        if (const endpoint* const former = stream.latch.former())
            stream.former_is = destinations.judge(*former).kind;
    }
}

void session_manager::on_destinations_outdated(session& session) noexcept {
    judge_destinations(session);
}

void session_manager::on_destination_refused(session& session, side to, component which,
                                             drop_reason why) noexcept {
    const endpoint* const remote = session.leg_facing(to).stream(which).latch.remote();
    if (remote == nullptr) return;
    if (why == drop_reason::not_for_neighbour)
        return log::warn(
            session.call_id(),
            "{}'s {}: only media is sent to {}, a program of this host: something else is dropped",
            to_string(to), name_of(which), *remote);
    log::warn(session.call_id(), "{}'s {}: media is not sent to {}: {}", to_string(to), name_of(which),
              *remote, environment_.destinations.judge(*remote).reason);
}

void session_manager::on_address_learned(session& session, side party, component which) noexcept {
    judge_destinations(session);
    if (const endpoint* remote = session.leg_facing(party).stream(which).latch.remote())
        log::info(session.call_id(), "{}'s {} comes from {}", to_string(party), name_of(which), *remote);
    if (session.services) session.services->on_address_learned(party);
}

void session_manager::on_source_refused(session& session, side party, component which, const endpoint& source,
                                        drop_reason why) noexcept {
    if (why == drop_reason::on_trial)  // it will be told from where media is taken
        return log::info(session.call_id(), "{}'s {}: {} sends, and is on trial", to_string(party),
                         name_of(which), source);
    log::warn(session.call_id(), "{}'s {}: packets from {} are ignored: {}", to_string(party), name_of(which),
              source, to_string(why));
}

}  // namespace rtpproxy
