#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace rtpproxy::bench {

enum class run_mode { paced, closed, search, cycles, burst };
enum class control_protocol { rtpproxy, ng, none };

/// What the command line of rtp_load asks for.
struct load_options {
    run_mode mode = run_mode::paced;
    control_protocol protocol = control_protocol::rtpproxy;
    sockaddr_in server{};
    std::optional<pid_t> server_process;  ///< to account for its CPU time and memory
    std::size_t sessions = 100;
    double rate = 0;  ///< packets a second, all streams together
    std::chrono::duration<double> time{5};
    std::chrono::duration<double> warm_up{1};
    std::chrono::duration<double> rest{0.3};  ///< between warm-up and measurement
    std::size_t in_flight = 64;
    std::size_t outstanding = 16;
    std::size_t sockets = 2;
    std::chrono::milliseconds probe_interval{0};  ///< 0: no control commands beside the media
    bool count_system_calls = false;
    std::vector<std::string> services;  ///< commands about each call, see ask_for_services()
    std::string json_file;              ///< empty: none; "-": standard output, in place of the table
};

/// Reads the command line. Empty after --help, which it prints. Throws std::exception with a message for the
/// user.
[[nodiscard]] std::optional<load_options> read_options(int argc, char** argv);

}  // namespace rtpproxy::bench
