#pragma once

#include "rtpproxy/accounting/record_target.hpp"
#include "rtpproxy/codec/codec_id.hpp"
#include "rtpproxy/control/control_listener.hpp"
#include "rtpproxy/control/notify_targets.hpp"
#include "rtpproxy/control/socket_spec.hpp"
#include "rtpproxy/engine/call_refusal.hpp"
#include "rtpproxy/log/format.hpp"
#include "rtpproxy/log/level.hpp"
#include "rtpproxy/media/media_destinations.hpp"
#include "rtpproxy/net/local_addresses.hpp"
#include "rtpproxy/net/network_list.hpp"
#include "rtpproxy/services/recording.hpp"
#include "rtpproxy/session/learning.hpp"

#include <sys/types.h>
#include <syslog.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rtpproxy {

/// Whom the program turns into once its sockets are open (`-u`).
struct credentials {
    std::string user;          ///< empty: the user stays
    std::string group;         ///< empty: no group was named
    std::optional<uid_t> uid;  ///< of `user`
    std::optional<gid_t> gid;  ///< of `group`

    [[nodiscard]] bool wanted() const noexcept { return uid || gid; }
};

/// Real-time scheduling at the highest priority (`-c`).
enum class scheduling_policy : std::uint8_t { fifo, round_robin };

/// Everything the operator can choose, checked and complete: what load_configuration() makes of command line,
/// environment, file and defaults. Plain data; names are resolved, related values agree with each other.
struct settings {
    // Control sockets
    std::vector<control_socket_spec> control_sockets;  ///< at least one
    std::optional<mode_t> unix_socket_mode;      ///< of Unix control sockets; empty leaves it to the umask
    allowed_peers control_allowed;               ///< who may send commands
    std::uint32_t control_rate = 0;              ///< commands a second of each host; 0: no limit
    std::size_t max_control_connections = 4096;  ///< open at once on each control socket
    std::chrono::seconds control_idle{};         ///< after which a control connection is closed; 0: never

    // Local addresses
    std::vector<local_address>
        listen;             ///< at least one, the default first. With `bridging`: internal, external, others
    bool bridging = false;  ///< between two networks, `listen[0]` and `listen[1]`
    bool no_resolve = false;  ///< never ask the resolver, take numeric addresses only

    // Media ports: even RTP ports from `min_port` to `max_port`, both included; RTCP is one above
    std::uint16_t min_port = 10000;
    std::uint16_t max_port = 19998;
    bool sequential_ports = false;  ///< in ascending order in place of a random one

    // Sessions
    std::uint64_t max_sessions = 0;            ///< at once; 0: no limit
    call_refusal refuse_calls = call_refusal::error;  ///< how new calls are refused that there is no room for
    std::chrono::seconds ttl{60};              ///< an established session ends after this long without media
    std::chrono::seconds setup_ttl{200};       ///< the same until it is established
    std::chrono::seconds hold_ttl{3600};       ///< `ttl` of a session on hold, unless `ttl` is longer
    std::chrono::seconds max_call_duration{};  ///< every session ends after this long; 0: no limit
    bool independent_ttl = false;              ///< both legs need media to stay alive, in place of one
    bool force_asymmetric = false;             ///< no leg learns its peer's address from media
    learning_rules learning;                   ///< how legs learn their parties' addresses
    network_list carrier_media;                ///< where media may come from though another host is signalled
    std::uint32_t leg_packet_rate = 5000;      ///< packets a second and leg; 0: no limit
    bool bridge_symmetric = false;             ///< bridging does not imply `force_asymmetric`

    // Packets
    std::uint8_t tos = 184;     ///< TOS octet (IPv4); DSCP in its upper six bits, RFC 2474
    bool double_send = false;   ///< send small packets twice
    network_list copy_allowed;  ///< where commands may have media copied to; none listed: anywhere
    network_list media_denied = media_destinations::usually_denied();  ///< where no media is sent
    network_list media_allowed;                                        ///< where it is sent all the same
    host_media to_this_host = host_media::media;  ///< what is sent to other programs of this host

    // Notices
    rtpproxy::notify_targets notify_targets;  ///< none permitted: commands that name a target are refused
    std::size_t notify_queue = 65536;         ///< unsent notices for each target
    std::chrono::seconds notify_keep{300};    ///< until one that has not arrived is lost; 0: it is tried once
    bool notify_delete_all = false;           ///< `X` sends the notices of the sessions it ends

    // Playing
    std::filesystem::path prompt_dir;  ///< where prompts are; empty: anywhere, but in no place with `sandbox`
    std::vector<dynamic_payload> dynamic_payloads;  ///< played besides static ones; each type once

    // Recording
    std::filesystem::path record_dir;  ///< empty: no local recording
    std::filesystem::path spool_dir;   ///< empty: files are written to `record_dir` right away
    recording_format recorded_as = recording_format::adhoc;
    bool record_rtcp = true;
    bool record_details = true;          ///< a JSON file beside each recording
    bool record_all = false;             ///< every session, without being asked to
    std::size_t record_buffer_mib = 64;  ///< for packets that wait for the disk

    // Accounting
    std::vector<record_target> call_records;  ///< where a record of every finished session goes

    // Process
    bool foreground = false;
    bool no_root_check = false;
    bool no_chdir = false;           ///< a daemon keeps its working directory
    bool no_redirect = false;        ///< a daemon keeps stdout and stderr and logs to stderr as well
    std::filesystem::path pid_file;  ///< empty: none is written
    bool pid_file_named = false;     ///< `pid_file` is not just the default
    credentials run_as;
    bool sandbox = false;                     ///< keep to the files and system calls of a relay once started
    std::optional<std::uint64_t> open_files;  ///< soft and hard RLIMIT_NOFILE
    std::optional<scheduling_policy> scheduling;
    std::optional<int> nice;                     ///< -20..20
    unsigned threads = 0;                        ///< for media; 0: one a core
    std::chrono::microseconds gather_max{1000};  ///< how long a busy thread lets packets gather; 0: never

    // Log
    log::level log_level = log::level::info;
    int log_facility = LOG_DAEMON;  ///< of syslog(3)
    log::line_format log_format = log::line_format::text;
    std::uint32_t log_rate = 500;  ///< lines a second in the long run

    /// Sentences about options that are accepted but do nothing here; for the log at start.
    std::vector<std::string> warnings;

    /// Whether legs keep to their signalled addresses unless a command says otherwise.
    [[nodiscard]] bool asymmetric_by_default() const noexcept {
        return force_asymmetric || (bridging && !bridge_symmetric);
    }
};

/// The address book that `s.listen` and `s.bridging` describe. Cannot fail: load_configuration() resolved the
/// names.
[[nodiscard]] local_addresses make_local_addresses(const settings& s);

}  // namespace rtpproxy
