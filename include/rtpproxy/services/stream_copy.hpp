#pragma once

#include "rtpproxy/media/media_destinations.hpp"
#include "rtpproxy/media/open_port_pair.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/services/packet_tap.hpp"
#include "rtpproxy/session/side.hpp"

#include <boost/system/result.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Sends each packet that a party sends to one more host, as it is: RTP to a port, RTCP to the next one.
///
/// Packets leave from a port pair of the pool that is the copy's own, RTP from the even port. Nothing is
/// received on it. What the host answers, or that it is not there, changes nothing but the counts. A target
/// on this host was named by a command, not by a party, so all that looks like media is sent to it.
class stream_copy final : public packet_tap {
  public:
    /// Beyond these a leg gets no more; each costs a port pair and a send a packet.
    static constexpr std::size_t most_of_a_leg = 8;

    struct options {
        std::string call_id;             ///< for the log
        side from;                       ///< party whose packets are copied; for the log
        endpoint target;                 ///< of RTP
        boost::asio::ip::address local;  ///< address of this host, of the target's IP version
        std::uint8_t traffic_class;
        bool with_rtcp = true;
        int descriptor_limit = 0;  ///< see open_port_pair()
    };

    /// Takes a port pair. `pool` and `destinations` must outlive the copy.
    ///
    /// Errors: as open_port_pair(); what the kernel says to the target otherwise (`network_unreachable`,
    /// `permission_denied` for a broadcast address).
    [[nodiscard]] static boost::system::result<std::unique_ptr<stream_copy>> open(
        port_pool& pool, const media_destinations& destinations, options chosen);

    /// Takes over bound and connected sockets; see open().
    stream_copy(const media_destinations& destinations, options chosen, bound_pair pair);
    ~stream_copy() override;

    [[nodiscard]] const endpoint& target() const noexcept { return options_.target; }
    /// Where RTP leaves from.
    [[nodiscard]] endpoint local() const { return {options_.local, pair_.rtp_port()}; }

    kind what() const noexcept override { return kind::copy; }
    fate on_packet(const tapped_packet& packet) noexcept override;

  private:
    void judge_target() noexcept;
    [[nodiscard]] bool is_permitted(const tapped_packet& packet) const noexcept;
    void report(std::string_view reason);

    const media_destinations& destinations_;
    const options options_;
    std::uint32_t judged_ = 0;  // in which generation of the destinations
    std::array<destination_kind, 2> target_is_{};
    bool may_return_ = false;  // the target may be a port of this program
    bound_pair pair_;
    std::uint64_t sent_ = 0;
    std::uint64_t not_sent_ = 0;
    std::uint64_t looping_ = 0;
    bool reported_ = false;
};

}  // namespace rtpproxy
