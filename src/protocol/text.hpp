#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace rtpproxy {

// The protocol is ASCII whatever the locale says, and `char` may be negative; so <cctype> is no help here.

[[nodiscard]] constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_hex_digit(char c) noexcept {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

[[nodiscard]] constexpr bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Whether `modifiers` has `letter`, which is given in lower case, in either case.
[[nodiscard]] constexpr bool has_letter(std::string_view modifiers, char letter) noexcept {
    for (const char c : modifiers) {
        if (to_lower(c) == letter) return true;
    }
    return false;
}

/// Whether `modifiers` holds none but the lower-case letters of `allowed`, in either case.
[[nodiscard]] constexpr bool only_letters(std::string_view modifiers, std::string_view allowed) noexcept {
    for (const char c : modifiers) {
        if (allowed.find(to_lower(c)) == std::string_view::npos) return false;
    }
    return true;
}

/// The decimal number that all of `text` spells; empty when it is something else or does not fit. A minus
/// sign is read when `Number` is signed, a plus sign never.
template <std::integral Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) noexcept {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

/// Reads a word from left to right. A view: the text must outlive it.
class text_cursor {
  public:
    explicit constexpr text_cursor(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] constexpr bool done() const noexcept { return rest_.empty(); }

    /// The next character. Only when not done().
    constexpr char take() noexcept {
        const char next = rest_.front();
        rest_.remove_prefix(1);
        return next;
    }

    /// Steps over `c` when it is next.
    constexpr bool take_if(char c) noexcept {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// The longest run of characters, maybe none, that `accepts` likes.
    template <std::predicate<char> Accepts>
    constexpr std::string_view take_while(Accepts accepts) noexcept {
        std::size_t length = 0;
        while (length < rest_.size() && accepts(rest_[length]))
            ++length;
        return take_octets(length);
    }

    /// What stands in front of `end`, stepping over both; empty, and nothing read, when `end` does not
    /// follow.
    constexpr std::optional<std::string_view> take_until(char end) noexcept {
        const auto length = rest_.find(end);
        if (length == std::string_view::npos) return std::nullopt;
        const auto before = take_octets(length);
        rest_.remove_prefix(1);
        return before;
    }

  private:
    constexpr std::string_view take_octets(std::size_t length) noexcept {
        const auto taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

    std::string_view rest_;
};

}  // namespace rtpproxy
