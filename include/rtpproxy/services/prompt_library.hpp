#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/services/prompt.hpp"
#include "rtpproxy/services/prompt_cache.hpp"
#include "rtpproxy/services/prompt_files.hpp"
#include "rtpproxy/services/prompt_source.hpp"

#include <boost/system/result.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rtpproxy {

/// A prompt and what it may be played as: a codec list as of read_playable_formats().
struct prompt_request {
    std::string name;
    std::string codecs;
};

/// What was found for a request.
struct prompt_lookup {
    prompt_ptr found;    ///< null: nothing
    std::string reason;  ///< why nothing, for the log
};

/// Finds prompts, reads and encodes them, and keeps them in memory.
///
/// Of the payload types asked for, the first one counts for which there is `<name>.<payload type>`, a file of
/// raw frames, or else `<name>.wav` or `<name>`, a sound file that can be encoded. A file that has changed is
/// read again. Files are opened, read and encoded on helper threads only. All members may be called from any
/// thread.
class prompt_library {
  public:
    struct settings {
        prompt_files files{};
        std::vector<dynamic_payload> dynamic_payloads{};  ///< what may be played besides static types
        std::size_t cache_octets = 64U << 20U;            ///< of all prompts in memory, and the most of one
        std::size_t most_lookups = 64;                    ///< under way at the same time
        duration trusted_for = std::chrono::seconds{1};   ///< this long a file is not looked at again
        duration useless_for = std::chrono::seconds{10};  ///< this long a file that failed is not read again
    };
    /// Runs a job on another thread, soon. May throw.
    using run_aside = std::function<void(std::function<void()>)>;
    using found_handler = std::function<void(prompt_lookup)>;

    prompt_library(settings chosen, run_aside run) : settings_(std::move(chosen)), run_(std::move(run)) {}

    /// A prompt that was found a moment ago, without a look at the disk; null otherwise. Never blocks for
    /// long.
    [[nodiscard]] prompt_ptr find_recent(const prompt_request& wanted);

    /// Looks for a prompt; `on_found` is called once, on a helper thread or, when too many lookups are under
    /// way, at once. The library must live until then. Throws when the lookup cannot be begun; `on_found` is
    /// not called then.
    void find(prompt_request wanted, found_handler on_found);

    /// What may be played besides static payload types.
    [[nodiscard]] std::span<const dynamic_payload> dynamic_payloads() const noexcept {
        return settings_.dynamic_payloads;
    }

    /// Lookups whose handlers have not been called.
    [[nodiscard]] std::size_t lookups() const noexcept { return lookups_; }

  private:
    struct lookup {
        prompt_request wanted;
        found_handler on_found;
    };
    /// What an attempt comes to; empty: another one is reading that file, wait for it.
    using outcome = std::optional<prompt_lookup>;

    void attempt(const std::shared_ptr<lookup>& asked) noexcept;
    [[nodiscard]] outcome look_up(const std::shared_ptr<lookup>& asked);
    void answer(const lookup& asked, prompt_lookup result) noexcept;
    void answer_for_want_of_memory(const lookup& asked) noexcept;

    /// What is known of a file.
    enum class claim_result : std::uint8_t {
        in_cache,    ///< `found` is it
        is_useless,  ///< `why_not` tells why
        being_read,  ///< `asked` will be attempted again
        mine,        ///< nothing: on_read() has to follow
    };
    struct known_file {
        claim_result what;
        prompt_ptr found{};
        prompt_failure why_not{};
    };
    [[nodiscard]] known_file claim(const prompt_cache::key& key, const file_version& version,
                                   const std::shared_ptr<lookup>& asked);
    [[nodiscard]] boost::system::result<prompt_ptr, prompt_failure> try_read(
        prompt_source source, const frame_format& format) const noexcept;
    void on_read(const prompt_cache::key& key, const file_version& version,
                 const boost::system::result<prompt_ptr, prompt_failure>& read) noexcept;
    void keep(const prompt_cache::key& key, const file_version& version,
              const boost::system::result<prompt_ptr, prompt_failure>& read) noexcept;
    void remember(const prompt_request& wanted, const prompt_ptr& found) noexcept;

    struct recent_answer {
        std::weak_ptr<const prompt> found;
        time_point when;
    };

    /// A file of no use, as long as it is of that version.
    struct useless_file {
        file_version version;
        prompt_failure why;
        time_point until;
    };

    const settings settings_;
    const run_aside run_;
    std::atomic<std::size_t> lookups_ = 0;
    std::mutex mutex_;  // of all below
    prompt_cache cache_{settings_.cache_octets};
    std::map<prompt_cache::key, std::vector<std::shared_ptr<lookup>>> being_read_;  // and who waits for it
    std::map<prompt_cache::key, useless_file> useless_;
    std::unordered_map<std::string, recent_answer> recent_;
};

}  // namespace rtpproxy
