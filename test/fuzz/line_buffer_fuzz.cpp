// Commands on a stream, cut into lines however the octets arrive. The input's first octets are the sizes of
// the pieces, 0 ends them; `x` * n + newline makes lines around the limit reachable: an octet 0x01 stands for
// 1000 letters.

#include "rtpproxy/control/line_buffer.hpp"

#include "fuzz.hpp"

#include <string>
#include <vector>

using namespace rtpproxy;
using fuzz::require;

namespace {

std::string expand(std::string_view text) {
    std::string expanded;
    for (const char c : text)
        expanded.append(c == '\x01' ? 1000 : 1, c == '\x01' ? 'x' : c);
    return expanded;
}

/// The lines in front of the first one that is too long.
std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    for (auto end = text.find('\n'); end != std::string_view::npos && end <= max_command_octets;
         end = text.find('\n')) {
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto rest = fuzz::to_text(data, size);
    const auto sizes = fuzz::take_until(rest, '\0');
    const auto text = expand(rest.substr(0, 256));

    line_buffer buffer;
    std::vector<std::string> lines;
    bool closed = false;
    std::string_view unread = text;
    for (std::size_t i = 0; !unread.empty() && !closed; ++i) {
        const std::size_t wanted = i < sizes.size() ? static_cast<unsigned char>(sizes[i]) * 8U + 1U : 8192U;
        const auto piece = unread.substr(0, wanted);
        unread.remove_prefix(piece.size());
        buffer.append(piece);
        while (auto line = buffer.next_line())
            lines.push_back(std::move(*line));
        closed = buffer.overflowed();
    }
    require(lines == lines_of(text), "other lines");
    const auto consumed = [&] {
        std::size_t octets = 0;
        for (const auto& line : lines)
            octets += line.size() + 1;
        return octets;
    }();
    const auto pending = std::string_view(text).substr(consumed);
    require(closed == (pending.size() > max_command_octets), "closed for nothing, or not closed");
    return 0;
}
