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
      statistics_(environment.statistics),
      ports_(settings_, environment_) {}

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

    try {
        if (const auto error = ports_.open_for_offer(*created, update, when.now)) {
            ports_.close(*created);
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
        ports_.close(*created);
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
    ports_.close(*abandoned);
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

boost::system::error_code session_manager::provide_leg(session& session, side faces, const leg_update& update,
                                                       dialog_state dialog, const moment& when) {
    const bool was_complete = session.is_complete();
    if (const auto error = ports_.provide(session, faces, update, dialog, when.now)) return error;
    if (was_complete || !session.is_complete()) return {};

    // The missing leg completes the session.
    session.life.complete(when.second);
    ++statistics_.sessions_completed;
    log::info(session.call_id(), "complete: ports {} (to the callee) and {} (to the caller)",
              session.leg_facing(side::callee).rtp_port, session.leg_facing(side::caller).rtp_port);
    return {};
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
        ports_.remember_sources(*retired.ended, retired.when);
        if (retired.reason == end_reason::deleted) remember_companions(*retired.ended, retired.when);
        ports_.close(*retired.ended);
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
