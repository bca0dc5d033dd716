#define BOOST_TEST_MODULE notifier
#include "rtpproxy/control/notifier.hpp"

#include "support/blocking_socket.hpp"
#include "support/io_thread.hpp"
#include "support/tcp_peer.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <tuple>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;
namespace ip = boost::asio::ip;

namespace {

/// A controller's notify socket.
class fake_controller {
  public:
    template <typename Endpoint>
    explicit fake_controller(const Endpoint& at) : listening_(open_socket_for(at)) {
        const int on = 1;
        ::setsockopt(listening_.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        BOOST_TEST_REQUIRE(::bind(listening_.fd(), at.data(), static_cast<socklen_t>(at.size())) == 0);
        BOOST_TEST_REQUIRE(::listen(listening_.fd(), 10) == 0);
    }

    [[nodiscard]] ip::tcp::endpoint endpoint() const {
        ip::tcp::endpoint bound;
        auto size = static_cast<socklen_t>(bound.capacity());
        ::getsockname(listening_.fd(), bound.data(), &size);
        return bound;
    }

    [[nodiscard]] blocking_socket accept() const {
        const auto fd = static_cast<int>(TEMP_FAILURE_RETRY(::accept(listening_.fd(), nullptr, nullptr)));
        BOOST_TEST_REQUIRE(fd >= 0);
        return blocking_socket(fd);
    }
    /// The connection that `happens` leads to.
    template <typename Event>
    [[nodiscard]] blocking_socket accept_after(Event happens) const {
        happens();
        return accept();
    }
    [[nodiscard]] bool nobody_connects(std::chrono::milliseconds within) const {
        pollfd readable{listening_.fd(), POLLIN, 0};
        return ::poll(&readable, 1, static_cast<int>(within.count())) == 0;
    }
    void close() { listening_.close(); }

  private:
    blocking_socket listening_;
};

const ip::tcp::endpoint any_loopback_port(ip::address_v4::loopback(), 0);

struct fixture {
    temporary_directory directory;
    const std::string path = directory / "notify.sock";
    io_thread io;
    notifier_settings settings;
    std::unique_ptr<notifier> tested;

    fixture() { settings.first_back_off = 10ms; }
    ~fixture() {
        io.run([this] { tested.reset(); });
        io.finish();
    }

    void permit(const std::string& text) {
        notify_targets targets;
        BOOST_TEST_REQUIRE(
            targets.permit(text, [](auto) { return std::string("no such host"); }).has_value());
        tested = std::make_unique<notifier>(io.strand(), std::move(targets), settings);
    }
    notify_target resolve(const std::string& name, const command_origin& origin = {}) {
        const auto target = io.run([&] { return tested->resolve(name, origin); });
        BOOST_TEST_REQUIRE(target.has_value());
        return *target;
    }
    void post(notify_target target, const std::string& text) {
        io.run([&] { tested->post({target, text}); });
    }
    notifier_statistics statistics() {
        return io.run([&] { return tested->statistics(); });
    }
    fake_controller unix_controller() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
        return fake_controller(boost::asio::local::stream_protocol::endpoint(path));
    }
};

/// The same behaviour over both kinds of socket.
struct unix_fixture : fixture {
    notify_target target{};
    unix_fixture() {
        permit("unix:" + path);
        target = resolve(path);
    }
    fake_controller controller() { return unix_controller(); }
    std::string name() const { return path; }
};

struct tcp_fixture : fixture {
    ip::tcp::endpoint at;
    notify_target target{};
    tcp_fixture() {
        // Opened again by each controller: no connection of another test leaves from this address meanwhile.
        at = fake_controller(ip::tcp::endpoint(ip::make_address("127.0.0.77"), 0)).endpoint();
        const auto name = "tcp:127.0.0.77:" + std::to_string(at.port());
        permit(name);
        target = resolve(name);
    }
    fake_controller controller() const { return fake_controller(at); }
    std::string name() const { return "tcp:127.0.0.77:" + std::to_string(at.port()); }
};

using both_kinds = std::tuple<unix_fixture, tcp_fixture>;

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(notices_share_one_connection, Fixture, both_kinds) {
    Fixture f;
    const auto controller = f.controller();
    f.post(f.target, "T42e.6aab07a6");
    auto connection = controller.accept();
    BOOST_TEST(connection.receive_line() == "T42e.6aab07a6\n");
    f.post(f.target, "r 12 1");
    f.post(f.target, "");
    BOOST_TEST(connection.receive_line() == "r 12 1\n");
    BOOST_TEST(connection.receive_line() == "\n");
    BOOST_TEST(controller.nobody_connects(0ms));
    BOOST_TEST(poll_until([&] { return f.statistics().sent == 3; }));
    BOOST_TEST(f.statistics().lost == 0u);
    BOOST_TEST(f.statistics().reconnects == 0u);
}

BOOST_AUTO_TEST_CASE(controller_that_vanishes_is_noticed) {
    tcp_fixture f;
    const auto controller = f.controller();
    f.post(f.target, "one");
    auto connection = controller.accept();
    BOOST_TEST(connection.receive_line() == "one\n");
    check_that_kernel_looks_after_peer(other_end_of(connection));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(restart_of_the_controller_between_two_notices, Fixture, both_kinds) {
    Fixture f;
    {
        const auto controller = f.controller();
        f.post(f.target, "one");
        auto connection = controller.accept();
        BOOST_TEST(connection.receive_line() == "one\n");
    }
    const auto controller = f.controller();
    f.post(f.target, "two");
    f.post(f.target, "three");
    auto connection = controller.accept();
    BOOST_TEST(connection.receive_line() == "two\n");
    BOOST_TEST(connection.receive_line() == "three\n");
    BOOST_TEST(poll_until([&] { return f.statistics().sent == 3; }));
    BOOST_TEST(f.statistics().reconnects == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(notices_the_controller_died_over_are_sent_again, Fixture, both_kinds) {
    Fixture f;
    {
        const auto controller = f.controller();
        f.post(f.target, "one");
        f.post(f.target, "two");
        const auto connection = controller.accept();
        BOOST_TEST(poll_until([&] { return f.statistics().sent == 2; }));
    }  // closes with both unread
    const auto controller = f.controller();
    auto connection = controller.accept();
    BOOST_TEST(connection.receive_line() == "one\n");
    BOOST_TEST(connection.receive_line() == "two\n");
    BOOST_TEST(poll_until([&] { return f.statistics().sent == 2; }));
    BOOST_TEST(f.statistics().lost == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(controller_that_closes_after_each_notice_gets_each_once, Fixture, both_kinds) {
    Fixture f;
    const auto controller = f.controller();
    for (const std::string text : {"one", "two", "three"}) {
        f.post(f.target, text);
        BOOST_TEST(controller.accept().receive_line() == text + "\n");
    }
    BOOST_TEST(controller.nobody_connects(f.settings.settle + 100ms));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(controller_that_resets_every_time_is_not_tried_for_ever, Fixture, both_kinds) {
    Fixture f;
    const auto controller = f.controller();
    f.post(f.target, "one");
    for (int i = 0; i <= f.settings.rewrites; ++i) {
        const auto connection = controller.accept();
        pollfd readable{connection.fd(), POLLIN, 0};
        BOOST_TEST(::poll(&readable, 1, 20000) == 1);
        connection.reset_on_close();
    }
    BOOST_TEST(controller.nobody_connects(500ms));
    BOOST_TEST(f.statistics().sent == 1u);
    BOOST_TEST(f.statistics().lost == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_a_hung_controller_left_unread_is_sent_again, Fixture, both_kinds) {
    constexpr int posted = 600;
    constexpr int read = 7;
    Fixture f;
    {
        const auto controller = f.controller();
        auto connection = controller.accept_after([&] { f.post(f.target, "0"); });
        for (int i = 1; i < posted; ++i)
            f.post(f.target, std::to_string(i));
        std::array<char, 2 * read> first_ones{};  // receive_line() would take more than that
        BOOST_TEST(::recv(connection.fd(), first_ones.data(), first_ones.size(), MSG_WAITALL) == 2 * read);
        std::this_thread::sleep_for(1500ms);  // longer than anything is kept on suspicion
    }
    const auto controller = f.controller();
    auto connection = controller.accept();
    std::set<std::string> came;
    std::string last;
    while (static_cast<int>(came.size()) < posted - read) {
        const auto line = connection.receive_line();
        BOOST_TEST_REQUIRE(!line.empty());
        if (std::stoi(line) < read) continue;  // again
        BOOST_TEST((last.empty() || std::stoi(line) == std::stoi(last) + 1));
        last = line;
        came.insert(line);
    }
    BOOST_TEST(last == std::to_string(posted - 1) + "\n");
    BOOST_TEST(f.statistics().lost == 0u);
}

BOOST_AUTO_TEST_CASE(what_was_read_from_a_unix_socket_is_not_sent_again) {
    unix_fixture f;
    {
        const auto controller = f.controller();
        auto connection = controller.accept_after([&] { f.post(f.target, "read"); });
        BOOST_TEST(connection.receive_line() == "read\n");
        f.post(f.target, "unread");
        BOOST_TEST(poll_until([&] { return f.statistics().sent == 2; }));
    }
    const auto controller = f.controller();
    f.post(f.target, "later");
    auto connection = controller.accept();
    BOOST_TEST(connection.receive_line() == "unread\n");
    BOOST_TEST(connection.receive_line() == "later\n");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(controller_that_closes_in_order_gets_nothing_again, Fixture, both_kinds) {
    Fixture f;
    const auto controller = f.controller();
    {
        auto connection = controller.accept_after([&] {
            for (const std::string text : {"one", "two", "three"})
                f.post(f.target, text);
        });
        for (int i = 0; i < 3; ++i)
            BOOST_TEST(!connection.receive_line().empty());
    }
    BOOST_TEST(controller.nobody_connects(f.settings.settle + 100ms));
    BOOST_TEST(f.statistics().sent == 3u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(controller_that_closes_at_once_is_tried_ever_more_rarely, Fixture, both_kinds) {
    Fixture f;
    f.settings.rewrites = 1000;
    f.settings.first_back_off = 50ms;
    f.tested.reset();
    f.permit(f.name());
    const auto controller = f.controller();
    const auto end = steady_clock::now() + 1000ms;
    f.post(f.resolve(f.name()), "one");
    int connections = 0;
    while (!controller.nobody_connects(
        std::max(0ms, std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now())))) {
        controller.accept().reset_on_close();
        ++connections;
    }
    BOOST_TEST(connections >= 2);
    BOOST_TEST(connections <= 5);  // after 50, 100, 200 and 400 ms
}

BOOST_AUTO_TEST_CASE(without_patience_a_notice_is_tried_once) {
    unix_fixture f;
    f.settings.give_up_after = 0ms;
    f.tested.reset();
    f.permit(f.path);
    f.target = f.resolve(f.path);
    f.post(f.target, "nobody there");
    BOOST_TEST(poll_until([&] { return f.statistics().lost == 1; }));
    {
        const auto controller = f.controller();
        auto connection = controller.accept_after([&] { f.post(f.target, "read"); });
        BOOST_TEST(connection.receive_line() == "read\n");
    }
    const auto controller = f.controller();
    f.post(f.target, "never tried before");
    {
        auto connection = controller.accept();
        BOOST_TEST(connection.receive_line() == "never tried before\n");
        f.post(f.target, "unread");
        BOOST_TEST(poll_until([&] { return f.statistics().sent == 3; }));
    }
    BOOST_TEST(poll_until([&] { return f.statistics().lost == 2; }));
    BOOST_TEST(controller.nobody_connects(300ms));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(notices_in_flight_are_bounded, Fixture, both_kinds) {
    Fixture f;
    f.settings.queue_limit = 5;
    f.tested.reset();
    f.permit(f.name());
    f.target = f.resolve(f.name());
    const auto controller = f.controller();
    auto connection = controller.accept_after([&] { f.post(f.target, "0"); });
    BOOST_TEST(connection.receive_line() == "0\n");
    for (int i = 1; i < 5000; ++i) {
        f.post(f.target, std::to_string(i));
        BOOST_TEST(connection.receive_line() == std::to_string(i) + "\n");
    }
    BOOST_TEST(f.statistics().lost == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(controller_that_appears_later_gets_what_waited, Fixture, both_kinds) {
    Fixture f;
    for (int i = 0; i < 5; ++i)
        f.post(f.target, std::to_string(i));
    BOOST_TEST(f.statistics().sent == 0u);
    const auto controller = f.controller();
    auto connection = controller.accept();
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(connection.receive_line() == std::to_string(i) + "\n");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(answers_of_the_controller_are_dropped, Fixture, both_kinds) {
    Fixture f;
    const auto controller = f.controller();
    f.post(f.target, "one");
    auto connection = controller.accept();
    std::string answers;
    while (answers.size() < 65536)
        answers += "OK\n";
    for (int i = 0; i < 256; ++i)
        BOOST_TEST_REQUIRE(connection.send(answers));  // 16 MB
    f.post(f.target, "two");
    BOOST_TEST(connection.receive_line() == "one\n");
    BOOST_TEST(connection.receive_line() == "two\n");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(many_notices_arrive_in_order, Fixture, both_kinds) {
    Fixture f;
    const auto controller = f.controller();
    f.io.run([&] {
        for (int i = 0; i < 1000; ++i)
            f.tested->post({f.target, std::to_string(i)});
    });
    auto connection = controller.accept();
    for (int i = 0; i < 1000; ++i)
        BOOST_TEST(connection.receive_line() == std::to_string(i) + "\n");
    BOOST_TEST(f.statistics().lost == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(controller_that_never_comes, Fixture, both_kinds) {
    Fixture f;
    f.settings.give_up_after = 50ms;
    f.tested.reset();
    f.permit(std::is_same_v<Fixture, unix_fixture> ? f.path : "tcp:127.0.0.1:1");
    const auto target = f.resolve(std::is_same_v<Fixture, unix_fixture> ? f.path : "127.0.0.1:1");
    for (int i = 0; i < 3; ++i)
        f.post(target, "lost");
    BOOST_TEST(poll_until([&] { return f.statistics().lost == 3; }));
    BOOST_TEST(f.statistics().sent == 0u);
}

BOOST_FIXTURE_TEST_SUITE(bounds, fixture)

BOOST_AUTO_TEST_CASE(newest_notices_are_dropped_when_the_queue_is_full) {
    settings.queue_limit = 10;
    permit(path);
    const auto target = resolve("unix:" + path);
    for (int i = 0; i < 25; ++i)
        post(target, std::to_string(i));
    BOOST_TEST(statistics().lost == 15u);
    const auto controller = unix_controller();
    auto connection = controller.accept();
    for (int i = 0; i < 10; ++i)
        BOOST_TEST(connection.receive_line() == std::to_string(i) + "\n");
    BOOST_TEST(poll_until([&] { return statistics().sent == 10; }));
}

BOOST_AUTO_TEST_CASE(controller_that_does_not_read_is_given_up) {
    settings.give_up_after = 2s;  // none may be given up before all are there: what then fits a new connection waits
    permit(path);
    const auto target = resolve(path);
    const auto controller = unix_controller();
    const std::string long_text(100000, 'x');
    for (int i = 0; i < 10; ++i)
        post(target, long_text);
    const auto connection = controller.accept();
    BOOST_TEST(poll_until([&] { return statistics().lost == 10; }),
               "lost " << statistics().lost << ", sent " << statistics().sent);  // none is known to have been read
    BOOST_TEST(statistics().sent < 10u);
}

BOOST_AUTO_TEST_CASE(unknown_target_and_late_notice_are_ignored) {
    permit(path);
    post({77}, "text");
    io.run([&] {
        tested->stop();
        tested->post({{0}, "text"});
    });
    BOOST_TEST(statistics().sent == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(addresses, fixture)

BOOST_AUTO_TEST_CASE(connection_leaves_from_the_address_of_the_command) {
    const fake_controller controller(any_loopback_port);
    const auto name = "tcp:127.0.0.1:" + std::to_string(controller.endpoint().port());
    permit(name);
    for (const auto* local : {"127.0.0.5", "127.0.0.6"}) {
        post(resolve(name, {ip::make_address("127.0.0.1"), ip::make_address(local)}), local);
        auto connection = controller.accept();
        ip::tcp::endpoint peer;
        auto size = static_cast<socklen_t>(peer.capacity());
        BOOST_TEST_REQUIRE(::getpeername(connection.fd(), peer.data(), &size) == 0);
        BOOST_TEST(peer.address().to_string() == local);
        BOOST_TEST(connection.receive_line() == std::string(local) + "\n");
    }
}

BOOST_AUTO_TEST_CASE(address_that_is_gone_does_not_hinder_the_notice) {
    const fake_controller controller(any_loopback_port);
    const auto name = "tcp:127.0.0.1:" + std::to_string(controller.endpoint().port());
    permit(name);
    post(resolve(name, {ip::make_address("192.0.2.1"), ip::make_address("192.0.2.1")}), "text");
    BOOST_TEST(controller.accept().receive_line() == "text\n");
}

BOOST_AUTO_TEST_CASE(wildcard_leads_to_the_controller) {
    const fake_controller controller(ip::tcp::endpoint(ip::make_address("127.0.0.9"), 0));
    const auto name = "tcp:%%CC_SELF%%:" + std::to_string(controller.endpoint().port());
    permit(name);
    post(resolve(name, {ip::make_address("127.0.0.9"), ip::make_address("127.0.0.1")}), "text");
    BOOST_TEST(controller.accept().receive_line() == "text\n");
}

BOOST_AUTO_TEST_SUITE_END()
