#include "load/media_run.hpp"

#include <algorithm>
#include <utility>

namespace rtpproxy::bench {
namespace {

using seconds = std::chrono::duration<double>;

constexpr std::size_t most_sent_at_once = wildcard_socket::batch_size;

std::uint64_t total_dropped(const std::deque<wildcard_socket>& sockets) {
    std::uint64_t sum = 0;
    for (const auto& each : sockets)
        sum += each.dropped();
    return sum;
}

bench_clock::duration to_clock(seconds time) {
    return std::chrono::duration_cast<bench_clock::duration>(time);
}

}  // namespace

std::vector<std::uint16_t> media_run::ports() const {
    std::vector<std::uint16_t> all;
    for (const auto& each : sockets_)
        all.push_back(each.port());
    return all;
}

void media_run::use(const std::vector<call>& calls) {
    calls_ = &calls;
    streams_.clear();
    for (std::size_t i = 0; i < calls.size(); ++i)
        for (const auto who : both_parties)
            streams_.push_back({i % sockets_.size(), &calls[i].end(who)});
    check_.emplace(calls);
}

media_result media_run::paced(double rate, seconds time) {
    begin();
    const auto start = bench_clock::now();
    result_.planned = static_cast<std::uint64_t>(rate * time.count());
    std::uint64_t begun = 0;
    auto now = start;
    while (begun < result_.planned && now - start < to_clock(time * 1.5)) {
        const auto due =
            std::min(static_cast<std::uint64_t>(seconds(now - start).count() * rate) + 1, result_.planned);
        for (std::size_t i = 0; i < most_sent_at_once && begun < due; ++i, ++begun) {
            const auto due_at = start + to_clock(seconds(static_cast<double>(begun) / rate));
            result_.lateness.record(now - due_at);
            send(next_stream_, now);
            next_stream_ = (next_stream_ + 1) % static_cast<std::uint32_t>(streams_.size());
        }
        flush();
        receive(false);
        now = tick();
    }
    result_.seconds = seconds(now - start).count();
    finish();
    return result_;
}

media_result media_run::closed_loop(std::size_t in_flight, seconds time) {
    constexpr auto patience = std::chrono::milliseconds{200};
    begin();
    const auto start = bench_clock::now();
    auto now = start;
    auto last_arrival = start - patience;
    while (now - start < to_clock(time)) {
        if (now - last_arrival >= patience) {
            if (last_arrival > start) ++result_.generator_stalls;
            for (std::size_t i = 0; i < in_flight; ++i, ++next_stream_)
                send(next_stream_ %= static_cast<std::uint32_t>(streams_.size()), now);
            last_arrival = now;
        }
        flush();
        if (receive(true) > 0) last_arrival = now;
        now = tick();
    }
    result_.planned = result_.sent;
    result_.seconds = seconds(now - start).count();
    finish();
    return result_;
}

void media_run::begin() {
    ++phase_;
    result_ = {};
    dropped_before_ = total_dropped(sockets_);
    if (probe_ != nullptr) probe_->reset();
}

void media_run::send(std::uint32_t number, bench_clock::time_point now) {
    auto& from = streams_[number];
    auto& socket = sockets_[from.socket];
    if (socket.full()) flush();
    write_packet(socket.add(*from.sender), {phase_, number, from.sent++, now});
    ++result_.sent;
}

void media_run::flush() {
    for (auto& each : sockets_)
        result_.sent -= each.flush();
}

std::size_t media_run::receive(bool refill) {
    std::size_t received = 0;
    for (auto& socket : sockets_) {
        const auto arrivals = socket.receive();
        const auto now = bench_clock::now();
        for (const auto& each : arrivals) {
            const auto arrived = check_->take(each, phase_, result_);
            if (arrived && refill) send(*arrived, now);
        }
        received += arrivals.size();
    }
    return received;
}

/// Collects what is still under way.
void media_run::finish() {
    constexpr auto silence = std::chrono::milliseconds{100};
    constexpr auto longest = std::chrono::seconds{2};
    flush();
    result_.received_in_time = result_.received;
    const auto start = bench_clock::now();
    auto last_arrival = start;
    for (auto now = start; now - last_arrival < silence && now - start < longest; now = tick())
        if (receive(false) > 0) last_arrival = now;
    result_.dropped_here = total_dropped(sockets_) - dropped_before_;
}

bench_clock::time_point media_run::tick() {
    const auto now = bench_clock::now();
    if (probe_ != nullptr) probe_->tick(now);
    return now;
}

}  // namespace rtpproxy::bench
