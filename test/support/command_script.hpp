#pragma once

#include "rtpproxy/engine/session_commands.hpp"
#include "rtpproxy/engine/session_manager.hpp"
#include "rtpproxy/media/media_destinations.hpp"
#include "rtpproxy/media/media_plane.hpp"
#include "rtpproxy/media/port_pool.hpp"
#include "rtpproxy/protocol/parse_command.hpp"
#include "rtpproxy/services/prompt_finder.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace rtpproxy::test {

/// A media plane without sockets: packets are handed in by the test. Ports come in ascending order from
/// 30000, one count for each IP version, and never come back; or from a port pool, where they may run out.
class simulated_plane final : public media_plane {
  public:
    explicit simulated_plane(relay_statistics& statistics) : statistics_(statistics) {}

    /// A packet that services sent.
    struct sent_packet {
        std::string call_id;
        side to;
        component which;
        std::vector<std::byte> datagram;
        endpoint destination;
    };
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
        const auto port = take_port(*local);
        if (!port) return make_error_code(boost::system::errc::address_in_use);
        pairs[next_id_] = {&owner, faces, *port, traffic_class, local};
        return open_pair{next_id_++, *port};
    }
    void close(port_pair_id id) noexcept override {
        const auto& closing = pairs.at(id);
        if (pool != nullptr)
            pool->release(closing.local->address, closing.rtp_port, {});
        else
            closed.push_back(closing.rtp_port);
        pairs.erase(id);
    }
    boost::system::error_code set_traffic_class(port_pair_id id, std::uint8_t value) override {
        pairs.at(id).traffic_class = value;
        return {};
    }

    void forward(session& owner, side from, component which, std::span<const std::byte> datagram,
                 const endpoint& source) override {
        const auto verdict = route_packet(owner, from, which, datagram, source, time_point{}, statistics_);
        if (!verdict.forward()) return;
        keep(owner, other(from), which, datagram, *verdict.destination);
        on_relayed(owner, from, which, statistics_);
    }
    bool send_to_party(session& owner, side to, component which,
                       std::span<const std::byte> datagram) override {
        const endpoint* const destination = find_way(owner, to, which, datagram).destination;
        if (destination == nullptr || !owner.leg_facing(to).is_open()) return false;
        keep(owner, to, which, datagram, *destination);
        return true;
    }

    [[nodiscard]] pair* at_port(std::uint16_t rtp_port) {
        for (auto& [id, each] : pairs)
            if (each.rtp_port == rtp_port) return &each;
        return nullptr;
    }

    std::optional<boost::system::error_code> next_error;
    port_pool* pool = nullptr;  ///< where ports come from; null: they ascend
    std::map<port_pair_id, pair> pairs;
    std::vector<std::uint16_t> closed;  ///< empty with a pool
    std::vector<sent_packet> sent;      ///< by services, in order

  private:
    void keep(const session& owner, side to, component which, std::span<const std::byte> datagram,
              const endpoint& destination) {
        sent.push_back({owner.call_id(), to, which, {datagram.begin(), datagram.end()}, destination});
    }
    std::optional<std::uint16_t> take_port(const local_address& local) {
        if (pool != nullptr) return pool->take(local.address, {});
        auto& next = next_port_[local.family() == address_family::ipv6];
        return std::exchange(next, static_cast<std::uint16_t>(next + 2));
    }

    relay_statistics& statistics_;
    port_pair_id next_id_ = 0;
    std::uint16_t next_port_[2] = {30000, 30000};
};

/// Prompts by name, in any number of payload types each, found without files. What is looked for aside comes
/// when the test lets it.
class simulated_prompts final : public prompt_finder {
  public:
    using known_prompts = std::multimap<std::string, prompt_ptr>;

    simulated_prompts& operator=(known_prompts known) {
        known_ = std::move(known);
        return *this;
    }

    /// Of the payload types asked for, the first that there is.
    [[nodiscard]] prompt_lookup look_up(const prompt_request& wanted) const {
        const auto [first, last] = known_.equal_range(wanted.name);
        for (const auto& format : read_playable_formats(wanted.codecs, dynamic))
            for (auto each = first; each != last; ++each)
                if (each->second->format.payload_type == format.payload_type)
                    return {.found = each->second, .reason = {}};
        return {.found = nullptr, .reason = "no such prompt"};
    }

    prompt_ptr find_recent(const prompt_request& wanted) override {
        return at_once ? look_up(wanted).found : nullptr;
    }
    void find(const prompt_request& wanted, found_handler on_found) override {
        if (out_of_memory) throw std::bad_alloc();
        looked_for.push_back({wanted, std::move(on_found)});
    }
    [[nodiscard]] std::span<const dynamic_payload> dynamic_payloads() const noexcept override {
        return dynamic;
    }

    /// Ends the lookups that are under way, as those begun meanwhile will be the next time.
    void deliver() {
        for (auto& each : std::exchange(looked_for, {}))
            each.on_found(look_up(each.wanted));
    }

    struct lookup {
        prompt_request wanted;
        found_handler on_found;
    };
    std::vector<lookup> looked_for;  ///< and not delivered
    std::vector<dynamic_payload> dynamic;
    bool at_once = true;  ///< all prompts were found a moment ago
    bool out_of_memory = false;

  private:
    known_prompts known_;
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

/// Destinations are where the parties say, unless a test says otherwise: most are on loopback.
inline media_destinations::settings open_destinations() {
    return {.denied = {}, .allowed = {}, .to_this_host = host_media::any, .advertised = {}};
}

/// Runs control commands against one shard's sessions in virtual time.
class command_script {
  public:
    explicit command_script(local_addresses book = local_addresses({make_local("0.0.0.0")}),
                            session_settings settings = {},
                            port_range ports = {.min = 30000, .max = 65534, .sequential = true},
                            media_destinations::settings permitted = open_destinations())
        : addresses(std::move(book)),
          pool(ports),
          destinations(pool, std::move(permitted)),
          manager(complete(std::move(settings)),
                  {.context = io_context,
                   .plane = plane,
                   .pool = pool,
                   .destinations = destinations,
                   .statistics = statistics,
                   .players = players,
                   .epoch = epoch_,
                   .post = [this](timeout_notice n) { notices.push_back(std::move(n)); },
                   .prompts = &prompts}) {}

    /// From now on ports are those of `pool`. To be called before the first command.
    void take_ports_from_pool() { plane.pool = &pool; }

    /// The reply to `text`, as a stream connection would get it, without newline.
    std::string operator()(std::string_view text) {
        const auto parsed = parse_command(text, context_);
        if (!parsed) return failure(parsed.error()).reply;
        const auto reply = std::visit([&](const auto& each) { return run(each); }, *parsed);
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

    /// Lets time pass by the millisecond, and players play. Sessions do not age meanwhile.
    void play(std::chrono::milliseconds time) {
        players.run();
        for (const auto end = now_ + time; now_ < end;) {
            now_ += std::chrono::milliseconds{1};
            players.run();
        }
    }

    /// A datagram arrives at our port `to`; where it was sent on to, if at all.
    std::optional<endpoint> packet(const endpoint& from, std::uint16_t to,
                                   std::span<const std::byte> datagram) {
        const bool rtcp = to % 2 != 0;
        const auto* in = plane.at_port(static_cast<std::uint16_t>(to - rtcp));
        if (in == nullptr) return std::nullopt;
        return packet(from, *in, rtcp ? component::rtcp : component::rtp, datagram);
    }

    /// The same for one of the open port pairs.
    std::optional<endpoint> packet(const endpoint& from, const simulated_plane::pair& in, component which,
                                   std::span<const std::byte> datagram) {
        if (in.owner->destinations_judged != destinations.generation())
            manager.on_destinations_outdated(*in.owner);
        auto verdict = relay_packet(*in.owner, in.faces, which, datagram, from, now(), statistics);
        if (!verdict.after_kept) return finish(from, in, which, datagram, verdict);

        relay_kept(from, in, which);
        verdict =
            relay_accepted(*in.owner, in.faces, which, datagram, from, verdict.learned, now(), statistics);
        const auto destination = finish(from, in, which, datagram, verdict);
        if (const endpoint* const waiting = who_waits(*in.owner, other(in.faces), which)) {
            auto other_way = in;
            other_way.faces = other(in.faces);
            relay_kept(endpoint{*waiting}, other_way, which);
        }
        return destination;
    }

    /// What becomes of a packet after the verdict.
    std::optional<endpoint> finish(const endpoint& from, const simulated_plane::pair& in, component which,
                                   std::span<const std::byte> datagram, const relay_verdict& verdict) {
        if (verdict.learned) manager.on_address_learned(*in.owner, in.faces, which);
        if (verdict.first_refusal && is_refusal(verdict.refusal))
            manager.on_source_refused(*in.owner, in.faces, which, from, verdict.refusal);
        if (verdict.for_services) return serve(in, which, datagram, from);
        if (verdict.first_refusal && !is_refusal(verdict.refusal))
            manager.on_destination_refused(*in.owner, other(in.faces), which, verdict.refusal);
        if (!verdict.forward()) return std::nullopt;
        on_relayed(*in.owner, in.faces, which, statistics);
        return *verdict.destination;
    }

    /// What was on trial; where it went is in `first_words`.
    void relay_kept(const endpoint& from, const simulated_plane::pair& in, component which) {
        const auto kept = end_trial(*in.owner, in.faces, which, from, now().now, statistics);
        if (!kept) return;
        for (const auto& each : kept->packets()) {
            const auto verdict =
                relay_accepted(*in.owner, in.faces, which, each.datagram, from, false, each.when, statistics);
            if (verdict.for_services) serve(in, which, each.datagram, from);
            if (!verdict.forward()) continue;
            on_relayed(*in.owner, in.faces, which, statistics);
            first_words.push_back({each.datagram, *verdict.destination});
        }
    }

    [[nodiscard]] moment now() const {
        return {.now = now_, .second = static_cast<tick>((now_ - epoch_) / std::chrono::seconds{1})};
    }

    local_addresses addresses;
    /// Runs the timers of services, when the test lets it.
    boost::asio::io_context io_context;
    relay_statistics statistics;
    play_clock players{io_context, [this] { return now_; }};
    simulated_plane plane{statistics};
    port_pool pool;
    media_destinations destinations;
    std::vector<timeout_notice> notices;
    simulated_prompts prompts;  ///< what `P` finds
    bool accept_new_sessions = true;
    struct first_word {
        std::vector<std::byte> datagram;
        endpoint destination;
    };
    std::vector<first_word> first_words;  ///< packets that were on trial and went on after it

  private:
    /// What services do with a packet: where they sent it, or another one in its place, at once.
    std::optional<endpoint> serve(const simulated_plane::pair& in, component which,
                                  std::span<const std::byte> datagram, const endpoint& from) {
        const auto sent_before = plane.sent.size();
        in.owner->services->on_packet({in.faces, which, datagram, from, now()});
        if (plane.sent.size() == sent_before) return std::nullopt;
        return plane.sent.back().destination;
    }

    session_settings complete(session_settings settings) const {
        settings.internal_address = addresses.default_address();
        if (addresses.bridging())
            settings.external_address = addresses.facing(local_addresses::interface::external);
        return settings;
    }

    /// What the server does before it hands an update to the shard.
    void prepare(const update_command& asked, command_context& context) {
        if (asked.notify) context.on_timeout = timeout_notice{0, asked.notify->tag};
        const auto strand = io_context.get_executor();
        for (const auto& each : asked.subcommands)
            if (const auto* const copy = std::get_if<copy_from>(&each))
                if (auto feed = session_commands{manager}.offer_feed(copy->source, strand))
                    context.feeds.push_back({copy->source, std::move(feed)});
    }

    std::string run(const auto& each) {
        if constexpr (std::is_constructible_v<session_command, decltype(each)>) {
            command_context context;
            context.when = now();
            context.accept_new_sessions = accept_new_sessions;
            if constexpr (std::is_same_v<std::decay_t<decltype(each)>, update_command>)
                prepare(each, context);
            session_commands commands{manager};
            if (const auto wanted = commands.prompt_wanted(each)) context.prompt = prompts.look_up(*wanted);
            return commands.execute(each, context).reply;
        }
        if constexpr (std::is_same_v<std::decay_t<decltype(each)>, delete_all_command>) {
            manager.end_all(end_reason::deleted, now());
            return "0";
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
