#include "rtpproxy/protocol/notice_tag.hpp"

#include "rtpproxy/protocol/url_decode.hpp"

#include "text.hpp"

#include <algorithm>

namespace rtpproxy {

std::optional<std::string> decode_notice_tag(std::string_view text) {
    auto tag = url_decode(text);
    if (tag && std::ranges::any_of(*tag, is_control)) tag.reset();
    return tag;
}

}  // namespace rtpproxy
