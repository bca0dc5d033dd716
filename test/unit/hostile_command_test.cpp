#define BOOST_TEST_MODULE hostile_command
#include "support/command_parsing.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

using namespace rtpproxy;
using namespace rtpproxy::test;
using enum protocol_error;

namespace {

/// All commands that controllers were seen to send: the lines of the files that are no comments.
std::vector<std::string> captured_commands() {
    std::vector<std::string> commands;
    for (const auto& file : std::filesystem::directory_iterator(RTPPROXY_TEST_DATA "/controllers")) {
        std::ifstream lines(file.path(), std::ios::binary);
        for (std::string line; std::getline(lines, line);) {
            if (!line.empty() && line.front() != '#') commands.push_back(line);
        }
    }
    std::ranges::sort(commands);
    return commands;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string result;
    for (; times > 0; --times)
        result += text;
    return result;
}

/// Changes, drops, doubles or inserts a few octets, at times those that mean something to the parser.
class mutator {
  public:
    explicit mutator(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }

    std::string operator()(std::string text) {
        for (auto changes = 1 + below(6); changes > 0; --changes)
            change(text);
        return text;
    }

  private:
    char octet() {
        static constexpr std::string_view telling = " \t\n&%+-.:;,={}[]0123456789aAcCeEiIlLrRsStTzZ";
        return below(4) == 0 ? static_cast<char>(below(256)) : telling[below(telling.size())];
    }

    void change(std::string& text) {
        const auto at = below(text.size() + 1);
        switch (below(5)) {
            case 0:
                text.insert(at, 1, octet());
                break;
            case 1:
                text.erase(at, below(8));
                break;
            case 2:
                text.insert(at, text.substr(below(text.size() + 1), below(32)));
                break;
            case 3:
                text.insert(at, " && ");
                break;
            default:
                if (at < text.size()) text[at] = octet();
        }
    }

    std::mt19937 random_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(captured_commands_are_understood) {
    command_parsing parser(bridging());
    std::size_t garbled = 0;
    const auto commands = captured_commands();
    BOOST_TEST(commands.size() > 150U);
    for (const auto& text : commands) {
        BOOST_TEST_CONTEXT(text) {
            if (text.find("R127.0.0.1") != std::string::npos) {
                BOOST_TEST(parser.outcome(text) ==
                           format_error(no_route));  // no route to loopback in this test
            } else if (is_ascii(text)) {
                BOOST_TEST(parser.outcome(text) == "ok");
            } else {
                ++garbled;
                BOOST_TEST(parser.outcome(text) == format_error(bad_update_modifier));
            }
        }
    }
    BOOST_TEST(garbled == 1U);
}

BOOST_AUTO_TEST_CASE(at_most_23_words) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(parser.outcome("G" + repeated(" pps_in", 22)) == "ok");
    parser.bad("G" + repeated(" pps_in", 23), syntax);
    parser.bad("V" + repeated(" x", 22), argument_count);
    parser.bad("V" + repeated(" x", 23), syntax);
    const std::string update = "U c 10.0.0.1 1 f t && ";
    BOOST_TEST(parser.outcome(update + "M3:1" + repeated(" x", 22)) == "ok");
    parser.bad(update + "M3:1" + repeated(" x", 23), syntax);
    parser.bad("G" + repeated(" pps_in", 22) + " && M3:1" + repeated(" x", 23), syntax);
}

BOOST_AUTO_TEST_CASE(at_most_15_subcommands) {
    command_parsing parser(ipv4_only());
    BOOST_TEST(parser.ok<query_command>("Q c f" + repeated(" && D", 15)).subcommands.size() == 15U);
    parser.bad("Q c f" + repeated(" && D", 16), syntax);
    parser.bad("?" + repeated(" && D", 16), syntax);
}

BOOST_AUTO_TEST_CASE(at_most_8191_octets) {
    command_parsing parser(ipv4_only());
    const std::string longest = "D " + std::string(max_command_octets - 4, 'c') + " f";
    BOOST_TEST(longest.size() == max_command_octets);
    BOOST_TEST(parser.outcome(longest) == "ok");
    parser.bad(longest + "f", syntax);
    parser.bad(longest + " ", syntax);
}

BOOST_AUTO_TEST_CASE(floods_are_refused) {
    command_parsing parser(ipv4_only());
    for (const auto* unit : {"x", " ", "x ", "&& ", "&&", "\n", "%", "\xff", "U c 10.0.0.1 1 f t && "})
        parser.bad(repeated(unit, 65536), syntax);
    parser.bad(repeated("x ", 4000), syntax);
    parser.bad(repeated("&& ", 2700), syntax);
    parser.bad(std::string(65536, '\0'), syntax);
    parser.bad(std::string(4096, '\0'), syntax);
    parser.bad("U" + std::string(8000, '6') + " c 10.0.0.1 1 f", no_address_of_family);
    parser.bad("Uz" + std::string(8000, '9') + " c 10.0.0.1 1 f", bad_ptime);
    parser.bad("Ul" + std::string(8000, '1') + " c 10.0.0.1 1 f", unusable_local_address);
    parser.bad("Ul[" + std::string(8000, ':') + "] c 10.0.0.1 1 f", unusable_local_address);
    parser.bad("U c 10.0.0.1 " + std::string(8000, '9') + " f", bad_remote_address);
    BOOST_TEST(
        parser.ok<update_command>("U c " + std::string(8000, '1') + " 1 f").update.remote.has_value() ==
        false);
}

BOOST_AUTO_TEST_CASE(addresses_named_by_the_controller_do_not_pile_up) {
    command_parsing parser(ipv4_only());
    for (int i = 0; i < 65536; ++i) {
        const auto local = "127." + std::to_string(i % 256) + "." + std::to_string(i / 256) + ".9";
        BOOST_TEST_REQUIRE(parser.outcome("Ul" + local + " c 10.0.0.1 1 f") == "ok");
    }
    BOOST_TEST(parser.addresses.all().size() <= local_addresses::remembered_limit + 1);
}

BOOST_AUTO_TEST_CASE(every_prefix_of_a_captured_command_is_answered) {
    command_parsing parser(bridging());
    for (const auto& text : captured_commands()) {
        for (std::size_t length = 0; length <= text.size(); ++length)
            BOOST_TEST_REQUIRE(!parser.outcome(std::string_view(text).substr(0, length)).empty());
    }
}

BOOST_AUTO_TEST_CASE(mutated_commands_are_answered) {
    constexpr unsigned seed = 20040107;
    command_parsing parser(bridging());
    mutator mutate(seed);
    auto lines = captured_commands();
    for (const auto* text :
         {"Ul{six}r[2001:db8::1]z20c0,8t30T40 c 10.0.0.1 1000 f t sock t%41g && L6l[::1] ::5 2000 && C a b c "
          "&& Sr ttl=5",
          "Qv c f t ttl rtpa_jmax && D && M3:1 tag 101 h", "Gv nsess_created pps_in", "P-1 c p session f t",
          "Csp c udp:1.2.3.4:5 f t", "Na c f", "Ilb", "VF 20040107"})
        lines.emplace_back(text);
    std::size_t accepted = 0;
    for (int round = 0; round < 200'000; ++round) {
        const auto text = mutate(lines[mutate.below(lines.size())]);
        const auto split = split_cookie(text);
        accepted += parser.parse(text).has_value();
        accepted += parser.parse(split.command).has_value();
    }
    // Both outcomes must be frequent, or the mutations miss what they are for.
    BOOST_TEST(accepted > 20'000U);
    BOOST_TEST(accepted < 380'000U);
}

BOOST_AUTO_TEST_CASE(random_octets_are_answered) {
    constexpr unsigned seed = 20050322;
    command_parsing parser(labelled());
    mutator random(seed);
    for (int round = 0; round < 50'000; ++round) {
        std::string text(random.below(64), '\0');
        for (auto& c : text)
            c = static_cast<char>(random.below(256));
        BOOST_TEST_REQUIRE(!parser.outcome(text).empty());
    }
}
