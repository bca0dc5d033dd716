#include "rtpproxy/engine/shard.hpp"

#include "rtpproxy/log/log.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>
#include <signal.h>

#include <exception>
#include <utility>

namespace rtpproxy {
namespace {

/// Sessions ended or closed in one go: about a millisecond, after which packets and commands get their turn.
constexpr std::size_t housekeeping_batch = 32;

/// Signals are the control strand's; the others must not be picked to handle them.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

shard::shard(const settings& chosen, port_pool& pool, session_manager::post_notice post_notice)
    : settings_(chosen),
      sessions_(chosen.sessions, plane_, pool, statistics_, chosen.epoch, std::move(post_notice)),
      plane_(context_, pool, statistics_, sessions_,
             {.epoch = chosen.epoch, .send_twice = chosen.send_packets_twice}) {}

shard::~shard() {
    stop();
}

void shard::start(const std::string& thread_name) {
    plane_.start();
    tick_every_second();
    thread_ = std::thread([this, thread_name] {
        block_signals();
        pthread_setname_np(pthread_self(), thread_name.c_str());
        context_.run();
    });
}

void shard::stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(context_, [this] {
        sessions_.end_all(end_reason::shut_down, now());
        while (sessions_.run_some(housekeeping_batch, now())) {
        }
        context_.stop();
    });
    thread_.join();
}

moment shard::now() const noexcept {
    const auto time = steady_clock::now();
    return {.now = time, .second = static_cast<tick>((time - settings_.epoch) / std::chrono::seconds{1})};
}

void shard::execute(session_command asked, command_context context, result_handler on_result) {
    boost::asio::post(context_, [this, asked = std::move(asked), context = std::move(context),
                                 on_result = std::move(on_result)]() mutable {
        context.when = now();
        on_result(commands_.execute(asked, context));
        if (sessions_.has_ended_sessions()) housekeep();
    });
}

void shard::remove_all(result_handler on_result) {
    boost::asio::post(context_, [this, on_result = std::move(on_result)] {
        sessions_.end_all(end_reason::deleted, now());
        on_result({.reply = "0"});
        housekeep();
    });
}

void shard::tick_every_second() {
    const auto next = now().second + 1;
    second_timer_.expires_at(settings_.epoch + std::chrono::seconds{next});
    second_timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
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
