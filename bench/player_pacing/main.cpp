// How well prompts keep their pace: plays one to many parties at the same time and compares when packets
// arrive with when they are due. Started by scripts/bench --players.
#include "load/control_channel.hpp"
#include "load/process_usage.hpp"
#include "player_pacing/listener.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <poll.h>

#include <iostream>
#include <stdexcept>

namespace {

using namespace rtpproxy::bench;
using namespace std::chrono_literals;

struct pacing_options {
    std::string server;
    pid_t process = 0;
    std::string prompt;
    unsigned players = 500;
    double seconds = 10;
};

std::optional<pacing_options> read_command_line(int argc, char** argv) {
    namespace po = boost::program_options;
    pacing_options chosen;
    po::options_description all("player_pacing");
    all.add_options()("help", "print this")("server", po::value(&chosen.server)->required(),
                                            "control socket of the relay, a.b.c.d:port")(
        "pid", po::value(&chosen.process)->required(), "process of the relay")(
        "prompt", po::value(&chosen.prompt)->required(), "name of a prompt with frames of PCMU")(
        "players", po::value(&chosen.players)->default_value(chosen.players), "how many parties hear it")(
        "time", po::value(&chosen.seconds)->default_value(chosen.seconds), "for how many seconds");
    po::variables_map given;
    po::store(po::parse_command_line(argc, argv, all), given);
    if (given.count("help") != 0) {
        std::cout << all;
        return std::nullopt;
    }
    po::notify(given);
    return chosen;
}

/// Sends a command until it is answered, a second at a time.
std::string ask(control_channel& channel, const std::string& command) {
    const auto cookie = channel.next_cookie();
    for (int attempt = 0; attempt < 10; ++attempt) {
        channel.send(cookie, command);
        for (const auto end = std::chrono::steady_clock::now() + 1s;
             std::chrono::steady_clock::now() < end;) {
            const auto reply = channel.receive();
            if (reply && reply->cookie == cookie) return std::string(reply->text);
        }
    }
    throw std::runtime_error("no reply to " + command);
}

/// All parties receive at one port: they are told apart by the ports of the relay.
void begin_to_play(control_channel& channel, const pacing_options& options, std::uint16_t port) {
    for (unsigned i = 0; i < options.players; ++i) {
        ask(channel, fmt::format("Uc0 pacing-{} 127.0.0.1 {} f", i, port));
        ask(channel, fmt::format("Lc0 pacing-{} 127.0.0.1 {} f t", i, port));
    }
    for (unsigned i = 0; i < options.players; ++i) {
        const auto reply = ask(channel, fmt::format("P-1 pacing-{} {} 0 f t", i, options.prompt));
        if (!reply.starts_with('0')) throw std::runtime_error("the relay does not play: " + reply);
    }
}

double microseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

void measure(const pacing_options& options) {
    packet_listener listener;
    control_channel channel(parse_host_and_port(options.server));
    begin_to_play(channel, options, listener.port());
    listener.listen(1s);  // until the first prompts are not the only ones any more
    listener.forget();

    const auto before = read_usage(options.process);
    listener.listen(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(options.seconds)));
    const auto used = read_usage(options.process) - before;
    const auto seen = listener.judge(10ms);

    const auto packets = static_cast<double>(seen.lateness.count());
    fmt::print("players heard          {}\n", seen.streams);
    fmt::print("packets                {} ({:.0f}/s), {} missing, {} lost by the listener\n",
               seen.lateness.count(), packets / options.seconds, seen.missing, listener.dropped());
    for (const double q : {0.5, 0.9, 0.99, 0.999})
        fmt::print("late, p{:<5g}            {:.0f} us\n", q * 100, microseconds(seen.lateness.quantile(q)));
    fmt::print("late, at most          {:.0f} us\n", microseconds(seen.lateness.max()));
    fmt::print("drift, at most         {:.1f} us/s\n", seen.largest_drift);
    fmt::print("CPU of the relay       {:.2f} us/packet, {:.0f} % of a CPU\n",
               microseconds(used.cpu) / packets, microseconds(used.cpu) / options.seconds / 1e4);
    fmt::print("context switches       {:.3f}/packet\n",
               static_cast<double>(used.context_switches) / packets);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (const auto options = read_command_line(argc, argv)) measure(*options);
    } catch (const std::exception& failure) {
        std::cerr << "player_pacing: " << failure.what() << '\n';
        return 1;
    }
    return 0;
}
