#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/services/prompt_finder.hpp"
#include "rtpproxy/services/prompt_library.hpp"
#include "rtpproxy/strands/strand_timer.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>

namespace rtpproxy {

/// The prompts a shard has asked the library for: brings the answers back to the shard, and gives up on those
/// that take too long, as the controller does not wait for ever either. Everything runs on the shard.
class prompt_lookups final : public prompt_finder {
  public:
    static constexpr duration patience = std::chrono::seconds{5};

    /// `context` is the shard's; it and `library` must outlive this object. Without a library nothing is
    /// found.
    prompt_lookups(boost::asio::io_context& context, prompt_library* library) noexcept
        : context_(context), library_(library) {}

    [[nodiscard]] prompt_ptr find_recent(const prompt_request& wanted) override;
    /// `on_found` is not told after stop().
    void find(const prompt_request& wanted, found_handler on_found) override;
    [[nodiscard]] std::span<const dynamic_payload> dynamic_payloads() const noexcept override;

    /// Forgets all lookups.
    void stop() { waiting_.clear(); }

  private:
    using lookup_id = std::uint64_t;
    struct waiting_lookup {
        waiting_lookup(boost::asio::io_context& context, found_handler handler,
                       strand_timer::callback on_patience_lost)
            : on_found(std::move(handler)), patience_left(context, std::move(on_patience_lost)) {}

        found_handler on_found;
        strand_timer patience_left;
    };

    void ask_library(const prompt_request& wanted, lookup_id id);
    void on_result(lookup_id id, prompt_lookup result);

    boost::asio::io_context& context_;
    prompt_library* library_;
    lookup_id last_id_ = 0;
    std::unordered_map<lookup_id, waiting_lookup> waiting_;
    std::shared_ptr<const bool> alive_ =
        std::make_shared<const bool>(true);  // whoever still has an answer asks
};

}  // namespace rtpproxy
