#include "load/call_setup.hpp"

#include "load/ipv4.hpp"

#include <boost/algorithm/string/replace.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace rtpproxy::bench {
namespace {

constexpr pipeline::options patient{.outstanding = 16};

/// Begins with `what` for each call in turn.
pipeline::source for_each_call(std::span<call> calls, step what) {
    return [calls, what, next = std::size_t{0}]() mutable -> std::optional<transaction> {
        if (next == calls.size()) return std::nullopt;
        return transaction{what, &calls[next++]};
    };
}

/// The port in the reply to a party's description is the one its opposite sends to.
void take_port(const transaction_outcome& outcome) {
    const auto& [what, about] = outcome.done;
    if (!outcome.reply.ok || !outcome.reply.media)
        throw std::runtime_error(std::string(outcome.answered ? "the relay refused" : "no reply to") +
                                 (what == step::offer ? " the offer of " : " the answer of ") + about->id);
    about->end(opposite(signalled_party(what))).relay = *outcome.reply.media;
}

/// The reply to one command, without its end; empty when there is none.
std::string ask(control_channel& channel, std::string_view command) {
    constexpr int attempts = 5;
    const auto cookie = channel.next_cookie();
    for (int attempt = 0; attempt < attempts; ++attempt) {
        channel.send(cookie, command);
        const auto patience = bench_clock::now() + patient.timeout;
        while (bench_clock::now() < patience) {
            const auto reply = channel.receive();
            if (!reply || reply->cookie != cookie) continue;
            return std::string(reply->text.substr(0, reply->text.find('\n')));
        }
    }
    return {};
}

}  // namespace

void wait_until_ready(control_channel& channel, const signalling& protocol, std::chrono::seconds patience) {
    const auto attempts = static_cast<int>(patience / std::chrono::milliseconds{100});
    pipeline ping{channel, protocol, {1, std::chrono::milliseconds{100}, attempts}};
    call nobody;
    bool asked = false;
    bool answered = false;
    ping.run(
        [&]() -> std::optional<transaction> {
            if (std::exchange(asked, true)) return std::nullopt;
            return transaction{step::ping, &nobody};
        },
        [&](const transaction_outcome& outcome) {
            answered = outcome.answered;
            return std::nullopt;
        });
    if (!answered) throw std::runtime_error("the relay does not answer on its control port");
}

void set_up(std::span<call> calls, control_channel& channel, const signalling& protocol) {
    pipeline commands{channel, protocol, patient};
    commands.run(for_each_call(calls, step::offer),
                 [](const transaction_outcome& outcome) -> std::optional<transaction> {
                     take_port(outcome);
                     if (outcome.done.what == step::answer) return std::nullopt;
                     return transaction{step::answer, outcome.done.about};
                 });
}

void ask_for_services(std::span<const call> calls, control_channel& channel,
                      std::span<const std::string> commands, const sockaddr_in& sink) {
    for (const auto& about : calls) {
        for (auto command : commands) {
            boost::replace_all(command, "{call}", about.id);
            boost::replace_all(command, "{sink_host}", host_text(sink));
            boost::replace_all(command, "{sink_port}", std::to_string(port_of(sink)));
            const auto reply = ask(channel, command);
            if (reply.empty() || reply.front() == 'E' || reply.find("&& -1") != reply.npos)
                throw std::runtime_error("the relay answers '" + reply + "' to: " + command);
        }
    }
}

void tear_down(std::span<call> calls, control_channel& channel, const signalling& protocol) {
    pipeline commands{channel, protocol, patient};
    commands.run(for_each_call(calls, step::remove), [](const transaction_outcome&) { return std::nullopt; });
}

}  // namespace rtpproxy::bench
