#pragma once

#include "rtpproxy/session/session.hpp"
#include "rtpproxy/session/session_match.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

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
    /// Sessions that one command names.
    using found_sessions = boost::container::small_vector<found_session, 4>;

    /// Throws std::bad_alloc; `added` is not taken then.
    session& add(std::unique_ptr<session>&& added);

    /// Gives up the ownership of `removed`, which must be here.
    [[nodiscard]] std::unique_ptr<session> remove(session& removed) noexcept;

    /// The first session of the call that match_stream() finds.
    [[nodiscard]] found_session find_stream(std::string_view call_id, std::string_view from_tag,
                                            std::optional<std::string_view> to_tag) const;

    /// Every session of the call that match_any_stream() finds.
    [[nodiscard]] found_sessions find_all_streams(std::string_view call_id, std::string_view from_tag,
                                                  std::optional<std::string_view> to_tag) const;

    /// What a command that ends sessions names. As find_all_streams(); and a lone tag that names no creating
    /// party is then looked for among the other parties' tags, since some controllers lose the first tag of a
    /// delete, and nothing else would end the call.
    [[nodiscard]] found_sessions find_streams_to_end(std::string_view call_id, std::string_view from_tag,
                                                     std::optional<std::string_view> to_tag) const;

    /// Takes out every session, and gives each to `take`, which must not throw.
    template <typename Take>
    void remove_all(Take take) noexcept {
        for (auto& [call_id, sessions] : calls_)
            for (auto& each : sessions)
                take(std::move(each));
        calls_.clear();
        size_ = 0;
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    using call_sessions = boost::container::small_vector<std::unique_ptr<session>, 1>;
    /// The call-id of the first session of a call. When that one leaves, it is the next one's, which reads
    /// the same.
    struct call_name {
        mutable std::string_view text;
    };
    struct hash_name {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const noexcept {
            return std::hash<std::string_view>{}(name);
        }
        std::size_t operator()(const call_name& name) const noexcept { return (*this)(name.text); }
    };
    struct equal_name {
        using is_transparent = void;
        bool operator()(const call_name& a, const call_name& b) const noexcept { return a.text == b.text; }
        bool operator()(std::string_view a, const call_name& b) const noexcept { return a == b.text; }
        bool operator()(const call_name& a, std::string_view b) const noexcept { return a.text == b; }
    };
    boost::unordered_flat_map<call_name, call_sessions, hash_name, equal_name> calls_;
    std::size_t size_ = 0;
};

}  // namespace rtpproxy
