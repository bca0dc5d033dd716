#include "load/bencode.hpp"
#include "load/signalling.hpp"

#include <fmt/format.h>

#include <charconv>

namespace rtpproxy::bench {
namespace {

/// One audio stream of G.711 (RFC 8866).
std::string make_sdp(const sockaddr_in& local) {
    const auto host = host_text(local);
    return fmt::format(
        "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n"
        "m=audio {1} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n",
        host, port_of(local));
}

/// What follows `prefix` up to a blank or the end of the line.
std::optional<std::string_view> word_after(std::string_view sdp, std::string_view prefix) {
    const auto at = sdp.find(prefix);
    if (at == std::string_view::npos) return std::nullopt;
    const auto begin = at + prefix.size();
    const auto end = std::min(sdp.find_first_of(" \r\n", begin), sdp.size());
    return sdp.substr(begin, end - begin);
}

std::optional<sockaddr_in> read_sdp(std::string_view sdp) {
    const auto host = word_after(sdp, "c=IN IP4 ");
    const auto digits = word_after(sdp, "m=audio ");
    if (!host || !digits) return std::nullopt;
    std::uint16_t port = 0;
    std::from_chars(digits->data(), digits->data() + digits->size(), port);
    auto media = make_address(0, port);
    if (port == 0 || ::inet_pton(AF_INET, std::string(*host).c_str(), &media.sin_addr) != 1)
        return std::nullopt;
    return media;
}

class ng_signalling final : public signalling {
  public:
    std::string request(step what, const call& about) const override {
        bencode_dictionary request;
        if (what == step::ping) return request.add("command", "ping").text();
        request.add("call-id", about.id).add("from-tag", "ft");
        if (what == step::remove) return request.add("command", "delete").add("delete-delay", 0).text();
        if (what == step::answer) request.add("to-tag", "tt");
        return request.add("ICE", "remove")
            .add("command", what == step::offer ? "offer" : "answer")
            .add("sdp", make_sdp(about.end(signalled_party(what)).local))
            .text();
    }

    step_reply read_reply(step what, std::string_view text) const override {
        const auto result = find_bencoded(text, "result");
        if (!result || *result == "error") return {};
        if (what == step::remove || what == step::ping) return {.ok = true, .media = {}};
        const auto sdp = find_bencoded(text, "sdp");
        if (!sdp) return {};
        const auto media = read_sdp(*sdp);
        return {.ok = media.has_value(), .media = media};
    }
};

}  // namespace

std::unique_ptr<signalling> make_ng_signalling() {
    return std::make_unique<ng_signalling>();
}

}  // namespace rtpproxy::bench
