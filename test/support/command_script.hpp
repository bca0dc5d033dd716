#pragma once

#include "rtpproxy/engine/session_commands.hpp"
#include "rtpproxy/engine/session_manager.hpp"
#include "rtpproxy/media/media_plane.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/protocol/parse_command.hpp"

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rtpproxy::test {

/// A media plane without sockets: ports come in ascending order from 30000, one count for each IP version,
/// and packets are handed in by the test.
class simulated_plane final : public media_plane {
  public:
    struct pair {
        session* owner;
        side faces;
        std::uint16_t rtp_port;
        std::uint8_t traffic_class;
        local_address_ptr local;
    };

    boost::system::result<open_pair> open(const local_address_ptr& local, std::uint8_t traffic_class,
                                          session& owner, side faces) override {
        if (next_error) return *std::exchange(next_error, std::nullopt);
        auto& next = next_port_[local->family() == address_family::ipv6];
        pairs[next_id_] = {&owner, faces, next, traffic_class, local};
        return open_pair{next_id_++, std::exchange(next, static_cast<std::uint16_t>(next + 2))};
    }
    void close(port_pair_id id) override {
        closed.push_back(pairs.at(id).rtp_port);
        pairs.erase(id);
    }
    boost::system::error_code set_traffic_class(port_pair_id id, std::uint8_t value) override {
        pairs.at(id).traffic_class = value;
        return {};
    }

    [[nodiscard]] pair* at_port(std::uint16_t rtp_port) {
        for (auto& [id, each] : pairs)
            if (each.rtp_port == rtp_port) return &each;
        return nullptr;
    }

    std::optional<boost::system::error_code> next_error;
    std::map<port_pair_id, pair> pairs;
    std::vector<std::uint16_t> closed;

  private:
    port_pair_id next_id_ = 0;
    std::uint16_t next_port_[2] = {30000, 30000};
};

/// Numbers of a local address for tests.
inline local_address_ptr make_local(std::string_view address, std::string advertised = {},
                                    std::string label = {}) {
    return std::make_shared<const local_address>(
        local_address{boost::asio::ip::make_address(address), std::move(advertised), std::move(label)});
}

inline endpoint make_endpoint(std::string_view address, std::uint16_t port) {
    return {boost::asio::ip::make_address(address), port};
}

/// Runs control commands against one shard's sessions in virtual time.
class command_script {
  public:
    explicit command_script(local_addresses book = local_addresses({make_local("0.0.0.0")}),
                            session_settings settings = {})
        : addresses(std::move(book)),
          manager(complete(std::move(settings)), plane, pool, statistics, epoch_,
                  [this](timeout_notice n) { notices.push_back(std::move(n)); }) {}

    /// The reply to `text`, as a stream connection would get it, without newline.
    std::string operator()(std::string_view text) {
        const auto parsed = parse_command(text, context_);
        if (const auto* error = std::get_if<protocol_error>(&parsed)) return failure(*error).reply;
        const auto reply = std::visit([&](const auto& each) { return run(each); }, std::get<command>(parsed));
        manager.run_some(1000, now());
        return reply;
    }

    /// Lets time pass, second by second.
    void pass(std::chrono::milliseconds time) {
        const auto end = now_ + time;
        while (now_ < end) {
            const auto next_second = epoch_ + std::chrono::seconds{now().second + 1};
            now_ = std::min(end, next_second);
            if (now_ != next_second) continue;
            manager.advance(now());
            while (manager.run_some(1000, now())) {
            }
        }
    }

    /// A datagram arrives at our port `to`; where it was sent on to, if at all.
    std::optional<endpoint> packet(const endpoint& from, std::uint16_t to,
                                   std::span<const std::byte> datagram) {
        const bool rtcp = to % 2 != 0;
        auto* in = plane.at_port(static_cast<std::uint16_t>(to - rtcp));
        if (in == nullptr) return std::nullopt;
        const auto which = rtcp ? component::rtcp : component::rtp;
        const auto verdict = relay_packet(*in->owner, in->faces, which, datagram, from, now(), statistics);
        if (verdict.learned) manager.on_address_learned(*in->owner, in->faces, which);
        if (verdict.first_refusal)
            manager.on_source_refused(*in->owner, in->faces, which, from, verdict.refusal);
        if (!verdict.forward()) return std::nullopt;
        on_relayed(*in->owner, in->faces, which, statistics);
        return *verdict.destination;
    }

    [[nodiscard]] moment now() const {
        return {.now = now_, .second = static_cast<tick>((now_ - epoch_) / std::chrono::seconds{1})};
    }

    local_addresses addresses;
    simulated_plane plane;
    port_pool pool{{.min = 30000, .max = 30098}};
    relay_statistics statistics;
    std::vector<timeout_notice> notices;
    bool accept_new_sessions = true;

  private:
    session_settings complete(session_settings settings) const {
        settings.internal_address = addresses.default_address();
        if (addresses.bridging())
            settings.external_address = addresses.facing(local_addresses::interface::external);
        return settings;
    }

    std::string run(const auto& each) {
        if constexpr (std::is_constructible_v<session_command, decltype(each)>) {
            command_context context;
            context.when = now();
            context.accept_new_sessions = accept_new_sessions;
            if constexpr (std::is_same_v<std::decay_t<decltype(each)>, update_command>)
                if (each.notify) context.on_timeout = timeout_notice{0, each.notify->tag};
            return session_commands{manager}.execute(each, context).reply;
        }
        return "a command about the server";
    }

    time_point epoch_{std::chrono::hours{1}};
    time_point now_ = epoch_ + std::chrono::milliseconds{10};
    parse_context context_{addresses, [](const auto&) { return std::nullopt; }};

  public:
    session_manager manager;
};

}  // namespace rtpproxy::test
