#include "rtpproxy/engine/prompt_lookups.hpp"

#include "rtpproxy/strands/handler_memory.hpp"

#include <utility>

namespace rtpproxy {

prompt_ptr prompt_lookups::find_recent(const prompt_request& wanted) {
    return library_ != nullptr ? library_->find_recent(wanted) : nullptr;
}

std::span<const dynamic_payload> prompt_lookups::dynamic_payloads() const noexcept {
    if (library_ == nullptr) return {};
    return library_->dynamic_payloads();
}

void prompt_lookups::find(const prompt_request& wanted, found_handler on_found) {
    const auto id = ++last_id_;
    auto give_up = [this, id](time_point) {
        on_result(id, {.found = nullptr, .reason = "reading the prompt takes too long"});
    };
    auto& waiting = waiting_.try_emplace(id, context_, std::move(on_found), std::move(give_up)).first->second;
    try {
        ask_library(wanted, id);
    } catch (...) {
        waiting_.erase(id);
        throw;
    }
    waiting.patience_left.set(steady_clock::now() + patience);
}

void prompt_lookups::ask_library(const prompt_request& wanted, lookup_id id) {
    // Has all it needs to come back.
    struct messenger {
        prompt_lookup result;
        const handler_memory way_back;
    };
    auto bring_back = [this, id, alive = std::weak_ptr(alive_), strand = context_.get_executor(),
                       carried = std::make_shared<messenger>()](prompt_lookup result) {
        carried->result = std::move(result);
        post_surely(strand, carried->way_back, [this, id, alive, carried] {
            if (!alive.expired()) on_result(id, std::move(carried->result));
        });
    };
    if (library_ == nullptr) return bring_back({.found = nullptr, .reason = "there are no prompts"});
    library_->find(wanted, std::move(bring_back));
}

void prompt_lookups::on_result(lookup_id id, prompt_lookup result) {
    const auto found = waiting_.extract(id);
    if (!found.empty()) found.mapped().on_found(std::move(result));
}

}  // namespace rtpproxy
