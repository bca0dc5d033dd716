#pragma once

#include "rtpproxy/capture/captured_packet.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace rtpproxy {

/// What a capture file is written in.
enum class capture_format : std::uint8_t { adhoc, pcap };

/// Why a capture file cannot be read any further.
struct capture_error {
    std::uint64_t offset = 0;  ///< octets from the beginning of the file to what is wrong
    std::string reason;        ///< a few words, as in "unknown link type 113"
    bool truncated = false;    ///< the file ends within a packet; a program that was killed leaves such files
};

/// What a capture file had besides UDP datagrams.
struct skipped_packets {
    std::uint64_t fragments = 0;  ///< of IP packets
    std::uint64_t not_udp = 0;    ///< other protocols
    std::uint64_t incomplete =
        0;  ///< cut off by the capturing program, or of lengths that do not fit together
};

/// Reads the packets of a capture file one after the other: pcap (version 2.4, both byte orders, microseconds
/// or nanoseconds, link types Ethernet and NULL, IPv4 and IPv6) or ad-hoc (both byte orders). Which one it is
/// shows in the first octets.
///
/// Holds one packet at a time, of at most 256 KiB. Any input is survived. Not thread safe.
class capture_reader {
  public:
    /// Fills the span, or as much of it as there is left; 0 at the end.
    using source = std::function<std::size_t(std::span<std::byte>)>;
    using next_packet = boost::system::result<std::optional<captured_packet>, capture_error>;

    explicit capture_reader(source octets);
    /// A binary stream, which must outlive the reader.
    explicit capture_reader(std::istream& file);
    /// Octets in memory, which must outlive the reader.
    explicit capture_reader(std::span<const std::byte> file);
    capture_reader(capture_reader&&) noexcept;
    capture_reader& operator=(capture_reader&&) noexcept;
    ~capture_reader();

    /// The next UDP datagram; nothing at the end of the file. Its payload is valid until the next call. After
    /// an error the same error comes again.
    [[nodiscard]] next_packet next();

    /// What kind of file it is; known after the first next(). A file of no octets counts as ad-hoc.
    [[nodiscard]] capture_format format() const noexcept;
    [[nodiscard]] const skipped_packets& skipped() const noexcept;

  private:
    class state;
    std::unique_ptr<state> state_;
};

}  // namespace rtpproxy
