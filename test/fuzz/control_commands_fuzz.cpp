// The daemon's core in virtual time: commands, media, time and faults in any order. Input: lines.
//
//   %N        first line only: chooses the configuration
//   +N        N seconds pass (100 at most)
//   =N        N milliseconds pass (5000 at most)
//   >P S K..  octets: a packet arrives at open port P from source S; K says what it is, see packet_kind
//   !         the next port pair cannot be opened
//   ~         the program drains, or no longer does
//   #         nothing
//   else      a command

#include "rtpproxy/engine/session_counters.hpp"
#include "rtpproxy/log/sinks.hpp"

#include "fuzz.hpp"
#include "support/command_script.hpp"
#include "support/local_address_books.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using fuzz::require;

namespace {

constexpr std::size_t most_lines = 200;
constexpr unsigned most_hops = 8;
constexpr unsigned longest_call = 40;  // seconds, in some configurations

session_settings settings_of(unsigned choice) {
    session_settings settings;
    settings.ttl = 20;
    settings.setup_ttl = 30;
    settings.hold_ttl = 40;
    settings.ttl_mode = (choice & 1) != 0 ? inactivity::mode::independent : inactivity::mode::shared;
    settings.max_call_duration = (choice & 2) != 0 ? longest_call : 0;
    settings.asymmetric = (choice & 4) != 0;
    settings.leg_packet_rate = (choice & 8) != 0 ? 5 : 0;
    settings.learning.standard = static_cast<learning_policy>(choice / 16 % 3);
    return settings;
}

unsigned number_in(std::string_view text, unsigned most) {
    unsigned number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return std::min(number, most);
}

/// RTP of a party: numbers go on from packet to packet.
class packet_maker {
  public:
    std::vector<std::byte> rtp(unsigned ssrc, bool marker) {
        std::vector<std::byte> packet(12 + 20);
        put(packet, 0, 0x80);
        put(packet, 1, marker ? 0x80 : 0);
        put(packet, 2, sequence_number_ >> 8);
        put(packet, 3, sequence_number_ & 255);
        const unsigned timestamp = sequence_number_ * 160;
        for (std::size_t i = 0; i < 4; ++i)
            put(packet, 4 + i, (timestamp >> (24 - 8 * i)) & 255);
        put(packet, 11, ssrc & 255);
        ++sequence_number_;
        return packet;
    }
    void jump(unsigned numbers) { sequence_number_ += numbers; }

    static std::vector<std::byte> raw(std::string_view octets) {
        const auto* begin = reinterpret_cast<const std::byte*>(octets.data());
        return {begin, begin + octets.size()};
    }

  private:
    static void put(std::vector<std::byte>& packet, std::size_t at, unsigned value) {
        packet[at] = static_cast<std::byte>(value);
    }
    unsigned sequence_number_ = 1;
};

/// Plays one input against the core and checks after each line what must always hold.
class core_check {
  public:
    explicit core_check(unsigned choice) : script_(address_book(choice), settings_of(choice / 5)) {
        script_.destinations.set_host_addresses({boost::asio::ip::make_address("10.0.0.1")});
        script_.take_ports_from_pool();
    }

    void run_line(std::string_view line) {
        switch (line.empty() ? '#' : line.front()) {
            case '+':
                script_.pass(std::chrono::seconds{number_in(line.substr(1), 100)});
                break;
            case '=':
                script_.pass(std::chrono::milliseconds{number_in(line.substr(1), 5000)});
                break;
            case '>':
                receive(line.substr(1));
                break;
            case '!':
                script_.plane.next_error = make_error_code(boost::system::errc::too_many_files_open);
                break;
            case '~':
                script_.accept_new_sessions = !script_.accept_new_sessions;
                break;
            case '#':
                return;
            default:
                command(line);
        }
        check_sessions();
        check_statistics();
    }

    /// Everything goes away in the end.
    void finish() {
        check_counters();
        require(script_("X") == "0", "X");
        require(script_.plane.pairs.empty(), "ports are left open");
        check_statistics();
    }

  private:
    void command(std::string_view text) {
        const auto reply = script_(text);
        require(!reply.empty() && reply.size() <= max_reply_octets, "length of a reply", text);
        require(std::ranges::all_of(reply, [](char c) { return c >= ' ' && c < 0x7f; }), "octets of a reply",
                reply);
        if (reply.front() == 'E')
            require(reply.size() <= 3 && reply.size() > 1, "an error with something behind it", reply);
    }

    // Media.

    const simulated_plane::pair* open_pair(unsigned choice) {
        const auto& pairs = script_.plane.pairs;
        if (pairs.empty()) return nullptr;
        return &std::next(pairs.begin(), static_cast<std::ptrdiff_t>(choice % pairs.size()))->second;
    }

    endpoint source(unsigned choice, const simulated_plane::pair& in, component which) {
        static const std::vector<endpoint> strangers{
            make_endpoint("10.0.0.1", 1000),    make_endpoint("10.0.0.1", 1001),
            make_endpoint("10.0.0.2", 2000),    make_endpoint("10.0.0.2", 2001),
            make_endpoint("192.0.2.66", 4000),  make_endpoint("2001:db8::1", 1000),
            make_endpoint("2001:db8::1", 1001), make_endpoint("10.0.0.1", 30000)};
        const endpoint* remote = in.owner->leg_facing(in.faces).stream(which).latch.remote();
        const bool expected = choice % 3 != 0 && remote != nullptr;
        return expected ? *remote : strangers[choice / 3 % strangers.size()];
    }

    void receive(std::string_view line) {
        const unsigned port = fuzz::take_octet(line);
        const unsigned from = fuzz::take_octet(line);
        const unsigned kind = fuzz::take_octet(line);
        const auto which = (port & 1) != 0 ? component::rtcp : component::rtp;
        const unsigned burst = kind == 'b' ? 1 + fuzz::take_octet(line) % 64 : 1;
        if (kind == 'j') packets_.jump(fuzz::take_octet(line) * 7);
        for (unsigned i = 0; i < burst; ++i) {
            const auto* in = open_pair(port / 2);
            if (in == nullptr) return;
            deliver(source(from, *in, which), *in, which, make_packet(kind, from, line));
            if (burst > 1) script_.pass(std::chrono::milliseconds{20});
        }
    }

    std::vector<std::byte> make_packet(unsigned kind, unsigned from, std::string_view rest) {
        using namespace std::string_view_literals;
        switch (kind) {
            case 'r':
            case 'b':
            case 'j':
                return packets_.rtp(from, false);
            case 'm':
                return packets_.rtp(from, true);
            case 'p':
                return packet_maker::raw("\x80\xc9\0\1\0\0\0\7"sv);  // an empty receiver report
            case 's':
                return packet_maker::raw("\0\1\0\0\x21\x12\xa4\x42 transaction"sv);  // STUN
            case 'd':
                return packet_maker::raw("\x16\xfe\xfd DTLS"sv);
            default:
                return packet_maker::raw(rest);
        }
    }

    /// A packet to a port of ours arrives there; it must come out, or be dropped, after a few hops.
    void deliver(endpoint from, const simulated_plane::pair& first, component which,
                 const std::vector<std::byte>& datagram) {
        const auto* in = &first;
        for (unsigned hops = 0; in != nullptr; ++hops) {
            require(hops < most_hops, "media go round");
            ++arrived_;
            const bool complete = in->owner->is_complete();
            const auto to = script_.packet(from, *in, which, datagram);
            if (!to) return;
            require(complete, "relayed within half a session");
            const leg& out = in->owner->leg_facing(other(in->faces));
            from = {out.local->is_wildcard() ? boost::asio::ip::make_address("10.0.0.1") : out.local->address,
                    static_cast<std::uint16_t>(out.rtp_port + (which == component::rtcp ? 1 : 0))};
            in = script_.destinations.judge(*to).kind == destination_kind::ours
                     ? pair_listening_at(*to, which)
                     : nullptr;
        }
    }

    const simulated_plane::pair* pair_listening_at(const endpoint& where, component which) {
        for (const auto& [id, pair] : script_.plane.pairs) {
            const auto port = pair.rtp_port + (which == component::rtcp ? 1 : 0);
            const bool family = pair.local->family() == family_of(where.address());
            if (port == where.port() && family &&
                (pair.local->is_wildcard() || pair.local->address == where.address()))
                return &pair;
        }
        return nullptr;
    }

    // What must always hold.

    void check_sessions() {
        std::set<const session*> owners;
        for (const auto& [id, pair] : script_.plane.pairs) {
            const leg& owner = pair.owner->leg_facing(pair.faces);
            require(!pair.owner->is_over, "a port of a session that is over");
            require(owner.ports == id && owner.rtp_port == pair.rtp_port, "a port of another leg");
            require(owner.traffic_class == pair.traffic_class, "another traffic class");
            require(pair.owner->leg_facing(side::callee).is_open(), "a session without its first leg");
            require(pair.owner->holds.any(), "a session that nothing holds");
            if (owners.insert(pair.owner).second) check_deadline(*pair.owner);
        }
        require(owners.size() == script_.manager.live_sessions(), "sessions without ports");
    }

    void check_deadline(const session& one) {
        const auto now = script_.now();
        const auto expiry = one.life.expiry();
        require(!expiry || *expiry > now.second, "a session outlived its silence");
        require(one.created_at() <= now.now, "a session from the future");
    }

    /// Packets that are kept until it is known whose they are.
    [[nodiscard]] std::uint64_t on_trial() const {
        std::set<const leg*> legs;
        std::uint64_t kept = 0;
        for (const auto& [id, pair] : script_.plane.pairs) {
            const leg& owner = pair.owner->leg_facing(pair.faces);
            if (!legs.insert(&owner).second) continue;
            for (const auto& stream : owner.streams)
                if (stream.on_trial) kept += stream.on_trial->packets().size();
        }
        return kept;
    }

    void check_statistics() {
        const auto& s = script_.statistics;
        require(s.sessions_created.value() - s.sessions_destroyed.value() == script_.manager.live_sessions(),
                "created, destroyed, live");
        require(s.sessions_completed.value() <= s.sessions_created.value(), "completed");
        require(s.sessions_timed_out.value() <= s.sessions_destroyed.value(), "timed out");
        const auto left_to_be_routed = arrived_ - s.reframer_in.value() + s.reframer_out.value();
        require(s.packets_relayed.value() + s.packets_discarded.value() + on_trial() == left_to_be_routed,
                "packets got lost");
        const auto add = [](std::uint64_t sum, const counter& each) { return sum + each.value(); };
        require(std::accumulate(s.drops.begin(), s.drops.end(), std::uint64_t{0}, add) ==
                    s.packets_discarded.value(),
                "dropped without a reason");
        require(s.notices_posted.value() == script_.notices.size(), "notices");
        for (const auto& each : script_.notices)
            require(std::ranges::none_of(each.text, [](unsigned char c) { return c < ' ' || c == 0x7f; }),
                    "a notice that is not one line", each.text);
        require(s.rtp_received.value() <= s.rtp_sent.value(), "more received than sent");
    }

    /// All counters of all sessions can be told.
    void check_counters() {
        for (const auto& [id, pair] : script_.plane.pairs)
            for (std::size_t i = 0; i < session_counter_count; ++i)
                require(!format_session_counter(*pair.owner, pair.faces, static_cast<session_counter>(i),
                                                script_.now().second)
                             .empty(),
                        "a counter without a value");
    }

    command_script script_;
    packet_maker packets_;
    std::uint64_t arrived_ = 0;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = fuzz::to_text(data, size);
    log::set_threshold(log::level::crit);
    unsigned choice = 0;
    if (text.starts_with('%')) choice = number_in(fuzz::take_until(text, '\n').substr(1), 1000);
    core_check check(choice);
    for (std::size_t lines = 0; !text.empty() && lines < most_lines; ++lines)
        check.run_line(fuzz::take_until(text, '\n'));
    check.finish();
    return 0;
}
