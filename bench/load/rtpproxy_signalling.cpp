#include "load/signalling.hpp"

#include <fmt/format.h>

#include <charconv>

namespace rtpproxy::bench {
namespace {

/// `<port> <address>` or `<port>`; the latter means a relay that listens everywhere.
std::optional<sockaddr_in> read_port_reply(std::string_view text) {
    std::uint16_t port = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc{} || port == 0) return std::nullopt;
    auto media = make_address(INADDR_LOOPBACK, port);
    const std::string_view tail(rest, static_cast<std::size_t>(end - rest));
    const auto host_begin = tail.find_first_not_of(' ');
    if (host_begin == std::string_view::npos) return media;
    const auto host_end = std::min(tail.find(' ', host_begin), tail.size());
    const std::string host(tail.substr(host_begin, host_end - host_begin));
    if (::inet_pton(AF_INET, host.c_str(), &media.sin_addr) != 1) return std::nullopt;
    return media;
}

class rtpproxy_signalling final : public signalling {
  public:
    std::string request(step what, const call& about) const override {
        const auto& local = about.end(signalled_party(what)).local;
        switch (what) {
            case step::offer:
                return fmt::format("U {} {} {} ft", about.id, host_text(local), port_of(local));
            case step::answer:
                return fmt::format("L {} {} {} ft tt", about.id, host_text(local), port_of(local));
            case step::remove:
                return fmt::format("D {} ft tt", about.id);
            case step::ping:
                break;
        }
        return "V";
    }

    step_reply read_reply(step what, std::string_view text) const override {
        while (!text.empty() && text.back() == '\n')
            text.remove_suffix(1);
        if (text.empty() || text.front() == 'E') return {};
        if (what == step::remove) return {.ok = text == "0", .media = {}};
        if (what == step::ping) return {.ok = true, .media = {}};
        const auto media = read_port_reply(text);
        return {.ok = media.has_value(), .media = media};
    }
};

}  // namespace

std::unique_ptr<signalling> make_rtpproxy_signalling() {
    return std::make_unique<rtpproxy_signalling>();
}

}  // namespace rtpproxy::bench
