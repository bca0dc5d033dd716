#pragma once

#include "rtpproxy/net/endpoint.hpp"
#include "rtpproxy/session/moment.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace rtpproxy {

/// The latest datagrams of sources that are on trial on one port, so that the first words of a party are not
/// lost with the packets that show that it is the party.
///
/// When the trial is passed they may have to wait for that of the other party, as nobody knows yet where that
/// one receives; then they do so together with the packets after them.
///
/// Keeps `most` datagrams, of `greatest_size` octets at most each. Those of a source that is not believed in
/// the end are never used. Pure; takes memory only while a trial lasts. Belongs to the leg's strand.
class trial_packets {
  public:
    static constexpr std::size_t most = 8;
    static constexpr std::size_t greatest_size = 1500;
    /// What is older when the trial is over comes too late for any jitter buffer.
    static constexpr duration oldest = std::chrono::milliseconds{250};

    static constexpr duration longest_wait = std::chrono::milliseconds{200};

    struct kept {
        endpoint source;
        moment when;  ///< of its arrival
        std::vector<std::byte> datagram;
    };

    /// Keeps a copy. Where there is no room it takes that of the oldest one of another source, or else of the
    /// oldest one.
    /// @returns how many datagrams will not be used after all: this one, for its size or for want of memory;
    /// or the one that had to make room.
    std::size_t keep(const endpoint& source, std::span<const std::byte> datagram,
                     const moment& when) noexcept;

    /// The trial is over, but not that of the other party.
    void wait_for_other() noexcept { waits_for_other_ = true; }
    [[nodiscard]] bool waits_for_other() const noexcept { return waits_for_other_; }
    /// Whether one more packet may wait, of that size.
    [[nodiscard]] bool may_wait(std::size_t size, time_point now) const noexcept {
        return size <= greatest_size && packets_.size() < most &&
               (packets_.empty() || now - packets_.front().when.now <= longest_wait);
    }

    /// What is kept is to be used: what is left are the datagrams of `passed` that are not too old, in the
    /// order of their arrival. @returns how many others there were.
    std::size_t leave_only(const endpoint& passed, time_point now) noexcept;

    [[nodiscard]] const std::vector<kept>& packets() const noexcept { return packets_; }

  private:
    bool waits_for_other_ = false;
    std::vector<kept> packets_;  // in the order of their arrival
};

}  // namespace rtpproxy
