#include "system_call_filter.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <memory>

namespace rtpproxy {
namespace {

using comparison = scmp_arg_cmp;
using numbers = std::initializer_list<int>;

comparison equals(unsigned argument, scmp_datum_t value) {
    return {argument, SCMP_CMP_EQ, value, 0};
}

comparison above(unsigned argument, scmp_datum_t value) {
    return {argument, SCMP_CMP_GT, value, 0};
}

/// The bits of `mask` are as in `value`.
comparison has_bits(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

/// libseccomp's filter while it is put together. A call that no rule matches is answered ENOSYS: a library
/// takes it for an older kernel, and does without or another way.
class filter {
  public:
    filter() : context_(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) {
        if (!context_) throw_startup_error("--sandbox: cannot make a system call filter", ENOMEM);
        set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);  // 32-bit calls in a 64-bit program
        set(SCMP_FLTATR_CTL_TSYNC, 1);                        // all threads
        set(SCMP_FLTATR_CTL_LOG, 1);                          // the kernel logs what is refused
        // Older kernels slow every confined program down against a processor's speculation, for the sake of
        // programs that run foreign code (browsers). This one does not.
        set(SCMP_FLTATR_CTL_SSB, 1);
    }

    void allow(numbers calls, std::initializer_list<comparison> when = {}) {
        add(SCMP_ACT_ALLOW, calls, when);
    }
    void fail(int error, numbers calls, std::initializer_list<comparison> when) {
        add(SCMP_ACT_ERRNO(static_cast<unsigned>(error)), calls, when);
    }
    void kill(numbers calls, std::initializer_list<comparison> when = {}) {
        add(SCMP_ACT_KILL_PROCESS, calls, when);
    }

    void load() { check(::seccomp_load(context_.get())); }

  private:
    static void check(int result) {
        if (result < 0)
            throw_startup_error(
                "--sandbox: the kernel does not take the system call filter; it needs CONFIG_SECCOMP_FILTER, "
                "and in a container a profile that permits seccomp",
                -result);
    }

    void set(scmp_filter_attr attribute, std::uint32_t value) {
        check(::seccomp_attr_set(context_.get(), attribute, value));
    }

    void add(std::uint32_t action, numbers calls, std::initializer_list<comparison> when) {
        for (const int call : calls)
            check(::seccomp_rule_add_array(context_.get(), action, call, static_cast<unsigned>(when.size()),
                                           when.begin()));
    }

    struct release {
        void operator()(scmp_filter_ctx context) const { ::seccomp_release(context); }
    };
    std::unique_ptr<void, release> context_;
};

// Memory, threads, time, signals: what the C and C++ libraries need for themselves.
void allow_runtime(filter& calls) {
    calls.allow({SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
                 SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(membarrier), SCMP_SYS(getrandom)});
    calls.allow({SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield),
                 SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler),
                 SCMP_SYS(getcpu), SCMP_SYS(getpriority)});
    calls.allow({SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
                 SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep)});
    calls.allow({SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
                 SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sigaltstack)});
    calls.allow({SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
                 SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrusage), SCMP_SYS(uname),
                 SCMP_SYS(sysinfo)});
    // raise() and abort(); other processes are none of our business.
    calls.allow({SCMP_SYS(tgkill)}, {equals(0, static_cast<scmp_datum_t>(::getpid()))});
    calls.allow({SCMP_SYS(prctl)}, {equals(0, PR_SET_NAME)});
    calls.allow({SCMP_SYS(prlimit64)}, {equals(0, 0), equals(2, 0)});  // reading limits
    calls.allow({SCMP_SYS(getrlimit)});
    calls.allow({SCMP_SYS(sched_setscheduler)}, {equals(0, 0), equals(1, SCHED_OTHER)});
}

// Memory is writable or executable, and what is executable has been so since the start.
void allow_data_memory(filter& calls) {
    constexpr unsigned protection = 2;
    calls.allow({SCMP_SYS(mmap), SCMP_SYS(mprotect)}, {has_bits(protection, PROT_EXEC, 0)});
    calls.fail(EACCES, {SCMP_SYS(mmap), SCMP_SYS(mprotect)}, {has_bits(protection, PROT_EXEC, PROT_EXEC)});
}

// Threads, never processes. The C library takes to clone() when there is no clone3(), whose arguments a
// filter cannot see.
void allow_threads(filter& calls) {
#if defined(__s390__) || defined(__CRIS__)
    constexpr unsigned flags = 1;
#else
    constexpr unsigned flags = 0;
#endif
    calls.allow({SCMP_SYS(clone)}, {has_bits(flags, CLONE_THREAD, CLONE_THREAD)});
    calls.kill({SCMP_SYS(clone)}, {has_bits(flags, CLONE_THREAD, 0)});
}

void allow_descriptors(filter& calls) {
    calls.allow({SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
                 SCMP_SYS(pwrite64), SCMP_SYS(close), SCMP_SYS(lseek), SCMP_SYS(ftruncate), SCMP_SYS(fcntl),
                 SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe2)});
    calls.allow({SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
                 SCMP_SYS(epoll_pwait2), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
                 SCMP_SYS(pselect6), SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
                 SCMP_SYS(timerfd_gettime)});
    // Asio's, the notifier's and the media sockets', and the C library's question whether a stream is a
    // terminal.
    for (const scmp_datum_t request : {scmp_datum_t{FIONBIO}, scmp_datum_t{FIONREAD}, scmp_datum_t{SIOCOUTQ},
                                       scmp_datum_t{SIOCGSTAMPNS}, scmp_datum_t{TCGETS}})
        calls.allow({SCMP_SYS(ioctl)}, {equals(1, request)});
}

void allow_sockets(filter& calls) {
    constexpr scmp_datum_t kind = 0xf;  // the bits of a socket's type that are no flags
    for (const scmp_datum_t family : {AF_UNIX, AF_INET, AF_INET6})
        for (const scmp_datum_t type : {SOCK_STREAM, SOCK_DGRAM})
            calls.allow({SCMP_SYS(socket)}, {equals(0, family), has_bits(1, kind, type)});
    calls.fail(EAFNOSUPPORT, {SCMP_SYS(socket)}, {above(0, AF_INET6)});
    calls.allow({SCMP_SYS(socketpair)}, {equals(0, AF_UNIX)});
    calls.allow({SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(connect),
                 SCMP_SYS(shutdown), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
                 SCMP_SYS(setsockopt)});
    calls.allow({SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom),
                 SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg)});
}

void allow_reading_files(filter& calls) {
    calls.allow({SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
                 SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
                 SCMP_SYS(getdents64), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd)});
    constexpr scmp_datum_t writes = O_ACCMODE | O_CREAT | O_TRUNC;
    calls.allow({SCMP_SYS(open)}, {has_bits(1, writes, O_RDONLY)});
    calls.allow({SCMP_SYS(openat)}, {has_bits(2, writes, O_RDONLY)});
}

void refuse_writing_files(filter& calls) {
    for (const scmp_datum_t flag : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC}) {
        calls.fail(EACCES, {SCMP_SYS(open)}, {has_bits(1, flag, flag)});
        calls.fail(EACCES, {SCMP_SYS(openat)}, {has_bits(2, flag, flag)});
    }
}

void allow_writing_files(filter& calls) {
    calls.allow({SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rename),
                 SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(rmdir),
                 SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(fallocate), SCMP_SYS(fchmod),
                 SCMP_SYS(pwritev), SCMP_SYS(statfs)});
}

// What only an intruder tries. There is nothing to answer.
void kill_intruders(filter& calls) {
    calls.kill({SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
                SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev)});
    calls.kill({SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(chroot), SCMP_SYS(pivot_root), SCMP_SYS(mount),
                SCMP_SYS(umount2), SCMP_SYS(open_by_handle_at)});
    calls.kill({SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(bpf),
                SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(userfaultfd),
                SCMP_SYS(perf_event_open), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl),
                SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct)});
}

}  // namespace

bool has_system_call_filters() noexcept {
    const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

void filter_system_calls(filter_options options) {
    filter calls;
    allow_runtime(calls);
    allow_data_memory(calls);
    allow_threads(calls);
    allow_descriptors(calls);
    allow_sockets(calls);
    allow_reading_files(calls);
    if (options.removing_files || options.writing_files) calls.allow({SCMP_SYS(unlink), SCMP_SYS(unlinkat)});
    if (options.writing_files)
        allow_writing_files(calls);
    else
        refuse_writing_files(calls);
    kill_intruders(calls);
    calls.load();
}

}  // namespace rtpproxy
