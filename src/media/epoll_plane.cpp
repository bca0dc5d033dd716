#include "rtpproxy/media/epoll_plane.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/media/host_addresses.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

namespace rtpproxy {
namespace {

constexpr std::size_t largest_datagram = 65536;
/// Datagrams that waited for less arrived when they were read: so long may those wait that gather.
constexpr duration no_matter = std::chrono::microseconds{1500};
constexpr duration retry_interval = std::chrono::milliseconds{1};
constexpr duration report_interval = std::chrono::minutes{1};
// How long the plane waits for thick packets itself: what else the shard has to do waits as long.
constexpr duration stay_longest = std::chrono::microseconds{250};
constexpr std::chrono::nanoseconds stay_tick = std::chrono::milliseconds{5};
constexpr std::uint64_t ticks_key = ~std::uint64_t{0};  // of the ticker in the epoll set

int make_epoll() {
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
    return fd;
}

// The key of a port in the epoll set.
constexpr std::uint64_t key_of(port_pair_id pair, component which) noexcept {
    return std::uint64_t{pair} * 2 + static_cast<std::uint64_t>(which);
}
constexpr port_pair_id pair_of(std::uint64_t key) noexcept {
    return static_cast<port_pair_id>(key / 2);
}
constexpr component component_of(std::uint64_t key) noexcept {
    return static_cast<component>(key % 2);
}

/// Whether sending from a certain address may have failed because this host does not have it any more.
bool may_lack_source(const boost::system::error_code& error) noexcept {
    namespace errc = boost::system::errc;
    return error == errc::invalid_argument || error == errc::address_not_available ||
           error == errc::network_unreachable || error == errc::no_such_device;
}

}  // namespace

epoll_plane::epoll_plane(boost::asio::io_context& context, port_pool& pool,
                         const media_destinations& destinations, relay_statistics& statistics,
                         media_observer& observer, const options& chosen)
    : epoll_(make_epoll()),
      readiness_(context.get_executor()),
      gather_timer_(context, [this](time_point) { take_batch(); }),
      pool_(pool),
      destinations_(destinations),
      statistics_(statistics),
      observer_(observer),
      options_(chosen),
      buffer_(largest_datagram) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = ticks_key;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, ticks_.native_handle(), &event) != 0)
        throw std::system_error(errno, std::system_category(), "epoll_ctl");
    learned_.reserve(batch_size);
    refused_.reserve(batch_size);
}

epoll_plane::~epoll_plane() {
    stop();
}

void epoll_plane::start() {
    wait_for_packet();
}

void epoll_plane::stop() {
    stopped_ = true;
    leave_context();
    gather_timer_.cancel();
}

boost::system::result<media_plane::open_pair> epoll_plane::open(const local_address_ptr& local,
                                                                std::uint8_t traffic_class, session& owner,
                                                                side faces) {
    auto bound = open_port_pair(pool_, local->address, steady_clock::now(), options_.descriptor_limit);
    if (!bound) return bound.error();
    const auto rtp_port = bound->rtp_port();
    for (auto& socket : bound->sockets)
        socket.set_traffic_class(traffic_class);

    auto asked = local->is_wildcard() ? std::make_unique<asked_addresses>() : nullptr;
    const auto id = insert({std::move(*bound), &owner, faces, std::move(asked)});
    if (const auto error = watch(id, *pairs_[id])) {
        close(id);
        return error;
    }
    return open_pair{id, rtp_port};
}

port_pair_id epoll_plane::insert(port_pair pair) {
    if (vacant_.empty()) {
        if (vacant_.capacity() <= pairs_.size()) vacant_.reserve(2 * pairs_.size() + 1);
        pairs_.emplace_back(std::move(pair));
        return static_cast<port_pair_id>(pairs_.size() - 1);
    }
    const auto id = vacant_.back();
    vacant_.pop_back();
    pairs_[id].emplace(std::move(pair));
    return id;
}

boost::system::error_code epoll_plane::watch(port_pair_id id, port_pair& pair) {
    for (const auto which : both_components) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = key_of(id, which);
        const int fd = pair.socket(which).native_handle();
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
            return {errno, boost::system::system_category()};
    }
    return {};
}

void epoll_plane::close(port_pair_id pair) noexcept {
    pairs_[pair].reset();  // closing a socket takes it out of the epoll set
    vacant_.push_back(pair);
}

boost::system::error_code epoll_plane::set_traffic_class(port_pair_id pair, std::uint8_t value) {
    for (auto& socket : pairs_[pair]->bound.sockets)
        if (const auto error = socket.set_traffic_class(value)) return error;
    return {};
}

/// Waits for the next batch, in the way that suits the load.
void epoll_plane::go_on(bool more_is_there) noexcept {
    if (stopped_) return;
    if (!density_.is_thick()) return wait_for_packet();
    leave_context();
    // What the batch took counts: a thread that is busy all the time does not pause at all.
    const auto next = moment_.now + options_.gather_longest;
    if (more_is_there || next <= steady_clock::now()) return take_batch_soon();
    let_packets_gather(next);
}

void epoll_plane::leave_context() noexcept {
    if (readiness_.is_open()) static_cast<void>(readiness_.release());
}

/// False while there is no memory for it, here or in the kernel.
bool epoll_plane::join_context() noexcept {
    try {
        boost::system::error_code error;
        if (!readiness_.is_open()) readiness_.assign(epoll_.get(), error);
        return !error;
    } catch (const std::exception&) {
        return false;
    }
}

void epoll_plane::wait_for_packet() noexcept {
    ticks_.stop();
    if (!join_context()) return let_packets_gather(steady_clock::now() + retry_interval);
    readiness_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                          next_look_.hold([this](boost::system::error_code failure) {
                              if (!failure) take_batch();
                          }));
}

/// After everything else that is ready to run.
void epoll_plane::take_batch_soon() noexcept {
    post_surely(readiness_.get_executor(), next_look_, [this] {
        if (!stopped_) take_batch();
    });
}

void epoll_plane::let_packets_gather(time_point until) noexcept {
    leave_context();
    gather_timer_.set(until);
}

void epoll_plane::take_batch() noexcept {
    constexpr int do_not_wait = 0;
    const bool more = take_ready(do_not_wait);
    if (density_.is_thick() && options_.gather_longest == duration::zero()) return stay();
    go_on(more);
}

void epoll_plane::stay() noexcept {
    constexpr int without_end = -1;
    leave_context();
    ticks_.start(stay_tick);
    const auto end = moment_.now + stay_longest;
    while (density_.is_thick() && moment_.now < end)
        take_ready(without_end);
    go_on(true);
}

/// Takes what is there, or comes within `patience` milliseconds. @returns whether there may be more.
bool epoll_plane::take_ready(int patience) noexcept {
    std::array<epoll_event, batch_size> events;
    const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience);
    const auto previous = std::exchange(moment_.now, steady_clock::now());
    moment_.second = static_cast<tick>((moment_.now - options_.epoch) / std::chrono::seconds{1});
    look_for_late_ones(previous);
    for (int i = 0; i < ready; ++i)
        on_port_readable(events[static_cast<std::size_t>(i)].data.u64);
    tell_observer();
    density_.on_batch(static_cast<std::size_t>(std::max(ready, 0)), moment_.now);
    return ready == static_cast<int>(events.size());
}

/// Whether the datagrams of the batch may have waited for long: nobody looked for a while, or those of the
/// batch before had waited, which may have been the first of many. Only then the kernel is asked when each
/// arrived.
void epoll_plane::look_for_late_ones(time_point previous) noexcept {
    asks_for_arrival_ = moment_.now - previous > no_matter || longest_waited_ > no_matter;
    longest_waited_ = {};
    if (asks_for_arrival_)
        arrivals_.begin_batch(moment_.now, std::chrono::system_clock::now().time_since_epoch());
}

void epoll_plane::on_port_readable(std::uint64_t key) {
    if (key == ticks_key) return ticks_.take();
    auto& pair = pairs_[pair_of(key)];
    if (!pair) return;
    const auto which = component_of(key);
    datagram_origin origin;
    boost::system::error_code error;
    const auto size = pair->socket(which).receive(buffer_, origin, error);
    moment_.waited = {};
    if (asks_for_arrival_ && !error) {
        moment_.waited = arrivals_.wait_of(pair->socket(which).last_arrival());
        longest_waited_ = std::max(longest_waited_, moment_.waited);
    }
    if (!error) return relay(*pair, which, std::span{buffer_}.first(size), origin);
    if (error == boost::system::errc::operation_would_block) return;
    ++statistics_.receive_errors;
    report(receive_errors_, pair->owner->call_id(), "cannot receive", error);
}

void epoll_plane::relay(port_pair& in, component which, std::span<const std::byte> datagram,
                        const datagram_origin& origin) {
    session& owner = *in.owner;
    const endpoint& source = origin.source;
    judge_anew_if_outdated(owner);
    auto verdict = relay_packet(owner, in.faces, which, datagram, source, moment_, statistics_);
    if (verdict.accepted && in.asked)
        in.asked->on_accepted(which, origin, owner.leg_facing(in.faces).stream(which).latch);
    const bool after_kept = verdict.after_kept;
    if (after_kept) {
        relay_kept(owner, in.faces, which, source);
        verdict =
            relay_accepted(owner, in.faces, which, datagram, source, verdict.learned, moment_, statistics_);
    }
    if (verdict.learned) learned_.push_back({&owner, in.faces, which});
    if (verdict.first_refusal && is_refusal(verdict.refusal))
        refused_.push_back({&owner, in.faces, which, source, verdict.refusal});
    pass_to_services_or_on(owner, in.faces, which, datagram, source, moment_, verdict);
    if (!after_kept) return;
    if (const endpoint* const waiting = who_waits(owner, other(in.faces), which))
        relay_kept(owner, other(in.faces), which, endpoint{*waiting});
}

/// The first words of a party, whose packets were on trial.
void epoll_plane::relay_kept(session& owner, side from, component which, const endpoint& source) {
    const auto kept = end_trial(owner, from, which, source, moment_.now, statistics_);
    if (!kept) return;
    for (const auto& each : kept->packets())
        pass_to_services_or_on(
            owner, from, which, each.datagram, source, each.when,
            relay_accepted(owner, from, which, each.datagram, source, false, each.when, statistics_));
}

void epoll_plane::pass_to_services_or_on(session& owner, side from, component which,
                                         std::span<const std::byte> datagram, const endpoint& source,
                                         const moment& when, const relay_verdict& verdict) {
    if (verdict.for_services) return owner.services->on_packet({from, which, datagram, source, when});
    take_verdict(owner, from, which, datagram, verdict);
}

/// A packet costs one comparison, unless the addresses of this host have changed or a party's was learned.
void epoll_plane::judge_anew_if_outdated(session& owner) {
    const auto present = destinations_.generation();
    if (owner.destinations_judged == present) return;
    owner.destinations_judged = present;
    observer_.on_destinations_outdated(owner);
}

void epoll_plane::take_verdict(session& owner, side from, component which,
                               std::span<const std::byte> datagram, const relay_verdict& verdict) {
    if (verdict.also != nullptr) {
        boost::system::error_code ignored;  // nobody may be there
        send(owner, other(from), which, datagram, *verdict.also, ignored);
    }
    if (verdict.forward()) return pass_on(owner, from, which, datagram, *verdict.destination);
    if (verdict.first_refusal && !is_refusal(verdict.refusal))
        observer_.on_destination_refused(owner, other(from), which, verdict.refusal);
}

void epoll_plane::pass_on(session& owner, side from, component which, std::span<const std::byte> datagram,
                          const endpoint& destination) {
    boost::system::error_code error;
    send(owner, other(from), which, datagram, destination, error);
    if (!error) return on_relayed(owner, from, which, statistics_);
    on_send_failed(owner, from, which, statistics_);
    report(send_errors_, owner.call_id(), "cannot send", error);
}

void epoll_plane::forward(session& owner, side from, component which, std::span<const std::byte> datagram,
                          const endpoint& source) {
    judge_anew_if_outdated(owner);
    take_verdict(owner, from, which, datagram,
                 route_packet(owner, from, which, datagram, source, moment_.now, statistics_));
}

bool epoll_plane::send_to_party(session& owner, side to, component which,
                                std::span<const std::byte> datagram) {
    if (!owner.leg_facing(to).is_open()) return false;
    judge_anew_if_outdated(owner);
    const auto [destination, obstacle] = find_way(owner, to, which, datagram);
    if (destination == nullptr) {
        if (obstacle != drop_reason::no_destination && note_refusal(owner, obstacle))
            observer_.on_destination_refused(owner, to, which, obstacle);
        return false;
    }
    boost::system::error_code error;
    send(owner, to, which, datagram, *destination, error);
    if (error) report(send_errors_, owner.call_id(), "cannot send", error);
    return !error;
}

void epoll_plane::send(session& session, side to, component which, std::span<const std::byte> datagram,
                       const endpoint& destination, boost::system::error_code& error) {
    send_once(session, to, which, datagram, destination, error);
    if (error || !options_.send_twice || datagram.size() >= send_twice_below) return;
    boost::system::error_code ignored;  // the first copy is on its way
    send_once(session, to, which, datagram, destination, ignored);
}

/// An address that this host has lost is no reason not to send: the party asks again, maybe at another one.
void epoll_plane::send_once(const session& session, side to, component which,
                            std::span<const std::byte> datagram, const endpoint& destination,
                            boost::system::error_code& error) {
    auto& socket = pairs_[session.leg_facing(to).ports]->socket(which);
    const own_address* const source = source_towards(session, to, which, destination);
    if (source == nullptr) return socket.send(datagram, destination, error);
    socket.send(datagram, destination, *source, error);
    if (!may_lack_source(error)) return;
    const auto gone = *source;
    for (const side each : both_sides)
        if (auto* const asked = asked_by(session, each)) asked->forget(gone);
    socket.send(datagram, destination, error);
}

/// Null: its ports are not on a wildcard.
asked_addresses* epoll_plane::asked_by(const session& session, side party) noexcept {
    const leg& facing = session.leg_facing(party);
    return facing.is_open() ? pairs_[facing.ports]->asked.get() : nullptr;
}

/// Null: the kernel may choose.
const own_address* epoll_plane::source_towards(const session& session, side to, component which,
                                               const endpoint& destination) {
    auto* const own = asked_by(session, to);
    if (own == nullptr) return nullptr;
    if (const auto* const asked = own->towards(which, destination)) return asked;
    const auto* const others = asked_by(session, other(to));
    if (others == nullptr) return nullptr;
    return own->towards_unheard(which, destination, *others, local_address_towards);
}

void epoll_plane::report(error_report& last, std::string_view call_id, std::string_view what,
                         const boost::system::error_code& error) noexcept {
    if (moment_.now < last.next) {
        ++last.unreported;
        return;
    }
    log::warn(call_id, "{} media: {} ({} more since the last report)", what, log::message_of{error},
              last.unreported);
    last = {.next = moment_.now + report_interval, .unreported = 0};
}

void epoll_plane::tell_observer() noexcept {
    for (const auto& [owner, party, which] : learned_)
        observer_.on_address_learned(*owner, party, which);
    learned_.clear();
    for (const auto& [owner, party, which, source, why] : refused_)
        observer_.on_source_refused(*owner, party, which, source, why);
    refused_.clear();
}

}  // namespace rtpproxy
