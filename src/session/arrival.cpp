#include "rtpproxy/session/arrival.hpp"

#include <charconv>

namespace rtpproxy {

void teaching_rules::add(std::string_view codecs) noexcept {
    while (!codecs.empty()) {
        const auto word = codecs.substr(0, codecs.find(','));
        codecs.remove_prefix(word.size() == codecs.size() ? word.size() : word.size() + 1);
        unsigned type = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), type);
        if (error == std::errc{} && end == word.data() + word.size() && type < payload_types.size())
            payload_types.set(type);
    }
}

}  // namespace rtpproxy
