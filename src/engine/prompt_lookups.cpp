#include "rtpproxy/engine/prompt_lookups.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace rtpproxy {

prompt_ptr prompt_lookups::find_recent(const prompt_request& wanted) {
    return library_ != nullptr ? library_->find_recent(wanted) : nullptr;
}

void prompt_lookups::find(const prompt_request& wanted, found_handler on_found) {
    const auto id = ++last_id_;
    waiting_lookup waiting{std::move(on_found), boost::asio::steady_timer(context_, patience)};
    give_up_in_time(id, waiting_.emplace(id, std::move(waiting)).first->second.timer);

    auto bring_back = [this, id, alive = std::weak_ptr(alive_), &context = context_](prompt_lookup result) {
        boost::asio::post(context, [this, id, alive, result = std::move(result)]() mutable {
            if (!alive.expired()) on_result(id, std::move(result));
        });
    };
    if (library_ == nullptr) return bring_back({.found = nullptr, .reason = "there are no prompts"});
    library_->find(wanted, std::move(bring_back));
}

void prompt_lookups::give_up_in_time(lookup_id id, boost::asio::steady_timer& timer) {
    timer.async_wait([this, id](boost::system::error_code error) {
        if (!error) on_result(id, {.found = nullptr, .reason = "reading the prompt takes too long"});
    });
}

void prompt_lookups::on_result(lookup_id id, prompt_lookup result) {
    const auto found = waiting_.extract(id);
    if (!found.empty()) found.mapped().on_found(std::move(result));
}

}  // namespace rtpproxy
