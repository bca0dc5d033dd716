#include "rtpproxy/session/session_table.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rtpproxy {

session& session_table::add(std::unique_ptr<session>&& added) {
    const auto [call, is_new] = calls_.try_emplace(call_name{added->call_id()});
    try {
        auto& kept = *call->second.emplace_back(std::move(added));
        ++size_;
        return kept;
    } catch (...) {
        if (is_new) calls_.erase(call);  // its name would outlive the session
        throw;
    }
}

std::unique_ptr<session> session_table::remove(session& removed) noexcept {
    const auto call = calls_.find(removed.call_id());
    assert(call != calls_.end());
    auto& sessions = call->second;
    const auto position =
        std::ranges::find_if(sessions, [&](const auto& owned) { return owned.get() == &removed; });
    assert(position != sessions.end());
    auto owned = std::move(*position);
    sessions.erase(position);
    if (sessions.empty())
        calls_.erase(call);
    else
        call->first.text = sessions.front()->call_id();
    --size_;
    return owned;
}

found_session session_table::find_stream(std::string_view call_id, std::string_view from_tag,
                                         std::optional<std::string_view> to_tag) const {
    const auto call = calls_.find(call_id);
    if (call == calls_.end()) return {};
    for (const auto& candidate : call->second)
        if (const auto how = match_stream(candidate->from_tag(), from_tag, to_tag))
            return {candidate.get(), *how};
    return {};
}

session_table::found_sessions session_table::find_all_streams(std::string_view call_id,
                                                              std::string_view from_tag,
                                                              std::optional<std::string_view> to_tag) const {
    found_sessions found;
    const auto call = calls_.find(call_id);
    if (call == calls_.end()) return found;
    for (const auto& candidate : call->second)
        if (const auto how = match_any_stream(candidate->from_tag(), from_tag, to_tag))
            found.push_back({candidate.get(), *how});
    return found;
}

session_table::found_sessions session_table::find_streams_to_end(
    std::string_view call_id, std::string_view from_tag, std::optional<std::string_view> to_tag) const {
    auto found = find_all_streams(call_id, from_tag, to_tag);
    const auto call = calls_.find(call_id);
    if (!found.empty() || to_tag || call == calls_.end()) return found;
    for (const auto& candidate : call->second)
        if (!candidate->to_tag.empty() && names_any_stream(candidate->to_tag, from_tag))
            found.push_back({candidate.get(), match::reverse});
    return found;
}

}  // namespace rtpproxy
