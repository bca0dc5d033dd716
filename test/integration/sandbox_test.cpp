#define BOOST_TEST_MODULE sandbox
#include "rtpproxy/app/sandbox.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace rtpproxy;
namespace fs = std::filesystem;

namespace {

constexpr int went_wrong = 99;

/// The error number of a call that returns -1, or 0.
int error_of(long result) {
    return result < 0 ? errno : 0;
}

/// Runs `act` in a child process that has entered the sandbox; what it returns, or minus the signal that
/// killed it. Children leave without cleaning up, so that nothing but `act` is tried.
int inside(const sandbox_paths& paths, const std::function<int()>& act) {
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        try {
            enter_sandbox(paths);
        } catch (const std::exception&) {
            ::_exit(went_wrong);
        }
        ::_exit(act());
    }
    int status = 0;
    BOOST_REQUIRE_EQUAL(::waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int inside(const std::function<int()>& act) {
    return inside({}, act);
}

int open_error(const fs::path& path, int flags) {
    return error_of(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

bool has_landlock(boost::unit_test::test_unit_id) {
    return find_sandbox_support().landlock > 0;
}

struct files {
    test::temporary_directory directory;
    fs::path allowed = directory / "allowed";
    fs::path elsewhere = directory / "elsewhere";

    files() {
        for (const auto& each : {allowed, elsewhere}) {
            fs::create_directory(each);
            std::ofstream(each / "file") << "text";
        }
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(this_kernel_can_do_it) {
    BOOST_TEST(find_sandbox_support().system_calls);
    BOOST_TEST(sandbox_support{}.complaint() != "");
    BOOST_TEST((sandbox_support{.system_calls = true, .landlock = 0}.complaint() != ""));
    BOOST_TEST((sandbox_support{.system_calls = true, .landlock = 1}.complaint() == ""));
}

BOOST_AUTO_TEST_CASE(intruders_are_killed) {
    static char program[] = "/bin/true";
    static char* arguments[] = {program, nullptr};
    const std::vector<std::pair<const char*, std::function<long()>>> attempts{
        {"execve", [] { return ::execv(program, arguments); }},
        {"execveat", [] { return ::syscall(SYS_execveat, AT_FDCWD, program, arguments, environ, 0); }},
        {"fork", [] { return ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); }},
        {"ptrace", [] { return ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr); }},
        {"process_vm_readv",
         [] { return ::syscall(SYS_process_vm_readv, ::getppid(), nullptr, 0, nullptr, 0, 0); }},
        {"unshare", [] { return ::unshare(CLONE_NEWUSER); }},
        {"mount", [] { return ::syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, nullptr); }},
        {"bpf", [] { return ::syscall(SYS_bpf, 0, nullptr, 0); }},
        {"keyctl", [] { return ::syscall(SYS_keyctl, 0, 0, 0, 0, 0); }},
    };
    for (const auto& [name, attempt] : attempts)
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(inside([&attempt] { return attempt() < 0 ? went_wrong : 0; }) == -SIGSYS);
        }
}

BOOST_AUTO_TEST_CASE(what_a_relay_does_not_call_fails) {
    BOOST_TEST(inside([] { return error_of(::kill(::getppid(), 0)); }) == ENOSYS);
    BOOST_TEST(inside([] { return error_of(::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0)); }) == ENOSYS);
    BOOST_TEST(inside([] { return error_of(::syscall(SYS_io_uring_setup, 1, nullptr)); }) == ENOSYS);
    BOOST_TEST(inside([] { return error_of(::setuid(0)); }) == ENOSYS);
    BOOST_TEST(inside([] { return error_of(::prctl(PR_SET_DUMPABLE, 0)); }) == ENOSYS);
    BOOST_TEST(inside([] {
                   const rlimit lower{10, 10};
                   return error_of(::setrlimit(RLIMIT_NOFILE, &lower));
               }) == ENOSYS);
    BOOST_TEST(inside([] {
                   const sched_param urgent{1};
                   return error_of(::sched_setscheduler(0, SCHED_FIFO, &urgent));
               }) == ENOSYS);
}

BOOST_AUTO_TEST_CASE(sockets_are_tcp_udp_and_unix) {
    for (const int family : {AF_INET, AF_INET6, AF_UNIX})
        for (const int type : {SOCK_STREAM | 0, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC})
            BOOST_TEST(inside([=] { return error_of(::socket(family, type, 0)); }) == 0);
    BOOST_TEST(inside([] { return error_of(::socket(AF_INET, SOCK_RAW, IPPROTO_UDP)); }) == ENOSYS);
    BOOST_TEST(inside([] { return error_of(::socket(AF_NETLINK, SOCK_RAW, 0)); }) == EAFNOSUPPORT);
    BOOST_TEST(inside([] { return error_of(::socket(AF_PACKET, SOCK_DGRAM, 0)); }) == EAFNOSUPPORT);
}

BOOST_AUTO_TEST_CASE(memory_is_never_executable) {
    constexpr std::size_t size = 4096;
    const auto mapped_with = [](int protection) {
        void* const memory = ::mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return memory == MAP_FAILED ? errno : 0;
    };
    BOOST_TEST(inside([&] { return mapped_with(PROT_READ | PROT_WRITE); }) == 0);
    BOOST_TEST(inside([&] { return mapped_with(PROT_READ | PROT_WRITE | PROT_EXEC); }) == EACCES);
    BOOST_TEST(inside([] {
                   void* const memory =
                       ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                   return error_of(::mprotect(memory, size, PROT_READ | PROT_EXEC));
               }) == EACCES);
}

BOOST_FIXTURE_TEST_CASE(files_are_not_written, files) {
    for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND})
        BOOST_TEST_CONTEXT(flags) {
            BOOST_TEST(inside({{allowed}, {}, {}}, [&] { return open_error(allowed / "file", flags); }) ==
                       EACCES);
        }
    BOOST_TEST(inside([&] { return error_of(::unlink((allowed / "file").c_str())); }) == ENOSYS);
    BOOST_TEST(inside([&] { return error_of(::truncate((allowed / "file").c_str(), 0)); }) == ENOSYS);
    BOOST_TEST(inside([&] { return error_of(::chmod((allowed / "file").c_str(), 0777)); }) == ENOSYS);
    BOOST_TEST(inside([&] { return error_of(::mkdir((allowed / "new").c_str(), 0777)); }) == ENOSYS);
    BOOST_TEST(fs::file_size(allowed / "file") == 4U);
}

BOOST_FIXTURE_TEST_CASE(only_permitted_files_are_read, files, *boost::unit_test::precondition(has_landlock)) {
    const sandbox_paths paths{{allowed, "/no/such/file"}, {}, {}};
    BOOST_TEST(inside(paths, [&] { return open_error(allowed / "file", O_RDONLY); }) == 0);
    BOOST_TEST(inside(paths, [&] { return open_error(elsewhere / "file", O_RDONLY); }) == EACCES);
    BOOST_TEST(inside(paths, [] { return open_error("/etc/passwd", O_RDONLY); }) == EACCES);
}

BOOST_FIXTURE_TEST_CASE(only_permitted_directories_are_written, files,
                        *boost::unit_test::precondition(has_landlock)) {
    const sandbox_paths paths{{}, {allowed}, {}};
    BOOST_TEST(inside(paths, [&] {
                   const auto made = open_error(allowed / "made", O_WRONLY | O_CREAT);
                   return made != 0 ? made
                                    : error_of(::rename((allowed / "made").c_str(), (allowed / "b").c_str()));
               }) == 0);
    BOOST_TEST(fs::exists(allowed / "b"));
    BOOST_TEST(inside(paths, [&] { return open_error(allowed / "file", O_RDWR | O_TRUNC); }) == 0);
    BOOST_TEST(inside(paths, [&] { return open_error(elsewhere / "made", O_WRONLY | O_CREAT); }) == EACCES);
    BOOST_TEST(inside(paths, [&] { return open_error(elsewhere / "file", O_WRONLY); }) == EACCES);
    BOOST_TEST(inside(paths, [&] { return error_of(::unlink((elsewhere / "file").c_str())); }) == EACCES);
    BOOST_TEST(fs::file_size(elsewhere / "file") == 4U);
}

BOOST_FIXTURE_TEST_CASE(files_may_be_removed_where_that_is_permitted, files,
                        *boost::unit_test::precondition(has_landlock)) {
    const sandbox_paths paths{{}, {}, {allowed}};
    BOOST_TEST(inside(paths, [&] { return error_of(::unlink((elsewhere / "file").c_str())); }) == EACCES);
    BOOST_TEST(inside(paths, [&] { return open_error(allowed / "new", O_WRONLY | O_CREAT); }) == EACCES);
    BOOST_TEST(inside(paths, [&] { return error_of(::unlink((allowed / "file").c_str())); }) == 0);
    BOOST_TEST(!fs::exists(allowed / "file"));
}

BOOST_FIXTURE_TEST_CASE(directories_to_write_must_exist, files,
                        *boost::unit_test::precondition(has_landlock)) {
    BOOST_TEST(inside({{}, {allowed / "missing"}, {}}, [] { return 0; }) == went_wrong);
    BOOST_TEST(inside({{}, {}, {allowed / "missing"}}, [] { return 0; }) == went_wrong);
}

// ThreadSanitizer asks for more than a thread by itself does.
#ifndef __SANITIZE_THREAD__
BOOST_AUTO_TEST_CASE(threads_can_be_started_and_are_confined) {
    const auto by_thread = [] {
        int error = 0;
        std::thread([&error] {
            ::pthread_setname_np(::pthread_self(), "confined");
            error = error_of(::syscall(SYS_io_uring_setup, 1, nullptr));
        }).join();
        return error;
    };
    BOOST_TEST(inside(by_thread) == ENOSYS);
}
#endif

BOOST_AUTO_TEST_CASE(other_threads_are_filtered_as_well) {
    BOOST_TEST(inside([] { return 0; }) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        std::atomic<int> step{0};
        int error = 0;
        std::thread before([&] {
            while (step == 0)
                ::sched_yield();
            error = error_of(::syscall(SYS_io_uring_setup, 1, nullptr));
            step = 2;
        });
        enter_sandbox({});
        step = 1;
        while (step != 2)
            ::sched_yield();
        ::_exit(error);
    }
    int status = 0;
    BOOST_REQUIRE_EQUAL(::waitpid(child, &status, 0), child);
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == ENOSYS);
}

BOOST_AUTO_TEST_CASE(abort_still_kills_by_its_signal) {
    BOOST_TEST(inside([]() -> int {
                   ::signal(SIGABRT, SIG_DFL);
                   std::abort();
               }) == -SIGABRT);
}

BOOST_AUTO_TEST_CASE(permitted_paths_follow_the_settings) {
    settings chosen;
    const auto none = permitted_paths(chosen, "/start");
    BOOST_TEST(none.writable.empty());
    BOOST_TEST(none.removable.empty());
    BOOST_TEST(!none.readable.empty());

    using kind = control_socket_spec::kind;
    chosen.control_sockets = {
        {.transport = kind::unix_stream, .host = {}, .path = "/run/a/control", .text = {}},
        {.transport = kind::unix_one_shot, .host = {}, .path = "relative", .text = {}},
        {.transport = kind::udp, .host = "127.0.0.1", .path = {}, .text = {}}};
    chosen.pid_file = "/run/rtpproxy.pid";
    chosen.prompt_dir = "prompts";
    const auto some = permitted_paths(chosen, "/start");
    const std::vector<fs::path> expected{"/run/a", "/start", "/run"};
    BOOST_TEST((some.removable == expected));
    BOOST_TEST(some.writable.empty());
    BOOST_TEST((some.readable.back() == fs::path("/start/prompts")));
}
