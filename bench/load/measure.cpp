#include "load/measure.hpp"

#include "load/call_setup.hpp"
#include "load/control_run.hpp"
#include "load/media_run.hpp"
#include "load/packet_sink.hpp"
#include "load/rate_search.hpp"
#include "load/report.hpp"
#include "load/syscall_counter.hpp"

#include <thread>

namespace rtpproxy::bench {
namespace {

namespace json = boost::json;

/// Accounts for the relay's process, if it is known.
class server_account {
  public:
    explicit server_account(const load_options& options) : process_(options.server_process) {
        if (process_ && options.count_system_calls) calls_ = syscall_counter(*process_);
        restart();
    }
    void restart() {
        if (!process_) return;
        before_ = read_usage(*process_);
        calls_before_ = calls_.count();
    }
    void report(json::object& results, std::uint64_t packets) const {
        if (!process_) return;
        server_cost cost{read_usage(*process_) - before_, calls_.count()};
        if (cost.system_calls) *cost.system_calls -= calls_before_.value_or(0);
        results["server"] = describe(cost, packets);
    }
    [[nodiscard]] std::uint64_t resident_bytes() const {
        return process_ ? read_usage(*process_).resident_bytes : 0;
    }

  private:
    std::optional<pid_t> process_;
    syscall_counter calls_;
    process_usage before_;
    std::optional<std::uint64_t> calls_before_;
};

std::unique_ptr<signalling> make_signalling(control_protocol protocol) {
    if (protocol == control_protocol::ng) return make_ng_signalling();
    return make_rtpproxy_signalling();
}

/// A relay that has just been started is done with its own start when it answers.
void await_relay(const load_options& options, const signalling& protocol) {
    control_channel channel{options.server};
    wait_until_ready(channel, protocol, std::chrono::seconds{10});
}

/// Calls that are set up for as long as it lives.
class live_calls {
  public:
    live_calls(const load_options& options, const signalling& protocol, const media_run& run)
        : protocol_(protocol), calls_(make_calls(options.sessions, run.ports())) {
        if (options.protocol == control_protocol::none) {
            connect_directly(calls_);
            return;
        }
        channel_.emplace(options.server);
        set_up(calls_, *channel_, protocol_);
        ask_for_services(calls_, *channel_, options.services, sink_.address());
    }
    ~live_calls() {
        if (channel_) tear_down(calls_, *channel_, protocol_);
    }
    live_calls(const live_calls&) = delete;
    live_calls& operator=(const live_calls&) = delete;

    [[nodiscard]] const std::vector<call>& all() const noexcept { return calls_; }

  private:
    const signalling& protocol_;
    std::vector<call> calls_;
    packet_sink sink_;
    std::optional<control_channel> channel_;
};

/// At least two packets a stream, so that every relay has learned where they come from.
void warm_up(media_run& run, const load_options& options) {
    const auto streams = 2 * static_cast<double>(options.sessions);
    const auto rate = std::min(options.rate, 50'000.0);
    const std::chrono::duration<double> needed{2 * streams / rate};
    (void)run.paced(rate, std::max(options.warm_up, needed));
    std::this_thread::sleep_for(options.rest);
}

void measure_media(media_run& run, const load_options& options, json::object& results) {
    server_account account{options};
    const auto result = options.mode == run_mode::closed ? run.closed_loop(options.in_flight, options.time)
                                                         : run.paced(options.rate, options.time);
    results["media"] = describe(result);
    account.report(results, result.received);
}

void measure_highest_rate(media_run& run, const load_options& options, json::object& results) {
    results["search"] =
        describe(search_rate(run, options.rate / 4, options.rate * 10, {options.time, options.rest}, {}));
}

json::object run_media(const load_options& options, const signalling& protocol) {
    json::object results;
    media_run run{options.sockets};
    if (options.protocol != control_protocol::none) await_relay(options, protocol);
    const server_account account{options};
    const auto empty = account.resident_bytes();
    const live_calls calls{options, protocol, run};
    std::optional<control_probe> probe;
    if (options.probe_interval.count() > 0)
        run.use(probe.emplace(options.server, protocol, options.probe_interval));
    run.use(calls.all());
    warm_up(run, options);
    if (options.mode == run_mode::search)
        measure_highest_rate(run, options, results);
    else
        measure_media(run, options, results);
    if (probe) results["control"] = describe(probe->seen());
    if (options.server_process)
        results["resident_bytes_per_session"] =
            (static_cast<double>(account.resident_bytes()) - static_cast<double>(empty)) /
            static_cast<double>(options.sessions);
    return results;
}

json::object run_control(const load_options& options, const signalling& protocol) {
    json::object results;
    await_relay(options, protocol);
    control_channel channel{options.server};
    const server_account account{options};
    results["control"] = options.mode == run_mode::burst
                             ? describe(run_burst(channel, protocol, options.outstanding))
                             : describe(run_cycles(channel, protocol, options.outstanding, options.time));
    account.report(results, 0);
    return results;
}

}  // namespace

json::object measure(const load_options& options) {
    const auto protocol = make_signalling(options.protocol);
    const bool control = options.mode == run_mode::cycles || options.mode == run_mode::burst;
    auto results = control ? run_control(options, *protocol) : run_media(options, *protocol);
    results["options"] = describe(options);
    return results;
}

}  // namespace rtpproxy::bench
