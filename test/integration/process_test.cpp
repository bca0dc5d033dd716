#define BOOST_TEST_MODULE process
#include "rtpproxy/app/daemon.hpp"
#include "rtpproxy/app/fatal_signals.hpp"
#include "rtpproxy/app/host_address.hpp"
#include "rtpproxy/app/limits.hpp"
#include "rtpproxy/app/privileges.hpp"
#include "rtpproxy/app/service_manager.hpp"
#include "rtpproxy/app/startup_error.hpp"
#include "rtpproxy/log/log.hpp"
#include "rtpproxy/log/sinks.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

using namespace rtpproxy;
namespace fs = std::filesystem;

namespace {

struct pipe_ends {
    pipe_ends() {
        int ends[2];
        BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        reader = unique_fd(ends[0]);
        writer = unique_fd(ends[1]);
    }
    unique_fd reader;
    unique_fd writer;
};

void say(const unique_fd& to, const std::string& text) {
    if (::write(to.get(), text.data(), text.size()) < 0) ::_exit(99);
}

std::string read_all(const unique_fd& from) {
    std::string all;
    char block[4096];
    for (ssize_t got = 0; (got = ::read(from.get(), block, sizeof block)) > 0;)
        all.append(block, static_cast<std::size_t>(got));
    return all;
}

struct outcome {
    int status = 0;      // of the child itself, as waitpid gives it
    std::string report;  // what it and its descendants said, until the last of them ended
};

// Runs `body` in a child process. An exception ends it with status 1, like main().
outcome in_child(const std::function<void(const unique_fd& report)>& body) {
    pipe_ends pipe;
    const auto child = ::fork();
    if (child == 0) {
        try {
            body(pipe.writer);
        } catch (const std::exception& error) {
            say(pipe.writer, error.what());
            ::_exit(1);
        }
        ::_exit(0);
    }
    pipe.writer = unique_fd();
    outcome seen;
    seen.report = read_all(pipe.reader);
    ::waitpid(child, &seen.status, 0);
    return seen;
}

bool exited(const outcome& seen, int code) {
    return WIFEXITED(seen.status) && WEXITSTATUS(seen.status) == code;
}

std::string target_of(int descriptor) {
    return fs::read_symlink("/proc/self/fd/" + std::to_string(descriptor)).string();
}

struct directory {
    directory() {
        std::string name = (fs::temp_directory_path() / "rtpproxy-process-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~directory() { fs::remove_all(path); }
    fs::path path;
};

boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) {
    return ::geteuid() == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(daemons)

BOOST_AUTO_TEST_CASE(the_parent_exits_with_0_once_released) {
    const auto seen = in_child([](const unique_fd& report) {
        auto parent = daemonise({});
        say(report, "daemon ");
        parent.release();
        parent.release();
        say(report, "released");
    });
    BOOST_TEST(exited(seen, 0));
    BOOST_TEST(seen.report == "daemon released");
}

BOOST_AUTO_TEST_CASE(the_parent_exits_with_1_when_the_daemon_fails) {
    const auto seen = in_child([](const unique_fd&) {
        const auto parent = daemonise({});
        throw startup_error("no ports");
    });
    BOOST_TEST(exited(seen, 1));
    BOOST_TEST(seen.report == "no ports");
}

BOOST_AUTO_TEST_CASE(the_parent_exits_with_1_when_the_daemon_is_killed) {
    const auto seen = in_child([](const unique_fd&) {
        const auto parent = daemonise({});
        ::raise(SIGKILL);
    });
    BOOST_TEST(exited(seen, 1));
}

BOOST_AUTO_TEST_CASE(the_parent_waits_for_the_release) {
    pipe_ends gate;
    const auto child = ::fork();
    if (child == 0) {
        gate.writer = unique_fd();
        auto parent = daemonise({});
        read_all(gate.reader);
        parent.release();
        ::_exit(0);
    }
    int status = -1;
    ::usleep(100'000);
    BOOST_TEST(::waitpid(child, &status, WNOHANG) == 0);
    gate.writer = unique_fd();
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(the_daemon_leaves_terminal_and_directory) {
    const auto seen = in_child([](const unique_fd& report) {
        const auto starter = ::getsid(0);
        auto parent = daemonise({});
        say(report, ::getsid(0) == ::getpid() && starter != ::getpid() ? "own session, " : "same session, ");
        say(report, fs::current_path().string() + ", " + target_of(0) + ", ");
        say(report, target_of(2) == "/dev/null" ? "too early, " : "stderr kept, ");
        parent.release();
        say(report, target_of(1) + ", " + target_of(2));
    });
    BOOST_TEST(seen.report == "own session, /, /dev/null, stderr kept, /dev/null, /dev/null");
}

BOOST_FIXTURE_TEST_CASE(directory_and_output_stay_on_request, directory) {
    const auto seen = in_child([&](const unique_fd& report) {
        fs::current_path(path);
        const auto before = target_of(2);
        auto parent = daemonise({.change_directory = false, .redirect_streams = false});
        parent.release();
        say(report, fs::current_path() == path && target_of(2) == before ? "kept" : "changed");
    });
    BOOST_TEST(seen.report == "kept");
}

BOOST_AUTO_TEST_CASE(closed_standard_streams_are_filled) {
    const auto seen = in_child([](const unique_fd& report) {
        ::close(0);
        ::close(2);
        ensure_standard_streams();
        say(report, target_of(0) + " " + target_of(2));
        if (::fcntl(0, F_GETFD) != 0 || ::fcntl(2, F_GETFD) != 0) say(report, " closed on exec");
    });
    BOOST_TEST(seen.report == "/dev/null /dev/null");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(privileges)

credentials nobody(bool with_group) {
    credentials who;
    who.user = "nobody";
    who.uid = ::getpwnam("nobody")->pw_uid;
    if (!with_group) return who;
    who.group = "daemon";
    who.gid = ::getgrnam("daemon")->gr_gid;
    return who;
}

std::string ids() {
    const auto groups = ::getgroups(0, nullptr);
    return std::to_string(::getuid()) + ":" + std::to_string(::getegid()) + " +" + std::to_string(groups);
}

BOOST_AUTO_TEST_CASE(a_user_brings_its_login_group, *boost::unit_test::precondition(is_root)) {
    const auto expected = std::to_string(::getpwnam("nobody")->pw_uid) + ":" +
                          std::to_string(::getpwnam("nobody")->pw_gid) + " +1";
    const auto seen = in_child([](const unique_fd& report) {
        drop_privileges(nobody(false));
        say(report, ids());
    });
    BOOST_TEST(seen.report == expected);
}

BOOST_AUTO_TEST_CASE(user_and_group_are_taken_for_good, *boost::unit_test::precondition(is_root)) {
    const auto seen = in_child([](const unique_fd& report) {
        drop_privileges(nobody(true));
        const bool back =
            ::setuid(0) == 0 || ::seteuid(0) == 0 || ::setgid(0) == 0 || ::setgroups(0, nullptr) == 0;
        say(report, back ? "regained" : ids());
    });
    BOOST_TEST(seen.report ==
               std::to_string(*nobody(true).uid) + ":" + std::to_string(*nobody(true).gid) + " +1");
}

BOOST_AUTO_TEST_CASE(a_group_alone_keeps_the_user, *boost::unit_test::precondition(is_root)) {
    const auto seen = in_child([](const unique_fd& report) {
        auto who = nobody(true);
        who.user.clear();
        who.uid.reset();
        drop_privileges(who);
        say(report, ids());
    });
    BOOST_TEST(seen.report == "0:" + std::to_string(*nobody(true).gid) + " +1");
}

BOOST_AUTO_TEST_CASE(another_user_cannot_become_a_third, *boost::unit_test::precondition(is_root)) {
    const auto seen = in_child([](const unique_fd&) {
        drop_privileges(nobody(true));
        drop_privileges(nobody(true));  // is it already
        auto other = nobody(true);
        other.user = "daemon";
        other.uid = ::getpwnam("daemon")->pw_uid;
        drop_privileges(other);
    });
    BOOST_TEST(exited(seen, 1));
    BOOST_TEST(seen.report.starts_with("-u daemon:daemon: cannot set the groups; start as root"));
}

settings with_socket(control_socket_spec::kind transport, const std::string& host) {
    settings wanted;
    wanted.control_sockets.resize(1);
    wanted.control_sockets[0].transport = transport;
    wanted.control_sockets[0].host = host;
    wanted.control_sockets[0].text = "udp:" + host;
    return wanted;
}

BOOST_AUTO_TEST_CASE(the_superuser_is_refused_only_with_an_open_udp_socket) {
    using kind = superuser_verdict::kind;
    using transport = control_socket_spec::kind;
    struct {
        transport over;
        const char* host;
        kind decision;
    } const cases[] = {
        {transport::udp, "127.0.0.1", kind::warn},
        {transport::udp, "127.8.8.8", kind::warn},
        {transport::udp, "::1", kind::warn},
        {transport::udp, "localhost", kind::warn},
        {transport::unix_stream, "", kind::warn},
        {transport::tcp, "*", kind::warn},
        {transport::udp, "*", kind::refuse},
        {transport::udp, "0.0.0.0", kind::refuse},
        {transport::udp, "192.0.2.1", kind::refuse},
        {transport::udp, "::", kind::refuse},
        {transport::udp, "proxy.example", kind::refuse},
        {transport::udp, "", kind::refuse},
    };
    for (const auto& tc : cases)
        BOOST_TEST_CONTEXT(tc.host) {
            auto wanted = with_socket(tc.over, tc.host);
            BOOST_TEST((judge_superuser(true, wanted).decision == tc.decision));
            BOOST_TEST((judge_superuser(false, wanted).decision == kind::fine));
            wanted.no_root_check = true;
            BOOST_TEST((judge_superuser(true, wanted).decision == kind::fine));
        }
}

BOOST_AUTO_TEST_CASE(a_user_to_become_satisfies_the_check) {
    auto wanted = with_socket(control_socket_spec::kind::udp, "*");
    BOOST_TEST(judge_superuser(true, wanted).message.find("udp:*") != std::string::npos);
    wanted.run_as.uid = 1;
    BOOST_TEST((judge_superuser(true, wanted).decision == superuser_verdict::kind::fine));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(limits)

BOOST_AUTO_TEST_CASE(the_soft_limit_of_open_files_reaches_the_hard_one) {
    const auto seen = in_child([](const unique_fd& report) {
        const rlimit low{64, open_files_limit().rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &low);
        const auto raised = raise_open_files();
        say(report, raised.rlim_cur == raised.rlim_max && raised.rlim_max >= low.rlim_max ? "raised" : "low");
    });
    BOOST_TEST(seen.report == "raised");
}

BOOST_AUTO_TEST_CASE(the_hard_limit_is_never_lowered) {
    const auto seen = in_child([](const unique_fd& report) {
        const auto before = open_files_limit().rlim_max;
        say(report, raise_open_files(16).rlim_max == before ? "kept" : "lowered");
    });
    BOOST_TEST(seen.report == "kept");
}

BOOST_AUTO_TEST_CASE(a_wanted_number_of_open_files_sets_both_limits) {
    const auto seen = in_child([](const unique_fd& report) {
        set_open_files(200);
        const auto now = open_files_limit();
        say(report, std::to_string(now.rlim_cur) + " " + std::to_string(now.rlim_max));
    });
    BOOST_TEST(seen.report == "200 200");
}

BOOST_AUTO_TEST_CASE(a_number_the_kernel_refuses_is_an_error_that_names_the_bounds) {
    const auto seen = in_child([](const unique_fd&) { set_open_files(rlim_t{1} << 40); });
    BOOST_TEST(exited(seen, 1));
    BOOST_TEST(seen.report.starts_with("-L 1099511627776: cannot set the limit of open files (hard limit "));
}

BOOST_AUTO_TEST_CASE(open_files_are_counted) {
    const auto before = open_files_now();
    const unique_fd one_more(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    BOOST_TEST(open_files_now() == before + 1);
}

BOOST_AUTO_TEST_CASE(priority_and_cores_are_set) {
    const auto seen = in_child([](const unique_fd& report) {
        set_nice(7);
        allow_core_dumps();
        rlimit core{};
        ::getrlimit(RLIMIT_CORE, &core);
        say(report, std::to_string(::getpriority(PRIO_PROCESS, 0)));
        say(report, core.rlim_cur == core.rlim_max ? " cores" : " no cores");
    });
    BOOST_TEST(seen.report == "7 cores");
}

BOOST_AUTO_TEST_CASE(scheduling_is_set_or_its_failure_told) {
    const auto seen = in_child([](const unique_fd& report) {
        const auto failure = set_scheduling(scheduling_policy::round_robin);
        const bool set = (::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_RR;
        say(report, set == !failure ? "consistent" : "inconsistent");
    });
    BOOST_TEST(seen.report == "consistent");
}

BOOST_AUTO_TEST_CASE(addresses_of_other_hosts_are_refused) {
    const auto address = [](const char* text) { return boost::asio::ip::make_address(text); };
    BOOST_CHECK_NO_THROW(require_host_address("-l", address("127.0.0.1")));
    BOOST_CHECK_NO_THROW(require_host_address("-l", address("0.0.0.0")));
    BOOST_CHECK_EXCEPTION(
        require_host_address("-l", address("192.0.2.1")), startup_error, [](const auto& error) {
            return std::string(error.what()) == "-l 192.0.2.1: this address is not on this host";
        });
    BOOST_CHECK_THROW(require_host_address("-6", address("2001:db8::1")), startup_error);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(systemd)

unique_fd bound_unix_socket(int type, const fs::path& path) {
    unique_fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

std::string next_datagram(const unique_fd& socket) {
    char text[1024];
    const auto size = ::recv(socket.get(), text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(size));
}

BOOST_FIXTURE_TEST_CASE(states_are_told, directory) {
    const auto socket = bound_unix_socket(SOCK_DGRAM, path / "notify");
    ::setenv("NOTIFY_SOCKET", (path / "notify").c_str(), 1);
    service_manager::notify_ready("serving");
    BOOST_TEST(next_datagram(socket) ==
               "READY=1\nMAINPID=" + std::to_string(::getpid()) + "\nSTATUS=serving");
    service_manager::notify_status("3 sessions");
    BOOST_TEST(next_datagram(socket) == "STATUS=3 sessions");
    service_manager::notify_stopping("draining");
    BOOST_TEST(next_datagram(socket) == "STOPPING=1\nSTATUS=draining");
    ::unsetenv("NOTIFY_SOCKET");
    service_manager::notify_ready("to nobody");
    BOOST_TEST(next_datagram(socket) == "nothing");
}

// What take_listening_socket() makes of `count` descriptors, of which `socket` is the first.
outcome handed_over(int count, const unique_fd& socket) {
    return in_child([&](const unique_fd& report) {
        const unique_fd own_report(::fcntl(report.get(), F_DUPFD_CLOEXEC, 20));
        constexpr int first = 3;
        try {
            if (socket) ::dup2(socket.get(), first);
            for (int i = 1; i < count; ++i)
                ::dup2(first, first + i);
            ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
            if (count > 0) ::setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
            const auto taken = service_manager::take_listening_socket();
            say(own_report, "taken " + std::to_string(taken.get()));
            say(own_report, std::getenv("LISTEN_FDS") ? ", still offered" : "");
        } catch (const startup_error& error) {
            say(own_report, error.what());
        }
        ::_exit(0);
    });
}

BOOST_FIXTURE_TEST_CASE(one_listening_stream_socket_is_taken, directory) {
    const auto socket = bound_unix_socket(SOCK_STREAM, path / "control");
    ::listen(socket.get(), 1);
    BOOST_TEST(handed_over(1, socket).report == "taken 3");
    BOOST_TEST(handed_over(2, socket).report.starts_with("-s systemd: 2 sockets were handed over"));
}

BOOST_FIXTURE_TEST_CASE(other_sockets_are_refused, directory) {
    const std::string refusal = "-s systemd: what was handed over is no listening stream socket";
    BOOST_TEST(handed_over(1, bound_unix_socket(SOCK_STREAM, path / "a")).report.starts_with(refusal));
    BOOST_TEST(handed_over(1, bound_unix_socket(SOCK_DGRAM, path / "b")).report.starts_with(refusal));
}

BOOST_AUTO_TEST_CASE(a_start_without_systemd_is_told_so) {
    BOOST_TEST(handed_over(0, unique_fd()).report.starts_with("-s systemd: no socket was handed over"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(fatal_signals)

BOOST_AUTO_TEST_CASE(a_fatal_signal_is_logged_after_what_was_queued_and_kills) {
    for (const int number : {SIGSEGV, SIGABRT, SIGQUIT, SIGSYS})
        BOOST_TEST_CONTEXT(number) {
            const auto seen = in_child([=](const unique_fd& report) {
                ::dup2(report.get(), STDERR_FILENO);
                const rlimit no_core{0, 0};
                ::setrlimit(RLIMIT_CORE, &no_core);
                log::configuration wanted;
                wanted.times_since.reset();
                log::start(wanted);
                install_fatal_signal_handlers();
                log::err("call-1", "the last thing that happened");
                ::raise(number);
            });
            BOOST_TEST(WIFSIGNALED(seen.status));
            BOOST_TEST(WTERMSIG(seen.status) == number);
            const auto name = std::string("SIG") + ::sigabbrev_np(number);
            BOOST_TEST(seen.report.starts_with("ERR:call-1:"));
            BOOST_TEST(seen.report.ends_with("\nCRIT:GLOBAL:signal:0: killed by signal " +
                                             std::to_string(number) + " (" + name + ")\n"));
        }
}

BOOST_AUTO_TEST_CASE(a_closed_pipe_does_not_kill) {
    const auto seen = in_child([](const unique_fd& report) {
        install_fatal_signal_handlers();
        ::raise(SIGPIPE);
        say(report, "alive");
    });
    BOOST_TEST(seen.report == "alive");
}

BOOST_AUTO_TEST_SUITE_END()
