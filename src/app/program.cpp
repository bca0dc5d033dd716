#include "rtpproxy/app/program.hpp"

#include "rtpproxy/accounting/record_writer.hpp"
#include "rtpproxy/app/capabilities.hpp"
#include "rtpproxy/app/capacity.hpp"
#include "rtpproxy/app/daemon.hpp"
#include "rtpproxy/app/fatal_signals.hpp"
#include "rtpproxy/app/host_address.hpp"
#include "rtpproxy/app/limits.hpp"
#include "rtpproxy/app/pid_file.hpp"
#include "rtpproxy/app/privileges.hpp"
#include "rtpproxy/app/sandbox.hpp"
#include "rtpproxy/app/service_manager.hpp"
#include "rtpproxy/app/startup_error.hpp"
#include "rtpproxy/control/command_gate.hpp"
#include "rtpproxy/control/control_listener.hpp"
#include "rtpproxy/control/notifier.hpp"
#include "rtpproxy/engine/server.hpp"
#include "rtpproxy/log/log.hpp"
#include "rtpproxy/log/sinks.hpp"
#include "rtpproxy/strands/handler_memory.hpp"
#include "rtpproxy/strands/run_strand.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace rtpproxy {
namespace {

using transport = control_socket_spec::kind;

constexpr auto shutdown_patience = std::chrono::seconds{1};
constexpr int ending_signals[] = {SIGTERM, SIGINT, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGUSR1, SIGUSR2};

extern "C" void exit_at_once(int signal) {
    constexpr int killed_by_signal = 128;
    ::_exit(killed_by_signal + signal);
}

port_range ports_of(const settings& chosen) {
    return {.min = chosen.min_port, .max = chosen.max_port, .sequential = chosen.sequential_ports};
}

/// The directory may be relative to where the program was started, so this is to be called early.
prompt_files files_of_prompts(const settings& chosen) {
    if (chosen.prompt_dir.empty())
        return chosen.sandbox
                   ? prompt_files::none("with --sandbox, prompts are played from --prompt-dir only")
                   : prompt_files();
    try {
        return prompt_files::below(chosen.prompt_dir);
    } catch (const std::filesystem::filesystem_error& error) {
        throw_startup_error("--prompt-dir: cannot use " + chosen.prompt_dir.string(), error.code().value());
    }
}

/// A relative path means the working directory at the start, which is `started_in`.
std::optional<recorder_settings> recording_of(const settings& chosen,
                                              const std::filesystem::path& started_in) {
    if (chosen.record_dir.empty()) return std::nullopt;
    constexpr std::size_t mib = 1U << 20U;
    recorder_settings recording;
    recording.directory = started_in / chosen.record_dir;
    if (!chosen.spool_dir.empty()) recording.spool = started_in / chosen.spool_dir;
    recording.format = chosen.recorded_as;
    recording.rtcp = chosen.record_rtcp;
    recording.details = chosen.record_details;
    recording.everything = chosen.record_all;
    recording.queue_octets = chosen.record_buffer_mib * mib;
    return recording;
}

media_destinations::settings destinations_of(const settings& chosen) {
    media_destinations::settings destinations{
        chosen.media_denied, chosen.media_allowed, chosen.to_this_host, {}};
    for (const auto& local : chosen.listen) {
        boost::system::error_code no_address;  // but a name, which is not looked up for this
        const auto advertised = boost::asio::ip::make_address(local.advertised, no_address);
        if (!no_address) destinations.advertised.push_back(advertised);
    }
    return destinations;
}

server_settings engine_settings(const settings& chosen, const local_addresses& addresses,
                                const std::filesystem::path& started_in, record_writer* records) {
    session_settings sessions;
    sessions.internal_address = addresses.default_address();
    if (addresses.bridging())
        sessions.external_address = addresses.facing(local_addresses::interface::external);
    sessions.ttl = static_cast<unsigned>(chosen.ttl.count());
    sessions.setup_ttl = static_cast<unsigned>(chosen.setup_ttl.count());
    sessions.hold_ttl = static_cast<unsigned>(chosen.hold_ttl.count());
    sessions.ttl_mode = chosen.independent_ttl ? inactivity::mode::independent : inactivity::mode::shared;
    sessions.max_call_duration = static_cast<unsigned>(chosen.max_call_duration.count());
    sessions.notify_delete_all = chosen.notify_delete_all;
    sessions.asymmetric = chosen.asymmetric_by_default();
    sessions.learning = chosen.learning;
    if (!chosen.carrier_media.empty())
        sessions.carrier_media = std::make_shared<const network_list>(chosen.carrier_media);
    sessions.leg_packet_rate = chosen.leg_packet_rate;
    sessions.traffic_class = chosen.tos;
    if (records != nullptr)
        sessions.on_record = [records](std::unique_ptr<call_record> made) {
            records->submit(std::move(made));
        };
    sessions.copies.allowed = chosen.copy_allowed;
    sessions.copies.with_rtcp = chosen.record_rtcp;

    const auto cores = std::max(1u, std::thread::hardware_concurrency());
    return {.shards = {.sessions = sessions,
                       .send_packets_twice = chosen.double_send,
                       .gather_longest = chosen.gather_max,
                       .epoch = steady_clock::now()},
            .shard_count = chosen.threads != 0 ? chosen.threads : cores,
            .ports = ports_of(chosen),
            .destinations = destinations_of(chosen),
            .max_sessions = chosen.max_sessions,
            .refusal = chosen.refuse_calls,
            .prompts = {.files = files_of_prompts(chosen), .dynamic_payloads = chosen.dynamic_payloads},
            .recording = recording_of(chosen, started_in)};
}

std::filesystem::path working_directory() {
    std::error_code ignored;
    return std::filesystem::current_path(ignored);
}

/// Null unless records are wanted.
std::unique_ptr<record_writer> make_record_writer(const settings& chosen,
                                                  const std::filesystem::path& started_in) {
    if (chosen.call_records.empty()) return nullptr;
    auto targets = chosen.call_records;
    for (auto& target : targets)
        target.path = started_in / target.path;
    return std::make_unique<record_writer>(record_writer::settings{.targets = std::move(targets)});
}

std::string host_name() {
    std::string name(HOST_NAME_MAX + 1, '\0');
    if (::gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.c_str();
}

void judge_user(const settings& chosen) {
    const auto verdict = judge_superuser(::geteuid() == 0, chosen);
    if (verdict.decision == superuser_verdict::kind::refuse) throw startup_error(verdict.message);
    if (verdict.decision == superuser_verdict::kind::warn)
        std::cerr << "rtpproxy: " << verdict.message << '\n';
}

/// The program while it runs: what lives on the control strand, in the order it depends on each other.
class program {
  public:
    explicit program(const settings& chosen);
    int run();

  private:
    void bind_control_sockets();
    [[nodiscard]] pid_file take_pid_file();
    static void write_pid_file(pid_file& file) noexcept;
    void start_log();
    void apply_limits();
    void give_up_privileges();
    void open_call_records();
    void log_start();
    void log_privileges();
    [[nodiscard]] capacity find_capacity() const;
    [[nodiscard]] static int descriptor_limit();
    void check_listen_addresses();
    void await_signal() noexcept;
    void on_signal(int signal);
    void stop_awaiting_signals();
    void on_end_of_input(const control_socket_spec& spec);
    void drain();
    void shut_down();

    const settings& settings_;
    std::filesystem::path started_in_;  // later the working directory is another
    std::error_code scheduling_failure_;
    std::string pid_file_trouble_;           // for the log, which starts later
    std::vector<std::string> capabilities_;  // what is left of them
    sandbox_support sandbox_;
    boost::asio::io_context context_{1};
    local_addresses addresses_;
    notifier notices_;
    std::unique_ptr<record_writer> records_;  // null: none are wanted
    server server_;
    std::shared_ptr<command_gate> gate_;
    std::vector<std::unique_ptr<control_listener>> listeners_;
    boost::asio::signal_set signals_{context_};
    const handler_memory next_signal_;
    bool shutting_down_ = false;
    bool ended_by_signal_ = false;
};

program::program(const settings& chosen)
    : settings_(chosen),
      started_in_(working_directory()),
      addresses_(make_local_addresses(chosen)),
      notices_(context_.get_executor(), chosen.notify_targets,
               {.queue_limit = chosen.notify_queue, .give_up_after = chosen.notify_keep}),
      records_(make_record_writer(chosen, started_in_)),
      server_(context_, engine_settings(chosen, addresses_, started_in_, records_.get()), addresses_,
              notices_),
      gate_(std::make_shared<command_gate>(context_.get_executor(),
                                           gate_settings{.commands_per_second = chosen.control_rate})) {}

void program::bind_control_sockets() {
    listener_settings common;
    common.no_resolve = settings_.no_resolve;
    common.unix_mode = settings_.unix_socket_mode;
    common.unix_owner = settings_.run_as.uid;
    common.unix_group = settings_.run_as.gid;
    common.max_connections = settings_.max_control_connections;
    common.idle_limit = settings_.control_idle;
    common.allowed = settings_.control_allowed;
    common.gate = gate_;
    unique_fd activated;  // closed again if its listener cannot be made
    for (const auto& spec : settings_.control_sockets) {
        if (spec.transport == transport::systemd) {
            activated = service_manager::take_listening_socket();
            common.systemd_fd = activated.get();
        }
        common.on_end_of_input = [this, &spec] { on_end_of_input(spec); };
        auto listener = make_control_listener(context_.get_executor(), spec, server_, common);
        if (!listener) throw startup_error(listener.error());
        if (spec.transport == transport::systemd) static_cast<void>(activated.release());
        if (spec.transport == transport::udp) server_.guard_port((*listener)->port());
        listeners_.push_back(std::move(*listener));
    }
}

/// Without one the program can serve as well. But it does not start beside another one that has the same
/// file, nor with a name that was given and is something else.
pid_file program::take_pid_file() {
    try {
        return pid_file{settings_.pid_file, settings_.run_as.uid};
    } catch (const pid_file_error& error) {
        const bool fatal = error.why() == pid_file_error::cause::in_use ||
                           (error.why() == pid_file_error::cause::foreign && settings_.pid_file_named);
        if (fatal) throw;
        pid_file_trouble_ = fmt::format("{}; going on without one", error.what());
        if (!settings_.foreground) fmt::print(stderr, "rtpproxy: {}\n", pid_file_trouble_);
        return {};
    }
}

void program::write_pid_file(pid_file& file) noexcept {
    try {
        file.write();
    } catch (const std::exception& error) {
        log::err(log::global, "{}", error.what());
    }
}

void program::start_log() {
    log::configuration wanted;
    wanted.threshold = settings_.log_level;
    wanted.format = settings_.log_format;
    wanted.lines_a_second = settings_.log_rate;
    wanted.to_stderr = settings_.foreground || settings_.no_redirect;
    if (!settings_.foreground) wanted.syslog_facility = settings_.log_facility;
    log::start(wanted);
}

void program::apply_limits() {
    if (settings_.open_files)
        set_open_files(*settings_.open_files);
    else
        raise_open_files();
    if (settings_.nice) set_nice(*settings_.nice);
    if (settings_.scheduling) scheduling_failure_ = set_scheduling(*settings_.scheduling);
}

// Threads inherit all of it, so it comes before the first one, which is the log's.
void program::give_up_privileges() {
    const auto needed = needed_capabilities(settings_);
    forbid_new_privileges(needed);
    drop_privileges(settings_.run_as);
    capabilities_ = drop_capabilities(needed);
    allow_core_dumps();
    open_call_records();
    if (settings_.sandbox) sandbox_ = enter_sandbox(permitted_paths(settings_, started_in_));
}

/// By the user who will have to make them anew, and before the sandbox, whose complaint would tell less.
void program::open_call_records() {
    if (!records_) return;
    if (const auto opened = records_->open(); !opened) throw startup_error("--cdr: " + opened.error());
}

capacity program::find_capacity() const {
    return capacity_of({.min_port = settings_.min_port,
                        .max_port = static_cast<std::uint16_t>(settings_.max_port + 1),
                        .addresses = addresses_.all().size(),
                        .open_files = open_files_limit().rlim_cur,
                        .other_files = open_files_now(),
                        .max_sessions = settings_.max_sessions});
}

int program::descriptor_limit() {
    const auto open_files = open_files_limit().rlim_cur;
    const auto limit = open_files - descriptors_kept_back(open_files);
    return static_cast<int>(std::min<rlim_t>(limit, std::numeric_limits<int>::max()));
}

void program::check_listen_addresses() {
    for (const auto& local : addresses_.all()) {
        try {
            require_host_address(local->family() == address_family::ipv6 ? "-6" : "-l", local->address);
        } catch (const startup_error& error) {
            // A stand-by host gets its address later, so this is no reason not to start.
            log::always(log::level::err, log::global, "{}", error.what());
        }
    }
}

void program::log_privileges() {
    if (scheduling_failure_)
        log::err(log::global, "cannot set the scheduling policy: {}", log::error_text(scheduling_failure_));
    log::always(log::level::info, log::global, "privileges: user {}, capabilities: {}", ::geteuid(),
                capabilities_.empty() ? "none" : fmt::format("{}", fmt::join(capabilities_, ", ")));
    if (!settings_.sandbox) return;
    log::always(log::level::info, log::global, "sandbox: on; system calls are filtered{}",
                sandbox_.landlock > 0 ? ", files confined" : "");
    if (const auto lacks = sandbox_.complaint(); !lacks.empty())
        log::always(log::level::warn, log::global, "{}", lacks);
}

void program::log_start() {
    for (const auto& warning : settings_.warnings)
        log::always(log::level::warn, log::global, "{}", warning);
    log_privileges();
    check_listen_addresses();
    const auto found = find_capacity();
    server_.warn_above(found.sessions);
    log::always(log::level::info, log::global, "{}", describe(found));
    log::always(log::level::info, log::global, "rtpproxy started, pid {}", ::getpid());
}

int program::run() {
    // 1. What may fail visibly, while the terminal is still ours. The pid file first: it tells a second start
    // what a socket that is taken does not, which process is in its way.
    judge_user(settings_);
    auto pid_file = take_pid_file();
    bind_control_sockets();

    // 2. Become what we are going to be.
    waiting_parent parent;
    if (!settings_.foreground) {
        context_.notify_fork(boost::asio::io_context::fork_prepare);
        parent =
            daemonise({.change_directory = !settings_.no_chdir, .redirect_streams = !settings_.no_redirect});
        context_.notify_fork(boost::asio::io_context::fork_child);
    }
    apply_limits();
    give_up_privileges();
    start_log();
    if (!pid_file_trouble_.empty()) log::err(log::global, "{}", pid_file_trouble_);

    // 3. Serve.
    if (records_) records_->start({.node = host_name(), .pid = ::getpid()});
    server_.start(descriptor_limit());
    install_fatal_signal_handlers();
    signals_.add(SIGHUP);
    for (const int signal : ending_signals)
        signals_.add(signal);
    await_signal();
    for (auto& listener : listeners_)
        listener->start();
    write_pid_file(pid_file);
    log_start();
    service_manager::notify_ready("relaying");
    parent.release();
    run_strand(context_, "control");

    // 4. Let what is on its way leave.
    context_.restart();
    run_strand_for(context_, "control", shutdown_patience);
    log::always(log::level::info, log::global, "rtpproxy ended");
    return EXIT_SUCCESS;
}

void program::await_signal() noexcept {
    signals_.async_wait(next_signal_.hold([this](boost::system::error_code error, int signal) {
        if (!error) on_signal(signal);
    }));
}

void program::on_signal(int signal) {
    if (!shutting_down_) await_signal();  // first, whatever fails below
    if (signal == SIGHUP) {
        drain();
    } else {
        log::always(log::level::info, log::global, "signal {}: shutting down", signal);
        ended_by_signal_ = true;
        shut_down();
    }
}

// A wait under way would keep the context busy until its patience ends. A second signal ends the program on
// the spot; a first one that meets it on its way out anyway changes nothing.
void program::stop_awaiting_signals() {
    signals_.cancel();
    signals_.clear();
    std::signal(SIGHUP, SIG_IGN);
    for (const int signal : ending_signals)
        std::signal(signal, ended_by_signal_ ? exit_at_once : SIG_IGN);
}

void program::on_end_of_input(const control_socket_spec& spec) {
    // A program that nobody can command any more has nothing to wait for but its sessions.
    const auto others = std::ranges::count_if(settings_.control_sockets, [](const control_socket_spec& each) {
        return each.transport == transport::udp || each.transport == transport::stdio;
    });
    if (spec.transport == transport::stdio_exit || others == 1) drain();
}

void program::drain() {
    service_manager::notify_status("draining: no new sessions");
    server_.drain([this] { shut_down(); });
}

void program::shut_down() {
    if (std::exchange(shutting_down_, true)) return;
    const auto stop_running = [](boost::asio::io_context* context) { context->stop(); };
    const std::unique_ptr<boost::asio::io_context, decltype(stop_running)> whatever_fails{&context_,
                                                                                          stop_running};
    service_manager::notify_stopping("shutting down");
    stop_awaiting_signals();
    for (auto& listener : listeners_)
        listener->stop();
    server_.stop();
    if (records_) records_->stop();
    gate_->incidents.log_totals();
    notices_.stop();
}

}  // namespace

int run_program(const settings& chosen) {
    struct log_flush {
        ~log_flush() { log::stop(); }
    } const flush;
    program program{chosen};
    return program.run();
}

}  // namespace rtpproxy
