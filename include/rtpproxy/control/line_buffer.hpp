#pragma once

#include "rtpproxy/protocol/parse_command.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rtpproxy {

/// Cuts the octets of a stream into commands, one a line. Pure.
class line_buffer {
  public:
    /// Adds what was read.
    void append(std::string_view octets) { octets_.append(octets); }

    /// The next whole line, without its newline; empty when none is there yet or the next one is too long.
    [[nodiscard]] std::optional<std::string> next_line() {
        const auto newline = octets_.find('\n', start_);
        if (newline == std::string::npos || newline - start_ > max_command_octets) return std::nullopt;
        auto line = octets_.substr(start_, newline - start_);
        start_ = newline + 1;
        discard_consumed();
        return line;
    }

    /// Whether the next line has outgrown `max_command_octets`. Ask when next_line() gave nothing.
    [[nodiscard]] bool overflowed() const noexcept { return octets_.size() - start_ > max_command_octets; }

  private:
    void discard_consumed() {
        if (start_ < octets_.size() / 2 && start_ < max_command_octets) return;
        octets_.erase(0, start_);
        start_ = 0;
    }

    std::string octets_;
    std::size_t start_ = 0;  // of the first line not handed out yet
};

}  // namespace rtpproxy
