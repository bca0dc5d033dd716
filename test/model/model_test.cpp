#define BOOST_TEST_MODULE model

// Random commands, media and time against the session model: the proxy has to answer what the model says.
//
// RTPPROXY_MODEL_COMMANDS and RTPPROXY_MODEL_SEED in the environment change how many and which.

#include "rtpproxy/log/sinks.hpp"

#include "random_requests.hpp"
#include "session_model.hpp"
#include "support/command_script.hpp"
#include "support/rtp_packets.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iterator>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

constexpr unsigned steps_in_an_episode = 150;
constexpr std::uint16_t first_port = 30000;
constexpr std::size_t pairs = 10;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Local addresses, as the proxy and as the model has them.
struct configuration {
    local_addresses book;
    model::rules rules;
    session_settings settings;
};

configuration labelled_addresses() {
    return {local_addresses({make_local("127.0.0.1"), make_local("127.0.0.5", "9.9.9.9", "foo"),
                             make_local("::1", {}, "six")}),
            {.addresses = {{" 127.0.0.1", ""}, {" 9.9.9.9", "foo"}, {" ::1 6", "six", true}}},
            {}};
}

configuration bridged_addresses() {
    return {
        {make_local("10.0.0.1"), make_local("203.0.113.1"), {make_local("::1", {}, "six")}},
        {.addresses = {{" 10.0.0.1", ""}, {" 203.0.113.1", ""}, {" ::1 6", "six", true}}, .bridging = true},
        {}};
}

configuration any_address() {
    return {local_addresses({make_local("0.0.0.0")}), {.addresses = {{"", ""}}}, {}};
}

configuration choose(std::uint64_t number) {
    auto chosen = number % 3 == 0   ? any_address()
                  : number % 3 == 1 ? labelled_addresses()
                                    : bridged_addresses();
    chosen.rules.pairs = pairs;
    chosen.settings.ttl = chosen.rules.ttl = 9;
    chosen.settings.setup_ttl = chosen.rules.setup_ttl = 6;
    chosen.settings.hold_ttl = chosen.rules.hold_ttl = 14;
    chosen.rules.independent = number / 3 % 2 == 1;
    chosen.settings.ttl_mode =
        chosen.rules.independent ? inactivity::mode::independent : inactivity::mode::shared;
    chosen.settings.learning.standard = static_cast<learning_policy>(number / 18 % 3);
    chosen.settings.max_call_duration = chosen.rules.longest_call = number / 6 % 3 == 1 ? 20 : 0;
    return chosen;
}

std::vector<std::string> split(std::string_view reply) {
    std::vector<std::string> parts;
    for (auto at = reply.find(" && "); at != std::string_view::npos; at = reply.find(" && ")) {
        parts.emplace_back(reply.substr(0, at));
        reply.remove_prefix(at + 4);
    }
    parts.emplace_back(reply);
    return parts;
}

/// One proxy and one model from their start on. What happened is written down for the case of a failure.
class episode {
  public:
    episode(const configuration& chosen, std::uint64_t seed)
        : script_(chosen.book, chosen.settings,
                  {.min = first_port, .max = first_port + 2 * (pairs - 1), .sequential = true}),
          model_(chosen.rules),
          random_(model_.configured(), seed) {
        script_.take_ports_from_pool();
    }

    /// False when the two disagree; `story()` tells on what.
    bool run() {
        for (unsigned i = 0; i < steps_in_an_episode; ++i)
            if (!step() || !same_sessions()) return false;
        return true;
    }

    [[nodiscard]] const std::string& story() const { return story_; }
    [[nodiscard]] unsigned commands() const { return commands_; }
    /// Replies that were no errors.
    [[nodiscard]] unsigned successes() const { return successes_; }
    [[nodiscard]] unsigned timeouts() const { return timeouts_; }

  private:
    bool step() {
        if (random_.one_in(8)) return pass(1 + random_.below(4));
        if (random_.one_in(8)) return receive();
        if (random_.one_in(60)) return fail_next_open();
        if (random_.one_in(200)) return drain();
        return command(random_.next());
    }

    bool fail(const std::string& what) {
        story_ += "  DISAGREEMENT: " + what + "\n";
        return false;
    }

    // Commands.

    bool command(const model::request& wanted) {
        const auto text = to_text(wanted);
        const auto reply = script_(text);
        story_ += "> " + text + "\n< " + reply + "\n";
        ++commands_;
        if (reply.front() != 'E') ++successes_;
        const auto expected = model_.execute(wanted);
        const auto parts = split(reply);
        if (parts.size() != expected.size())
            return fail("expected " + std::to_string(expected.size()) + " parts");
        for (std::size_t i = 0; i < parts.size(); ++i)
            if (!same(parts[i], expected[i])) return false;
        return true;
    }

    bool same(const std::string& part, const model::reply_part& expected) {
        if (!expected.of) return part == expected.text || fail("expected " + expected.text);
        unsigned port = 0;
        const auto* const end = part.data() + part.size();
        const auto parsed = std::from_chars(part.data(), end, port);
        const auto& suffix = model_.configured().addresses[expected.address].reply;
        if (std::string_view(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr)) != suffix)
            return fail("expected a port and \"" + suffix + "\"");
        auto& leg = expected.of->legs[expected.faces];
        if (expected.fresh) return take(port, leg, expected.address);
        const auto known = expected.port != 0 ? expected.port : leg.port;
        return port == known || fail("expected port " + std::to_string(known));
    }

    bool take(unsigned port, model::leg& leg, std::size_t address) {
        if (port < first_port || port >= first_port + 2 * pairs || port % 2 != 0) return fail("out of range");
        if (model_.in_use(address, port, leg)) return fail("this port has been given away");
        leg.port = port;
        leg.port_address = address;
        return true;
    }

    // Time, media and faults.

    bool pass(unsigned seconds) {
        story_ += "+" + std::to_string(seconds) + "\n";
        for (; seconds > 0; --seconds) {
            auto expected = model_.pass_second();
            timeouts_ += static_cast<unsigned>(expected.size());
            script_.notices.clear();
            script_.pass(1s);
            std::vector<std::string> sent;
            for (const auto& notice : script_.notices)
                sent.push_back(notice.text);
            std::ranges::sort(sent);
            std::ranges::sort(expected);
            if (sent != expected) return fail("other notices");
        }
        return true;
    }

    const simulated_plane::pair* pair_of(const model::leg& leg) const {
        const auto& local = script_.addresses.all()[leg.address];
        const auto has_port = [&](const auto& entry) {
            return entry.second.rtp_port == leg.port && entry.second.local->address == local->address;
        };
        const auto found = std::ranges::find_if(script_.plane.pairs, has_port);
        return found == script_.plane.pairs.end() ? nullptr : &found->second;
    }

    bool receive() {
        const auto& sessions = model_.sessions();
        if (sessions.empty()) return true;
        auto& chosen = *sessions[random_.below(static_cast<unsigned>(sessions.size()))];
        const auto from = random_.one_in(2) ? model::caller : model::callee;
        const auto& leg = chosen.legs[from];
        if (!leg.open || leg.remote.empty()) return true;
        const auto blank = leg.remote.find(' ');
        const auto source = make_endpoint(leg.remote.substr(0, blank),
                                          static_cast<std::uint16_t>(std::stoi(leg.remote.substr(blank))));
        story_ += "RTP at " + std::to_string(leg.port) + " from " + leg.remote + "\n";
        const auto* pair = pair_of(leg);
        if (pair == nullptr) return fail("no such port");
        const auto& out = chosen.legs[from == model::caller ? model::callee : model::caller];
        const bool relayed = chosen.complete() && !out.remote.empty();
        model_.receive(chosen, from);
        // Each of another SSRC, so that re-framing does not wait for one before it.
        const auto number = sequence_++;
        const auto to = script_.packet(source, *pair, component::rtp,
                                       make_rtp({.ssrc = number, .sequence_number = number}));
        if (to.has_value() != relayed) return fail(relayed ? "not relayed" : "relayed");
        if (!to) return true;
        const auto text = to->address().to_string() + " " + std::to_string(to->port());
        return text == out.remote || fail("relayed to " + text + " instead of " + out.remote);
    }

    bool fail_next_open() {
        story_ += "the next ports cannot be opened\n";
        script_.plane.next_error = make_error_code(boost::system::errc::too_many_files_open);
        model_.fail_next_open();
        return true;
    }

    bool drain() {
        script_.accept_new_sessions = !script_.accept_new_sessions;
        story_ += script_.accept_new_sessions ? "new sessions again\n" : "no new sessions\n";
        model_.accept_new_sessions(script_.accept_new_sessions);
        return true;
    }

    bool same_sessions() {
        if (script_.manager.live_sessions() != model_.sessions().size())
            return fail("other sessions are left");
        std::size_t open = 0;
        for (const auto& session : model_.sessions()) {
            for (const auto& leg : session->legs) {
                if (!leg.open) continue;
                ++open;
                if (pair_of(leg) == nullptr) return fail("port " + std::to_string(leg.port) + " is closed");
            }
        }
        return open == script_.plane.pairs.size() || fail("other ports are open");
    }

    command_script script_;
    model::session_model model_;
    model::random_requests random_;
    std::string story_;
    unsigned commands_ = 0;
    unsigned successes_ = 0;
    unsigned timeouts_ = 0;
    std::uint16_t sequence_ = 1;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_proxy_answers_what_the_model_says) {
    const auto wanted = from_environment("RTPPROXY_MODEL_COMMANDS", 100'000);
    const auto first_seed = from_environment("RTPPROXY_MODEL_SEED", 1);
    log::set_threshold(log::level::crit);
    std::uint64_t commands = 0;
    std::uint64_t successes = 0;
    std::uint64_t timeouts = 0;
    auto seed = first_seed;
    for (; commands < wanted; ++seed) {
        episode one(choose(seed), seed);
        const bool agreed = one.run();
        BOOST_TEST_REQUIRE(agreed, "with RTPPROXY_MODEL_SEED=" << seed << " RTPPROXY_MODEL_COMMANDS=1:\n"
                                                               << one.story());
        commands += one.commands();
        successes += one.successes();
        timeouts += one.timeouts();
    }
    BOOST_TEST_MESSAGE(commands << " commands, seeds " << first_seed << " to " << seed - 1 << ": "
                                << successes << " successful, " << timeouts << " notices");
    // What the comparison is worth: most commands do something, and sessions end by themselves, too.
    BOOST_TEST(successes > commands / 2);
    BOOST_TEST(successes < commands);
    if (commands >= 10'000) BOOST_TEST(timeouts > commands / 1000);
}
