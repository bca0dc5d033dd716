#pragma once

#include "rtpproxy/session/session.hpp"
#include "rtpproxy/session/session_match.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rtpproxy {

/// A session that a command named, and which of its parties the from_tag was.
struct found_session {
    session* found = nullptr;
    match how = match::direct;
    explicit operator bool() const noexcept { return found != nullptr; }
};

/// Owns the live sessions of a shard by call-id; those of one call in the order they were created.
class session_table {
  public:
    session& add(std::unique_ptr<session> added);

    /// Gives up the ownership of `removed`, which must be here.
    [[nodiscard]] std::unique_ptr<session> remove(session& removed);

    /// The first session of the call that match_stream() finds.
    [[nodiscard]] found_session find_stream(const std::string& call_id, std::string_view from_tag,
                                            std::optional<std::string_view> to_tag) const;

    /// Every session of the call that match_any_stream() finds. A lone tag that names no creating party is
    /// then looked for among the other parties' tags: some controllers lose the first tag of a delete.
    [[nodiscard]] std::vector<found_session> find_all_streams(const std::string& call_id,
                                                              std::string_view from_tag,
                                                              std::optional<std::string_view> to_tag) const;

    /// Takes out every session.
    [[nodiscard]] std::vector<std::unique_ptr<session>> remove_all();

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    using call_sessions = boost::container::small_vector<std::unique_ptr<session>, 1>;
    std::unordered_map<std::string, call_sessions> calls_;
    std::size_t size_ = 0;
};

}  // namespace rtpproxy
