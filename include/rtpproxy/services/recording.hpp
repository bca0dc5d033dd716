#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/net/time.hpp"
#include "rtpproxy/session/component.hpp"
#include "rtpproxy/session/end_reason.hpp"
#include "rtpproxy/session/side.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtpproxy {

/// What recordings are written in.
enum class recording_format : std::uint8_t {
    adhoc,  ///< the classic format, one file a leg and component
    pcap,   ///< packets, for Wireshark and the like
    wav,    ///< sound: both parties in one stereo file
};

/// `adhoc`, `pcap` or `wav`.
[[nodiscard]] std::string_view to_string(recording_format format) noexcept;

/// What tells recordings of one stem apart, from 1 on; 0 until its files have names. Shared by what belongs
/// to a recording; the recorder's thread alone looks inside.
using recording_number = std::shared_ptr<unsigned>;

/// A recording to be begun.
struct recording_order {
    enum class layout : std::uint8_t {
        leg,      ///< what one party sends, RTP and RTCP in files of their own
        session,  ///< what both parties send, in one file
    };

    std::string call_id;
    std::string from_tag;  ///< of the party that created the session
    std::string stem;      ///< what its files are called, made safe (file_name.hpp)
    layout files = layout::leg;
    side party = side::caller;  ///< of a leg
    bool names_leg = false;     ///< `.o` (caller) or `.a` (callee) follows the stem
    bool exact_name = false;    ///< of a session: nothing follows the stem
    bool rtcp = true;           ///< there is a file for RTCP
    bool details = true;        ///< there is a JSON file beside it
    time_point begun;
    recording_number beside;  ///< of the running recording of the session's other leg; may be null
};

/// The names of a recording's files, in their directory: what has packets or sound, and the details last.
struct recording_file_names {
    std::string rtp;      ///< or everything
    std::string rtcp;     ///< empty when there is none
    std::string details;  ///< JSON; empty when there is none

    [[nodiscard]] std::vector<std::string> all() const;
};

/// The names of the files of `order` with this number: from 2 on it follows the stem, `stem-2`.
[[nodiscard]] recording_file_names file_names_of(const recording_order& order, recording_format format,
                                                 unsigned number);

/// One party when a recording ended.
struct recorded_party {
    std::string tag;
    std::optional<endpoint> address;  ///< where it receives RTP
    std::string codecs;               ///< payload types of its media description, as signalled
};

/// How a recording ended.
struct recording_end {
    time_point when;
    std::optional<end_reason> session;      ///< why the session ended; empty: only the recording was stopped
    std::array<recorded_party, 2> parties;  ///< by side
};

class recording;
class recording_files;

/// What a shard tells the recorder.
struct recording_instruction {
    std::shared_ptr<recording> of;
    bool begins;  ///< or ends
};

/// A recording, from the command that begins it to the last octet in its files. Shared by the shard of its
/// session and the recorder's thread; members say whose they are.
class recording {
  public:
    explicit recording(recording_order ordered);
    recording(const recording&) = delete;
    recording& operator=(const recording&) = delete;
    ~recording();

    const recording_order order;
    const recording_number number;       ///< the pointer; what it points at is the recorder's thread's
    std::atomic<std::uint64_t> lost{0};  ///< packets for which there was no room in the queue

    // The recorder's thread only.
    recording_file_names names;              ///< empty until it has a number
    std::unique_ptr<recording_files> files;  ///< null before they are opened
    bool closed = false;

    /// Made when it begins, so that it can be ended however short memory is then. The shard's.
    std::list<recording_instruction> to_end{{.of = nullptr, .begins = false}};

    // Under the recorder's mutex, and on its thread once it has ended.
    bool has_ended = false;
    recording_end end{};
};

/// A packet of a recording.
struct recorded_packet {
    time_point when;
    side from;
    component which;
    endpoint source;
    endpoint destination;
    bool outgoing = false;  ///< the source is an address of ours, not the destination
    std::span<const std::byte> datagram;
};

}  // namespace rtpproxy
