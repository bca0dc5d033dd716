#pragma once

#include "rtpproxy/services/prompt.hpp"
#include "rtpproxy/services/prompt_files.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>

namespace rtpproxy {

/// Prompts read lately, ready to be played, as many as `limit` octets hold: the one that was asked for least
/// recently goes first. Pure; not thread-safe.
class prompt_cache {
  public:
    /// The name of the file and the payload type.
    using key = std::pair<std::string, std::uint8_t>;

    /// `limit`: octets of media, of all prompts together.
    explicit prompt_cache(std::size_t limit) noexcept : limit_(limit) {}

    /// Null unless the file was of this very version when it was read.
    [[nodiscard]] prompt_ptr find(const key& wanted, const file_version& version);
    /// Keeps a prompt, in place of an older version. One that is larger than the whole cache is not kept.
    void keep(const key& name, const file_version& version, prompt_ptr read);

    [[nodiscard]] std::size_t octets() const noexcept { return octets_; }
    [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }

  private:
    struct entry {
        key name;
        file_version version;
        prompt_ptr kept;
    };
    using entries = std::list<entry>;

    void forget(entries::iterator forgotten);

    std::size_t limit_;
    std::size_t octets_ = 0;
    entries kept_;  // the one last asked for in front
    std::map<key, entries::iterator> index_;
};

}  // namespace rtpproxy
