#include "rtpproxy/engine/shard.hpp"

#include "rtpproxy/control/command_executor.hpp"
#include "rtpproxy/strands/run_strand.hpp"

#include <pthread.h>

#include <utility>

namespace rtpproxy {
namespace {

/// Sessions ended or closed in one go: about a millisecond, after which packets and commands get their turn.
constexpr std::size_t housekeeping_batch = 32;

}  // namespace

shard::shard(boost::asio::io_context& context, const settings& chosen, port_pool& pool,
             const media_destinations& destinations, service_environment::post_notice post_notice)
    : settings_(chosen),
      context_(context),
      lookups_(context, chosen.prompts),
      sessions_(chosen.sessions, {.context = context,
                                  .plane = plane_,
                                  .pool = pool,
                                  .destinations = destinations,
                                  .statistics = statistics_,
                                  .players = players_,
                                  .epoch = chosen.epoch,
                                  .post = std::move(post_notice),
                                  .recordings = chosen.recordings,
                                  .prompts = &lookups_}),
      plane_(context_, pool, destinations, statistics_, sessions_,
             {.epoch = chosen.epoch,
              .gather_longest = chosen.gather_longest,
              .send_twice = chosen.send_packets_twice,
              .descriptor_limit = chosen.descriptor_limit}) {}

void shard::start() {
    plane_.start();
    boost::asio::post(context_, [this] { note_thread(); });
    set_timer_for_next_second();
}

void shard::note_thread() noexcept {
    clockid_t own = no_clock;
    if (::pthread_getcpuclockid(::pthread_self(), &own) == 0)
        cpu_clock_.store(own, std::memory_order_relaxed);
}

duration shard::cpu_time() const noexcept {
    timespec used{};
    const auto clock = cpu_clock_.load(std::memory_order_relaxed);
    if (clock == no_clock || ::clock_gettime(clock, &used) != 0) return {};
    return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

void shard::close() {
    closed_ = true;
    second_timer_.cancel();
    plane_.stop();
    players_.stop();
    lookups_.stop();
    busy_calls_.clear();
    waiting_.clear();
    sessions_.end_all(end_reason::shut_down, now());
    while (sessions_.run_some(housekeeping_batch, now())) {
    }
}

moment shard::now() const noexcept {
    const auto time = steady_clock::now();
    return {.now = time, .second = static_cast<tick>((time - settings_.epoch) / std::chrono::seconds{1})};
}

void shard::send(std::shared_ptr<job> sent) noexcept {
    const auto memory = sent->memory_in(sent->way_there_);
    run_on(context_.get_executor(), memory, [this, sent = std::move(sent)]() noexcept { take_turn(sent); });
}

// Turns.

/// A burst of commands must not keep packets waiting: beyond the commands of a turn they queue up, in order.
void shard::take_turn(const std::shared_ptr<job>& next) noexcept {
    if (turns_left_ != 0) {
        if (--turns_left_ == 0) let_packets_go_first();
        return do_now(*next);
    }
    try {
        waiting_.push_back(next);
    } catch (...) {
        fail(*next);
    }
}

void shard::let_packets_go_first() noexcept {
    post_surely(context_.get_executor(), next_turns_, [this] { begin_turns(); });
}

void shard::begin_turns() noexcept {
    turns_left_ = commands_a_turn;
    while (turns_left_ != 0 && !waiting_.empty()) {
        const auto next = std::move(waiting_.front());
        waiting_.pop_front();
        take_turn(next);
    }
}

/// The rim round whatever is asked of the shard.
void shard::do_now(job& due) noexcept {
    try {
        due.do_on(*this);
    } catch (...) {
        fail(due);
    }
}

void shard::fail(job& failed) noexcept {
    log_exception("shard", "a command");
    failed.on_failure();
}

// Commands.

void shard::request::do_on(shard& there) {
    there.begin_command(std::static_pointer_cast<request>(shared_from_this()));
}

void shard::request::on_failure() noexcept {
    on_result({.reply = memory_reply, .success = false});
}

void shard::request::wait() noexcept {
    if (!std::exchange(waits_, true)) on_waiting();
}

void shard::begin_command(const std::shared_ptr<request>& sent) {
    const auto state =
        sent->is_under_way_ ? call_state::idle : busy_calls_.wait_behind(call_id_of(sent->asked), sent);
    switch (state) {
        case call_state::idle:
            if (carry_out_or_wait(sent)) go_on_with_call(sent);
            break;
        case call_state::waits:
            sent->wait();
            break;
        case call_state::crowded:
            sent->on_result(failure(protocol_error::overloaded));
            break;
    }
}

/// The command `done` is answered: the others of its call that wait are carried out, up to one that waits
/// itself.
void shard::go_on_with_call(const std::shared_ptr<request>& done) noexcept {
    while (const auto next = busy_calls_.take_next(call_id_of(done->asked)))
        if (!carry_out_or_wait(*next)) return;
}

/// @returns whether the command was answered; if not, it waits, and so do the later ones of its call.
bool shard::carry_out_or_wait(const std::shared_ptr<request>& sent) noexcept {
    try {
        return is_looked_up(sent) && carry_out(sent);
    } catch (...) {
        fail(*sent);
        return true;
    }
}

/// Whether the command needs no prompt, or has it. Else it is carried out when it has been looked for.
bool shard::is_looked_up(const std::shared_ptr<request>& sent) {
    if (sent->is_ready_) return true;
    const auto wanted = commands_.prompt_wanted(sent->asked);
    if (!wanted) return true;
    sent->context.prompt.found = lookups_.find_recent(*wanted);
    if (sent->context.prompt.found) return true;

    busy_calls_.mark(call_id_of(sent->asked));
    lookups_.find(*wanted, [this, sent](prompt_lookup result) {
        sent->context.prompt = std::move(result);
        sent->is_ready_ = true;
        if (carry_out_or_wait(sent)) go_on_with_call(sent);
    });
    sent->wait();
    return false;
}

/// @returns whether it is answered; if not, it is carried out again later.
bool shard::carry_out(const std::shared_ptr<request>& sent) {
    sent->context.when = now();
    auto result = commands_.execute(sent->asked, sent->context);
    if (result.unfinished) {
        search_on_later(sent);
        return false;
    }
    // Before the reply: the next command, of whatever call and shard, finds the ports of an ended call free.
    if (sessions_.has_ended_sessions()) housekeep();
    sent->on_result(std::move(result));
    return true;
}

/// Searching for free ports takes time, so packets have their turn now.
void shard::search_on_later(const std::shared_ptr<request>& sent) {
    busy_calls_.mark(call_id_of(sent->asked));
    sent->is_under_way_ = true;
    waiting_.push_back(sent);
    if (std::exchange(turns_left_, 0) != 0) let_packets_go_first();
}

// Other jobs.

void shard::removal::do_on(shard& there) {
    there.sessions_.end_all(end_reason::deleted, there.now());
    on_removed();
    there.housekeep();
}

void shard::feed_request::do_on(shard& there) {
    on_offer(there.commands_.offer_feed(source, target));
}

// Time.

void shard::set_timer_for_next_second() noexcept {
    const auto next = now().second + 1;
    second_timer_.set(settings_.epoch + std::chrono::seconds{next});
}

void shard::begin_second() noexcept {
    if (closed_) return;
    set_timer_for_next_second();
    sessions_.advance(now());
    housekeep();
}

void shard::housekeep() noexcept {
    if (housekeeping_posted_) return;
    if (!sessions_.run_some(housekeeping_batch, now())) return;
    housekeeping_posted_ = true;
    post_surely(context_.get_executor(), next_housekeeping_, [this] {
        housekeeping_posted_ = false;
        housekeep();
    });
}

}  // namespace rtpproxy
