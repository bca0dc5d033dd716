#pragma once

#include "rtpproxy/codec/codec_id.hpp"
#include "rtpproxy/services/prompt_library.hpp"

#include <functional>
#include <span>

namespace rtpproxy {

/// Where the services of a shard's sessions have prompts from. Everything runs on the shard.
class prompt_finder {
  public:
    /// Called on the shard.
    using found_handler = std::function<void(prompt_lookup)>;

    virtual ~prompt_finder() = default;

    /// A prompt that is ready; null when it has to be looked for.
    [[nodiscard]] virtual prompt_ptr find_recent(const prompt_request& wanted) = 0;

    /// Looks for a prompt and tells `on_found`, later, or never when the shard is closed before. Throws when
    /// that cannot be begun; `on_found` is not told then.
    virtual void find(const prompt_request& wanted, found_handler on_found) = 0;

    /// What may be played besides static payload types. Valid as long as the finder is.
    [[nodiscard]] virtual std::span<const dynamic_payload> dynamic_payloads() const noexcept = 0;
};

}  // namespace rtpproxy
