#include "rtpproxy/engine/shard.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

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
      sessions_(chosen.sessions, {.context = context,
                                  .plane = plane_,
                                  .pool = pool,
                                  .destinations = destinations,
                                  .statistics = statistics_,
                                  .players = players_,
                                  .epoch = chosen.epoch,
                                  .post = std::move(post_notice),
                                  .recordings = chosen.recordings}),
      plane_(context_, pool, destinations, statistics_, sessions_,
             {.epoch = chosen.epoch,
              .gather_longest = chosen.gather_longest,
              .send_twice = chosen.send_packets_twice,
              .descriptor_limit = chosen.descriptor_limit}),
      lookups_(context, chosen.prompts) {}

void shard::start() {
    plane_.start();
    boost::asio::post(context_, [this] { note_thread(); });
    tick_every_second();
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

/// A burst of commands must not keep packets waiting: beyond the commands of a turn they queue up, in order.
void shard::take_turn(job next) {
    if (turns_left_ == 0) {
        waiting_.push_back(std::move(next));
        return;
    }
    if (--turns_left_ == 0) let_packets_go_first();
    std::visit([this](const auto& turn) { run(turn); }, next);
}

void shard::let_packets_go_first() {
    boost::asio::post(context_, [this] {
        turns_left_ = commands_a_turn;
        while (turns_left_ != 0 && !waiting_.empty()) {
            auto next = std::move(waiting_.front());
            waiting_.pop_front();
            take_turn(std::move(next));
        }
    });
}

void shard::execute(std::shared_ptr<request> sent) {
    boost::asio::dispatch(context_, [this, sent = std::move(sent)]() mutable { take_turn(std::move(sent)); });
}

void shard::run(const std::shared_ptr<request>& sent) {
    auto waiting = sent;
    if (!busy_calls_.wait_behind(call_id_of(sent->asked), waiting)) carry_out_or_wait(sent);
}

/// A command that needs a prompt waits until it has been looked up, and with it the later ones of its call.
/// @returns whether it was carried out.
bool shard::carry_out_or_wait(const std::shared_ptr<request>& sent) {
    if (const auto wanted = commands_.prompt_wanted(sent->asked)) {
        sent->context.prompt.found = lookups_.find_recent(*wanted);
        if (!sent->context.prompt.found) {
            busy_calls_.mark(call_id_of(sent->asked));
            lookups_.find(*wanted, [this, sent](prompt_lookup result) {
                sent->context.prompt = std::move(result);
                carry_out(*sent);
                while (const auto next = busy_calls_.take_next(call_id_of(sent->asked)))
                    if (!carry_out_or_wait(*next)) return;
            });
            return false;
        }
    }
    carry_out(*sent);
    return true;
}

void shard::carry_out(request& sent) {
    sent.context.when = now();
    sent.on_result(commands_.execute(sent.asked, sent.context));
    if (sessions_.has_ended_sessions()) housekeep();
}

void shard::offer_feed(session_selector source, session_feed::executor target, feed_handler on_offer) {
    auto asked = std::make_unique<feed_request>(
        feed_request{std::move(source), std::move(target), std::move(on_offer)});
    boost::asio::dispatch(context_,
                          [this, asked = std::move(asked)]() mutable { take_turn(std::move(asked)); });
}

void shard::run(const std::unique_ptr<feed_request>& asked) {
    asked->on_offer(commands_.offer_feed(asked->source, asked->target));
}

void shard::remove_all(result_handler on_result) {
    boost::asio::dispatch(
        context_, [this, on_result = std::move(on_result)]() mutable { take_turn(std::move(on_result)); });
}

void shard::run(const result_handler& on_result) {
    sessions_.end_all(end_reason::deleted, now());
    on_result({.reply = "0"});
    housekeep();
}

void shard::tick_every_second() {
    const auto next = now().second + 1;
    second_timer_.expires_at(settings_.epoch + std::chrono::seconds{next});
    second_timer_.async_wait([this](boost::system::error_code error) {
        if (error || closed_) return;
        sessions_.advance(now());
        housekeep();
        tick_every_second();
    });
}

void shard::housekeep() {
    if (housekeeping_posted_) return;
    if (!sessions_.run_some(housekeeping_batch, now())) return;
    housekeeping_posted_ = true;
    boost::asio::post(context_, [this] {
        housekeeping_posted_ = false;
        housekeep();
    });
}

}  // namespace rtpproxy
