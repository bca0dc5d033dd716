#define BOOST_TEST_MODULE address_watch
#include "rtpproxy/engine/address_watch.hpp"

#include "rtpproxy/app/sandbox.hpp"
#include "rtpproxy/media/host_addresses.hpp"

#include "support/poll_until.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace std::chrono_literals;
using boost::asio::ip::make_address;

namespace {

constexpr int cannot_be_done = 77;

void shell(const std::string& line) {
    if (std::system(line.c_str()) != 0) std::_Exit(EXIT_FAILURE);
}

void ip(const std::string& arguments) {
    shell("ip " + arguments);
}

/// Runs `act` in a process of its own, in a network without anything but loopback. What it returns.
int in_own_network(const std::function<int()>& act) {
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        if (::unshare(CLONE_NEWNET) != 0) std::_Exit(cannot_be_done);
        ip("link set lo up");
        std::_Exit(act());
    }
    int status = 0;
    BOOST_REQUIRE_EQUAL(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void expect_in_own_network(const std::function<bool()>& act) {
    const int result = in_own_network([&] { return act() ? EXIT_SUCCESS : EXIT_FAILURE; });
    if (result == cannot_be_done) {
        BOOST_TEST_MESSAGE("skipped: a network namespace takes root");
        return;
    }
    BOOST_TEST(result == EXIT_SUCCESS);
}

/// A watch, and what it told last.
struct watched_host {
    boost::system::error_code start() {
        return watch.start([this](const std::vector<boost::asio::ip::address>& present) {
            told = present;
            ++times;
        });
    }
    bool has(std::string_view address) const {
        return std::ranges::find(told, make_address(address)) != told.end();
    }
    /// Lets the watch work until it is so.
    bool comes_true(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            context.restart();
            context.run_one_for(100ms);
        }
        return condition();
    }

    boost::asio::io_context context{1};
    address_watch watch{context};
    std::vector<boost::asio::ip::address> told;
    int times = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_list_is_there_at_once) {
    expect_in_own_network([] {
        ip("address add 198.51.100.1/24 dev lo");
        ip("address add 2001:db8::1/64 dev lo nodad");
        watched_host host;
        return !host.start() && host.times == 1 && host.told.size() == 4 && host.has("127.0.0.1") &&
               host.has("::1") && host.has("198.51.100.1") && host.has("2001:db8::1");
    });
}

BOOST_AUTO_TEST_CASE(changes_are_told) {
    expect_in_own_network([] {
        watched_host host;
        if (host.start()) return false;
        ip("address add 198.51.100.1/24 dev lo");
        if (!host.comes_true([&] { return host.has("198.51.100.1"); })) return false;
        ip("address add 2001:db8::1/64 dev lo nodad");
        if (!host.comes_true([&] { return host.has("2001:db8::1"); })) return false;
        ip("address del 198.51.100.1/24 dev lo");
        return host.comes_true([&] { return !host.has("198.51.100.1"); }) && host.has("2001:db8::1");
    });
}

BOOST_AUTO_TEST_CASE(an_address_on_two_interfaces_stays_until_both_have_lost_it) {
    expect_in_own_network([] {
        ip("link add one type bridge");
        ip("link add two type bridge");
        ip("address add 198.51.100.1/32 dev one");
        ip("address add 198.51.100.1/32 dev two");
        watched_host host;
        if (host.start()) return false;
        ip("link del one");
        ip("address add 198.51.100.2/32 dev two");
        if (!host.comes_true([&] { return host.has("198.51.100.2"); }) || !host.has("198.51.100.1"))
            return false;
        ip("link del two");
        return host.comes_true([&] { return !host.has("198.51.100.1"); });
    });
}

BOOST_AUTO_TEST_CASE(what_was_lost_is_made_up_for) {
    expect_in_own_network([] {
        watched_host host;
        if (host.start()) return false;
        // More than the socket takes while nobody reads it.
        shell(
            "for a in $(seq 16); do for b in $(seq 250); do echo address add 10.$a.$b.1/32 dev lo; done; done"
            " | ip -batch -");
        return host.comes_true([&] { return host.told.size() == 4002; });
    });
}

BOOST_AUTO_TEST_CASE(it_works_in_the_sandbox) {
    expect_in_own_network([] {
        watched_host host;
        enter_sandbox({});
        return !host.start() && host.told.size() == 2 && host.has("127.0.0.1") && host.has("::1");
    });
}

BOOST_AUTO_TEST_CASE(a_socket_that_cannot_be_had_is_an_error_and_the_kernel_tells_of_one_address) {
    expect_in_own_network([] {
        ip("address add 198.51.100.1/24 dev lo");
        ip("link add there type bridge");
        ip("address add 192.0.2.1/24 dev there");
        ip("link set there up");
        enter_sandbox({});
        watched_host host;
        return host.start() == boost::system::errc::address_family_not_supported && host.times == 0 &&
               may_be_host_address(make_address("198.51.100.1")) &&
               may_be_host_address(make_address("192.0.2.1")) &&
               !may_be_host_address(make_address("192.0.2.2"));
    });
}

BOOST_AUTO_TEST_CASE(an_address_that_cannot_be_reached_may_be_one_of_the_host) {
    expect_in_own_network([] { return may_be_host_address(make_address("192.0.2.2")); });
}
