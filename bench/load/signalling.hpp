#pragma once

#include "load/call.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rtpproxy::bench {

/// What a SIP proxy asks of a relay in the life of a call.
enum class step : std::uint8_t { offer, answer, remove, ping };

/// What the relay said.
struct step_reply {
    bool ok = false;
    std::optional<sockaddr_in> media;  ///< of offer and answer: the port it opened
};

/// A control protocol: how its commands are written and its replies are read. Cookies are not part of it.
class signalling {
  public:
    virtual ~signalling() = default;
    [[nodiscard]] virtual std::string request(step what, const call& about) const = 0;
    [[nodiscard]] virtual step_reply read_reply(step what, std::string_view text) const = 0;
};

/// The rtpproxy control protocol: U, L, D, V.
[[nodiscard]] std::unique_ptr<signalling> make_rtpproxy_signalling();
/// rtpengine's ng protocol: offer, answer, delete, ping as bencoded dictionaries.
[[nodiscard]] std::unique_ptr<signalling> make_ng_signalling();

/// The party whose address a step signals.
[[nodiscard]] constexpr party signalled_party(step what) noexcept {
    return what == step::answer ? party::callee : party::caller;
}

}  // namespace rtpproxy::bench
