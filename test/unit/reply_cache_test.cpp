#define BOOST_TEST_MODULE reply_cache
#include "rtpproxy/control/reply_cache.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>

using namespace rtpproxy;
using namespace std::chrono_literals;
using state = reply_cache::state;

namespace {

const time_point start{1000s};

endpoint peer(const char* address = "192.0.2.1", std::uint16_t port = 5000) {
    return {boost::asio::ip::make_address(address), port};
}

struct fixture {
    reply_cache cache;

    std::map<std::pair<endpoint, std::string>, reply_cache::ticket> tickets;

    state begin(const std::string& cookie, duration after = 0s, const endpoint& from = peer()) {
        const auto found = cache.begin(from, cookie, "V", start + after);
        if (found.what == state::fresh) tickets[{from, cookie}] = found.number;
        return found.what;
    }
    void complete(const std::string& cookie, std::string_view with, const endpoint& from = peer()) {
        cache.complete(tickets.at({from, cookie}), with);
    }
    std::string reply(const std::string& cookie, duration after = 0s, const endpoint& from = peer()) {
        const auto found = cache.begin(from, cookie, "V", start + after);
        BOOST_TEST_REQUIRE((found.what == state::answered));
        return std::string(found.reply);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cache, fixture)

BOOST_AUTO_TEST_CASE(first_copy_is_fresh_then_in_progress_then_answered) {
    BOOST_TEST((begin("c1") == state::fresh));
    BOOST_TEST((begin("c1", 1s) == state::in_progress));
    complete("c1", "30000 192.0.2.9");
    BOOST_TEST(reply("c1", 2s) == "30000 192.0.2.9");
    BOOST_TEST(reply("c1", 3s) == "30000 192.0.2.9");
}

BOOST_AUTO_TEST_CASE(empty_reply_counts_as_answered) {
    begin("c1");
    complete("c1", "");
    BOOST_TEST(reply("c1").empty());
}

BOOST_AUTO_TEST_CASE(first_reply_stays) {
    begin("c1");
    complete("c1", "1");
    complete("c1", "2");
    BOOST_TEST(reply("c1") == "1");
}

BOOST_AUTO_TEST_CASE(peers_and_cookies_are_told_apart) {
    begin("c1");
    BOOST_TEST((begin("c2") == state::fresh));
    BOOST_TEST((begin("c") == state::fresh));
    BOOST_TEST((begin("c1", 0s, peer("192.0.2.1", 5001)) == state::fresh));
    BOOST_TEST((begin("c1", 0s, peer("192.0.2.2")) == state::fresh));
    BOOST_TEST((begin("c1", 0s, peer("2001:db8::1")) == state::fresh));
    BOOST_TEST((begin("c1", 0s, peer("2001:db8::2")) == state::fresh));
    complete("c1", "two", peer("192.0.2.2"));
    BOOST_TEST((begin("c1") == state::in_progress));
    BOOST_TEST(reply("c1", 0s, peer("192.0.2.2")) == "two");
}

BOOST_AUTO_TEST_CASE(another_command_under_the_same_cookie_is_one_of_its_own) {
    const auto one = cache.begin(peer(), "c1", "Uc0 one 192.0.2.4 4000 a;1", start);
    const auto two = cache.begin(peer(), "c1", "Uc0 two 192.0.2.5 5000 x;1", start);
    BOOST_TEST((two.what == state::fresh));
    BOOST_TEST((cache.begin(peer(), "c1", "Uc0 one 192.0.2.4 4000 a;1", start).what == state::in_progress));
    cache.complete(two.number, "30002");
    BOOST_TEST((cache.begin(peer(), "c1", "Uc0 one 192.0.2.4 4000 a;1", start).what == state::in_progress));
    cache.complete(one.number, "30000");
    BOOST_TEST(cache.begin(peer(), "c1", "Uc0 one 192.0.2.4 4000 a;1", start).reply == "30000");
    BOOST_TEST(cache.begin(peer(), "c1", "Uc0 two 192.0.2.5 5000 x;1", start).reply == "30002");
}

BOOST_AUTO_TEST_CASE(cookie_and_command_do_not_run_into_each_other) {
    BOOST_TEST((cache.begin(peer(), "c1", "V", start).what == state::fresh));
    BOOST_TEST((cache.begin(peer(), "c1V", "", start).what == state::fresh));
    BOOST_TEST((cache.begin(peer(), "c", "1 V", start).what == state::fresh));
    BOOST_TEST((cache.begin(peer(), "c1", "", start).what == state::fresh));
    BOOST_TEST((cache.begin(peer(), "c1", "V", start).what == state::in_progress));
}

BOOST_AUTO_TEST_CASE(entry_lives_35_seconds_from_the_first_copy) {
    begin("c1");
    complete("c1", "0");
    BOOST_TEST(reply("c1", 34999ms) == "0");
    BOOST_TEST((begin("c1", 35s) == state::fresh));
}

BOOST_AUTO_TEST_CASE(late_completion_of_a_forgotten_command_is_ignored) {
    begin("c1");
    begin("c2", 40s);
    complete("c1", "0");
    BOOST_TEST(cache.size() == 1u);
    BOOST_TEST((begin("c1", 40s) == state::fresh));
}

BOOST_AUTO_TEST_CASE(expired_entries_are_swept) {
    for (int i = 0; i < 1000; ++i)
        begin("c" + std::to_string(i), std::chrono::milliseconds(i));
    BOOST_TEST(cache.size() == 1000u);
    begin("last", 35s + 499ms);
    BOOST_TEST(cache.size() == 501u);
    begin("very last", 100s);
    BOOST_TEST(cache.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(oldest_entries_make_room) {
    reply_cache small({.entries = 3});
    for (const auto* cookie : {"a", "b", "c", "d"})
        small.begin(peer(), cookie, "V", start);
    BOOST_TEST(small.size() == 3u);
    BOOST_TEST((small.begin(peer(), "b", "V", start).what == state::in_progress));
    BOOST_TEST((small.begin(peer(), "a", "V", start).what == state::fresh));
}

BOOST_AUTO_TEST_CASE(long_replies_make_older_ones_go) {
    reply_cache small({.octets = 2000});
    for (const auto* cookie : {"a", "b", "c"}) {
        const auto fresh = small.begin(peer(), cookie, "V", start);
        small.complete(fresh.number, std::string(900, 'x'));
    }
    BOOST_TEST(small.size() == 2u);
    BOOST_TEST((small.begin(peer(), "c", "V", start).what == state::answered));
    BOOST_TEST((small.begin(peer(), "a", "V", start).what == state::fresh));
}

BOOST_AUTO_TEST_CASE(long_commands_make_older_ones_go) {
    reply_cache small({.octets = 2000});
    for (const char first : {'a', 'b', 'c'})
        small.begin(peer(), "c1", std::string(900, first), start);
    BOOST_TEST(small.size() == 2u);
    BOOST_TEST((small.begin(peer(), "c1", std::string(900, 'a'), start).what == state::fresh));
}

BOOST_AUTO_TEST_CASE(a_million_commands) {
    reply_cache cache;
    for (int i = 0; i < 1'100'000; ++i) {
        const auto fresh = cache.begin(peer(), std::to_string(i), "V", start);
        cache.complete(fresh.number, "0");
    }
    BOOST_TEST(cache.size() == (std::size_t{1} << 20));
    BOOST_TEST((cache.begin(peer(), "1099999", "V", start).what == state::answered));
}
