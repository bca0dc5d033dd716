#include "rtpproxy/engine/server.hpp"

#include "rtpproxy/engine/wildcard_advice.hpp"
#include "rtpproxy/log/log.hpp"
#include "rtpproxy/media/host_addresses.hpp"
#include "rtpproxy/protocol/capabilities.hpp"
#include "rtpproxy/strands/handler_memory.hpp"
#include "rtpproxy/strands/run_strand.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <functional>
#include <utility>
#include <variant>

namespace rtpproxy {
namespace {

constexpr auto rate_interval = std::chrono::seconds{1};
constexpr auto drain_check_interval = std::chrono::milliseconds{100};
constexpr std::size_t helpers = 4;  // so that prompts on one slow file system do not keep all others waiting

/// The sessions whose media an update asks for.
std::vector<session_selector> feed_sources(const session_command& asked) {
    std::vector<session_selector> sources;
    if (const auto* const update = std::get_if<update_command>(&asked))
        for (const auto& each : update->subcommands)
            if (const auto* const copy = std::get_if<copy_from>(&each)) sources.push_back(copy->source);
    return sources;
}

}  // namespace

/// A command on its way to its reply: by a shard and back, if it is about a session. Has the memory for its
/// ways, so that nothing between its beginning and its reply can be lost.
class server::pending_command final : public shard::request {
  public:
    pending_command(server& engine, std::string_view from, std::size_t reply_limit,
                    std::shared_ptr<command_sender> sender)
        : shard::request(from), server_(engine), sender_(std::move(sender)) {
        context.reply_limit = reply_limit;
    }

    void on_waiting() noexcept override {
        run_on(server_.control_.get_executor(), memory_in(way_of_news_),
               [this, self = shared_from_this()]() noexcept { sender_->on_waiting(); });
    }

    void on_result(command_result result) noexcept override {
        result_ = std::move(result);
        run_on(server_.control_.get_executor(), memory_in(way_back_),
               [this, self = shared_from_this()]() noexcept { server_.finish(*this, std::move(result_)); });
    }

    /// Null once it is answered. On the control strand.
    [[nodiscard]] std::shared_ptr<command_sender> take_sender() noexcept { return std::move(sender_); }

    std::size_t awaited = 0;  ///< answers of shards, before it is carried out or answered itself

  private:
    server& server_;
    std::shared_ptr<command_sender> sender_;
    command_result result_;
    handler_memory::room way_of_news_;
    handler_memory::room way_back_;
};

/// `X` on its way to one of the shards.
class server::removal_everywhere final : public shard::removal {
  public:
    removal_everywhere(server& engine, pending_ptr caller) : server_(engine), caller_(std::move(caller)) {}

  private:
    void on_removed() noexcept override {
        run_on(server_.control_.get_executor(), memory_in(way_back_),
               [this, self = shared_from_this()]() noexcept {
                   if (--caller_->awaited == 0) server_.finish(*caller_, {.reply = "0"});
               });
    }

    server& server_;
    const pending_ptr caller_;
    handler_memory::room way_back_;
};

/// Asks the shard of a source session for its media, on behalf of a command.
class server::feed_question final : public shard::feed_request {
  public:
    feed_question(server& engine, pending_ptr for_command, const session_selector& wanted,
                  session_feed::executor for_shard)
        : shard::feed_request(wanted, std::move(for_shard)),
          asking(std::move(for_command)),
          server_(engine) {}

    const pending_ptr asking;
    std::shared_ptr<session_feed> offered;

  private:
    void on_offer(std::shared_ptr<session_feed> offer) noexcept override {
        offered = std::move(offer);
        run_on(server_.control_.get_executor(), memory_in(way_back_),
               [this, self = shared_from_this()]() noexcept { server_.on_offer(*this); });
    }

    server& server_;
    handler_memory::room way_back_;
};

server::server(boost::asio::io_context& control, const server_settings& settings, local_addresses& addresses,
               notifier& notices)
    : control_(control),
      addresses_(addresses),
      notices_(notices),
      settings_(settings),
      parse_context_{addresses, local_address_towards},
      pool_(settings.ports),
      destinations_(pool_, settings.destinations),
      host_addresses_(control),
      session_limit_(settings.max_sessions),
      refusal_(settings.refusal),
      prompts_(settings.prompts, [this](std::function<void()> job) { helpers_.run(std::move(job)); }),
      rate_timer_(control, [this](time_point) { update_rate(); }),
      drain_timer_(control, [this](time_point) { watch_drain(); }) {}

server::~server() {
    stop();
}

boost::asio::io_context& server::make_shard_context() {
    if (settings_.shard_count == 1) return control_;
    return threads_.emplace_back(std::make_unique<context_thread>())->context();
}

void server::guard_port(std::uint16_t port) {
    destinations_.guard_port(port);
    pool_.exclude(port);
}

void server::start(int descriptor_limit) {
    running_ = true;
    watch_host_addresses();
    const auto post_notice = [this](timeout_notice due) {
        boost::asio::post(control_, [this, due = std::move(due)]() mutable {
            ++notices_taken_;
            notices_.post({notify_target{due.target}, std::move(due.text), std::move(due.call_id)});
        });
    };
    auto shard_settings = settings_.shards;
    shard_settings.descriptor_limit = descriptor_limit;
    shard_settings.sessions.limit = &session_limit_;
    shard_settings.sessions.memory = &media_memory_;
    shard_settings.prompts = &prompts_;
    shard_settings.sessions.copies.descriptor_limit = descriptor_limit;
    std::vector<const relay_statistics*> statistics;
    helpers_.start(helpers);
    start_recorder();
    for (std::size_t i = 0; i < settings_.shard_count; ++i) {
        shard_settings.recordings = recorder_ ? &recorder_->channel(i) : nullptr;
        shards_.push_back(
            std::make_unique<shard>(make_shard_context(), shard_settings, pool_, destinations_, post_notice));
        shards_.back()->start();
        statistics.push_back(&shards_.back()->statistics());
    }
    counters_.watch(std::move(statistics), notices_.statistics());
    for (std::size_t i = 0; i < threads_.size(); ++i)
        threads_[i]->start(fmt::format("media-{}", i));
    rate_updated_ = steady_clock::now();
    rate_timer_.set(rate_updated_ + rate_interval);
}

/// Which addresses are ours decides where media may go, so not to know them is no small matter. Asked about
/// one of them the kernel answers, too; but it does not tell when the answer has become another one.
void server::watch_host_addresses() {
    bool at_start = true;
    const auto on_addresses = [this, at_start](const std::vector<boost::asio::ip::address>& present) mutable {
        log::info(log::global, "this host has {} addresses now", present.size());
        destinations_.set_host_addresses(present);
        if (!std::exchange(at_start, false)) return;
        for (const auto& advice : advice_on_wildcards(addresses_.all(), present))
            log::always(log::level::warn, log::global, "{}", advice);
    };
    const auto error = host_addresses_.start(on_addresses);
    if (!error) return;
    log::always(
        log::level::err, log::global,
        "cannot watch the addresses of this host (rtnetlink): {}; each destination of media is looked up "
        "instead, but for calls that exist it is not noticed when an address comes or goes",
        error.message());
    destinations_.ask_for_host_addresses(may_be_host_address);
}

void server::stop() {
    if (!std::exchange(running_, false)) return;
    host_addresses_.stop();
    rate_timer_.cancel();
    drain_timer_.cancel();
    if (threads_.empty()) {
        for (auto& only : shards_)
            only->close();
    }
    for (std::size_t i = 0; i < threads_.size(); ++i)
        threads_[i]->end_with([this, i] {
            if (i < shards_.size()) shards_[i]->close();
        });
    for (auto& thread : threads_)
        thread->join();
    stop_recorder();
    helpers_.stop();
    log_drops();
}

void server::start_recorder() {
    if (!settings_.recording) return;
    auto chosen = *settings_.recording;
    chosen.local_address_towards = local_address_towards;
    recorder_.emplace(std::move(chosen));
    recorder_->start(settings_.shard_count);
}

/// The sessions have ended, and so have their recordings; now they are written to the last octet.
void server::stop_recorder() {
    if (!recorder_) return;
    recorder_->stop();
    const auto [written, lost] = recorder_->statistics();
    log::always(log::level::info, log::global, "recording since the start: {} packets written, {} missing",
                written, lost);
}

/// What was not relayed since the start, and why.
void server::log_drops() const {
    for (std::size_t reason = 0; reason < drop_reason_count; ++reason)
        if (const auto packets = counters_.drops(static_cast<drop_reason>(reason)))
            log::always(log::level::info, log::global, "dropped since the start: {}: {} packets",
                        to_string(static_cast<drop_reason>(reason)), packets);
    if (const auto errors = counters_.receive_errors())
        log::always(log::level::info, log::global, "receive errors since the start: {}", errors);
    if (const auto refused = counters_.sessions_refused())
        log::always(log::level::info, log::global, "sessions refused since the start (max_sessions): {}",
                    refused);
    const auto& notices = notices_.statistics();
    if (notices.lost != 0)
        log::always(log::level::info, log::global, "notices since the start: {} sent, {} lost", notices.sent,
                    notices.lost);
}

void server::drain(std::function<void()> on_drained) {
    if (std::exchange(draining_, true)) return;
    on_drained_ = std::move(on_drained);
    log::warn(log::global, "no new sessions from now on; waiting for {} to end", counters_.live_sessions());
    watch_drain();
}

/// A command on its way to a shard may still create a session, and one on its way back has a reply to give;
/// the last session may have left a notice.
bool server::is_drained() const {
    return counters_.commands.received == counters_.commands.replied && counters_.live_sessions() == 0 &&
           notices_taken_ == counters_.notices_posted() && notices_.idle();
}

void server::watch_drain() {
    if (!is_drained()) return drain_timer_.set(steady_clock::now() + drain_check_interval);
    std::exchange(on_drained_, nullptr)();
}

void server::update_rate() {
    const auto now = steady_clock::now();
    rate_timer_.set(now + rate_interval);
    const auto passed = now - std::exchange(rate_updated_, now);
    counters_.update_rate(std::chrono::duration<double>{passed}.count());
    update_load(passed);
    watch_capacity();
}

/// The CPU time of the threads that carry media, whatever they spent it on.
void server::update_load(duration passed) {
    duration used{};
    for (const auto& each : shards_)
        used += each->cpu_time();
    load_.add(used - std::exchange(cpu_time_used_, used), passed, shards_.size());
}

void server::watch_capacity() {
    const auto live = counters_.live_sessions();
    if (warn_above_ == 0 || live <= warn_above_) return;
    log::warn(log::global,
              "{} sessions are live: more than four fifths of what ports, open files and max_sessions allow",
              live);
    warn_above_ = 0;
}

void server::count_retransmission() noexcept {
    ++counters_.commands.retransmitted;
}

void server::execute(std::string_view text, const command_origin& origin, std::size_t cookie_octets,
                     std::shared_ptr<command_sender> sender) noexcept {
    ++counters_.commands.received;
    log::dbug(log::global, "command \"{}\"", text);
    constexpr std::size_t newline = 1;
    const auto reply_limit = max_reply_octets - newline - cookie_octets;
    pending_ptr caller;
    try {
        caller = std::make_shared<pending_command>(*this, text, reply_limit, sender);
        begin(caller, origin);
    } catch (...) {
        log_exception("engine", "a command");
        command_result failed{.reply = memory_reply, .success = false};
        if (caller)
            finish(*caller, std::move(failed));
        else
            answer(*sender, std::move(failed));
    }
}

/// What throws has not sent the command anywhere.
void server::begin(const pending_ptr& caller, const command_origin& origin) {
    auto parsed = parse_command(caller->text(), parse_context_);
    if (!parsed) {
        log::err(log::global, "E{} for command \"{}\"", static_cast<int>(parsed.error()), caller->text());
        return finish(*caller, failure(parsed.error()));
    }
    std::visit([&](auto& asked) { run(asked, caller, origin); }, *parsed);
}

void server::finish(pending_command& answered, command_result result) noexcept {
    if (const auto sender = answered.take_sender()) answer(*sender, std::move(result));
}

void server::answer(command_sender& sender, command_result result) noexcept {
    ++(result.success ? counters_.commands.succeeded : counters_.commands.failed);
    ++counters_.commands.replied;
    if (result.call_refused && refusal_ == call_refusal::silence) {
        log::dbug(log::global, "no reply, in place of \"{}\"", result.reply);
        return sender.on_silence(std::move(result.reply));
    }
    if (result.call_refused && refusal_ == call_refusal::failover) result.reply = failover_reply;
    log::dbug(log::global, "reply \"{}\"", result.reply);
    sender.on_reply(std::move(result.reply));
}

// Commands about the server.

void server::run(const version_command&, const pending_ptr& caller, const command_origin&) {
    finish(*caller, {.reply = std::string{base_version}});
}

void server::run(const capability_command& asked, const pending_ptr& caller, const command_origin&) {
    finish(*caller, {.reply = has_capability(asked.date, notices_.configured()) ? "1" : "0"});
}

void server::run(const info_command& asked, const pending_ptr& caller, const command_origin&) {
    const auto load = asked.with_load ? std::optional(load_.value()) : std::nullopt;
    finish(*caller, {.reply = counters_.format_summary(load)});
}

void server::run(const statistics_command& asked, const pending_ptr& caller, const command_origin&) {
    std::string reply;
    for (const auto name : asked.names) {
        if (!reply.empty()) reply += ' ';
        if (asked.verbose) fmt::format_to(std::back_inserter(reply), "{}=", to_string(name));
        reply += counters_.format(name);
    }
    if (reply.size() > caller->context.reply_limit)
        return finish(*caller, failure(protocol_error::statistics_reply_too_long));
    finish(*caller, {.reply = std::move(reply)});
}

void server::run(const delete_all_command&, const pending_ptr& caller, const command_origin&) {
    std::vector<std::shared_ptr<removal_everywhere>> removals;
    for (std::size_t i = 0; i < shards_.size(); ++i)
        removals.push_back(std::make_shared<removal_everywhere>(*this, caller));
    caller->awaited = shards_.size();
    for (std::size_t i = 0; i < shards_.size(); ++i)
        shards_[i]->send(std::move(removals[i]));
}

// Commands about a session.

std::optional<timeout_notice> server::permitted_notice(const update_command& asked,
                                                       const command_origin& origin) {
    if (!asked.notify) return std::nullopt;
    const auto target = notices_.resolve(asked.notify->socket, origin);
    if (!target) {
        log::warn(asked.session.call_id, "notify socket {} is not permitted: no notice will be sent",
                  asked.notify->socket);
        return std::nullopt;
    }
    return timeout_notice{target->id, asked.notify->tag};
}

void server::run(update_command& asked, const pending_ptr& caller, const command_origin& origin) {
    if (asked.notify && !notices_.configured())
        return finish(*caller, failure(protocol_error::notification_disabled));
    caller->context.on_timeout = permitted_notice(asked, origin);
    caller->asked = std::move(asked);
    run_on_shard(caller);
}

template <std::convertible_to<session_command> SessionCommand>
void server::run(SessionCommand& asked, const pending_ptr& caller, const command_origin&) {
    caller->asked = std::move(asked);
    run_on_shard(caller);
}

shard& server::shard_of(std::string_view call_id) noexcept {
    if (shards_.size() == 1) return *shards_.front();
    return *shards_[std::hash<std::string_view>{}(call_id) % shards_.size()];
}

void server::run_on_shard(const pending_ptr& sent) {
    sent->context.accept_new_sessions = !draining_;
    send_with_feeds(sent);
}

/// Sends a command to its shard, after asking the shards of the sessions that `&& C` names for their media.
void server::send_with_feeds(const pending_ptr& sent) {
    auto& owner = shard_of(call_id_of(sent->asked));
    const auto sources = feed_sources(sent->asked);
    if (sources.empty()) return owner.send(sent);

    std::vector<std::shared_ptr<feed_question>> questions;
    for (const auto& source : sources)
        questions.push_back(std::make_shared<feed_question>(*this, sent, source, owner.strand()));
    sent->context.feeds.reserve(sources.size());
    sent->awaited = sources.size();
    for (auto& each : questions)
        shard_of(each->source.call_id).send(each);
}

void server::on_offer(feed_question& answered) noexcept {
    const auto& asking = answered.asking;
    if (answered.offered)  // there is room
        asking->context.feeds.push_back({answered.source, std::move(answered.offered)});
    if (--asking->awaited == 0) shard_of(call_id_of(asking->asked)).send(asking);
}

}  // namespace rtpproxy
