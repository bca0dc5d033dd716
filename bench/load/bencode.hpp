#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rtpproxy::bench {

/// Writes one bencoded dictionary. Keys may come in any order; the ng protocol does not ask for a sorted one.
class bencode_dictionary {
  public:
    bencode_dictionary& add(std::string_view key, std::string_view value);
    bencode_dictionary& add(std::string_view key, long long value);
    [[nodiscard]] std::string text() const { return text_ + "e"; }

  private:
    std::string text_ = "d";
};

/// The string value of `key` in a bencoded dictionary, a view into `text`; values of other types are skipped.
/// Empty when it is absent or `text` is malformed.
[[nodiscard]] std::optional<std::string_view> find_bencoded(std::string_view text, std::string_view key);

}  // namespace rtpproxy::bench
