// A prompt for a party that also hears re-framed media, or another session: it hears one whole stream after
// the other.

#define BOOST_TEST_MODULE prompts_among_services
#include "support/command_script.hpp"
#include "support/reframed_stream.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

using namespace rtpproxy;
using namespace rtpproxy::test;
using namespace std::chrono_literals;

namespace {

constexpr dynamic_payload dynamic[] = {{111, codec_id::opus}};
constexpr std::uint32_t voice_ssrc = 0x1234;  // of rtp_parts

/// So many frames, in which no octet is like that of a voice.
prompt_ptr make_prompt(unsigned payload_type, std::size_t frames) {
    const auto format = *frame_format_of(payload_type, dynamic);
    return std::make_shared<const prompt>(prompt{format, octets(frames * format.octets, std::byte{0xee})});
}

/// What a party heard, in order: packets of the voice before, of the prompt, of the voice after it.
struct heard_streams {
    std::vector<rtp_parts> before, prompt, after;
};

heard_streams divide(const std::vector<rtp_parts>& heard) {
    const auto is_prompt = [](const rtp_parts& each) { return each.ssrc != voice_ssrc; };
    const auto begin = std::ranges::find_if(heard, is_prompt);
    const auto end = std::find_if_not(begin, heard.end(), is_prompt);
    BOOST_TEST(std::none_of(end, heard.end(), is_prompt), "one prompt, with no voice in it");
    return {{heard.begin(), begin}, {begin, end}, {end, heard.end()}};
}

/// As RFC 3550 wants a stream to be, every packet with as many ticks.
void check_prompt(const std::vector<rtp_parts>& packets, std::uint8_t payload_type, std::uint32_t ticks) {
    for (std::size_t i = 0; i < packets.size(); ++i) {
        BOOST_TEST(packets[i].payload_type == payload_type);
        BOOST_TEST(packets[i].marker == (i == 0));
        BOOST_TEST(packets[i].ssrc == packets[0].ssrc);
        BOOST_TEST(packets[i].number == static_cast<std::uint16_t>(packets[0].number + i));
        BOOST_TEST(packets[i].timestamp == static_cast<std::uint32_t>(packets[0].timestamp + ticks * i));
    }
}

/// Commands and packets of calls, whose time passes as the packets come.
struct played_call {
    played_call() { run.prompts.dynamic.assign(std::begin(dynamic), std::end(dynamic)); }

    void call(const std::string& name, const std::string& modifiers, const endpoint& offerer,
              const endpoint& answerer) {
        run("U" + modifiers + " " + name + " " + text_of(offerer) + " f");
        run("L " + name + " " + text_of(answerer) + " f t");
    }
    static std::string text_of(const endpoint& of) {
        return of.address().to_string() + " " + std::to_string(of.port());
    }

    /// A voice for 20 ms a packet, from there to that port of ours.
    void speak(int packets, const endpoint& from, std::uint16_t to) {
        for (; packets != 0; --packets) {
            run.packet(from, to, to_datagram(voice.next()));
            if (has_feeds) carry_feeds();
            run.play(20ms);
        }
    }
    /// Not all that is ready: in virtual time the timer of the players always is.
    void carry_feeds() {
        run.io_context.restart();
        for (int i = 0; i < 8; ++i)
            run.io_context.poll_one();
    }
    [[nodiscard]] std::vector<rtp_parts> heard_by(const endpoint& party) const {
        std::vector<rtp_parts> heard;
        for (const auto& each : run.plane.sent)
            if (each.destination == party) heard.push_back(to_parts(each.datagram));
        return heard;
    }
    [[nodiscard]] std::uint64_t drops(drop_reason why) const {
        return run.statistics.drops[static_cast<std::size_t>(why)].value();
    }

    command_script run;
    source voice = pcmu(20);
    bool has_feeds = false;
    const endpoint caller = make_endpoint("10.0.0.1", 4000);
    const endpoint callee = make_endpoint("10.0.0.2", 5000);
};

struct prompt_case {
    std::uint8_t payload_type;
    std::size_t frames;   ///< of 200 ms
    std::size_t packets;  ///< of the lengths that `z40` and the codec make of it
    std::uint32_t ticks;  ///< of a packet
};
constexpr prompt_case prompts[] = {{0, 200, 5, 320}, {3, 10, 5, 320}, {111, 10, 10, 960}};

}  // namespace

BOOST_AUTO_TEST_CASE(reframed_media_stops_for_a_prompt_and_keeps_its_numbers) {
    for (const auto& [payload_type, frames, packets, ticks] : prompts) {
        for (const int already : {10, 11}) {  // whole packets of 40 ms, or a half of one is held
            BOOST_TEST_CONTEXT("payload type " << int{payload_type} << " after " << already << " packets") {
                played_call c;
                c.run.prompts = {{"moh", make_prompt(payload_type, frames)}};
                c.call("c", "z40", c.caller, c.callee);
                c.run("Lc" + std::to_string(payload_type) + " c " + played_call::text_of(c.callee) + " f t");
                c.speak(already, c.caller, 30002);
                BOOST_TEST(c.run("P c moh session t f") == "0");
                c.speak(40 - already, c.caller, 30002);

                const auto [before, prompt, after] = divide(c.heard_by(c.callee));
                BOOST_TEST(before.size() == static_cast<std::size_t>(already) / 2);
                BOOST_TEST(prompt.size() == packets);
                check_prompt(prompt, payload_type, ticks);
                BOOST_TEST(!after.empty());
                for (const auto* part : {&before, &after})
                    for (const auto& each : *part) {
                        BOOST_TEST(each.payload.size() == 320u);
                        BOOST_TEST(each.timestamp == 4000u + 320u * (each.number - 100u));
                    }
                BOOST_TEST(numbers_follow_each_other(before));
                BOOST_TEST(numbers_follow_each_other(after));
                BOOST_TEST(before.size() + after.size() + c.drops(drop_reason::playing) == 20u);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(prompt_to_one_party_leaves_the_reframed_media_to_the_other_alone) {
    played_call c;
    c.run.prompts = {{"moh", make_prompt(111, 50)}};
    c.call("c", "z40", c.caller, c.callee);
    BOOST_TEST(c.run("P c moh 111 f t") == "0");
    c.speak(20, c.caller, 30002);
    const auto heard = c.heard_by(c.callee);
    BOOST_TEST(heard.size() == 10u);
    BOOST_TEST(numbers_follow_each_other(heard));
    BOOST_TEST(c.drops(drop_reason::playing) == 0u);
    const auto prompt = c.heard_by(c.caller);
    BOOST_TEST(prompt.size() == 21u);  // from the first to the last millisecond
    check_prompt(prompt, 111, 960);
}

BOOST_AUTO_TEST_CASE(another_session_is_heard_again_after_the_prompt) {
    for (const auto& each_prompt : prompts) {
        const auto payload_type = each_prompt.payload_type;
        BOOST_TEST_CONTEXT("payload type " << int{payload_type}) {
            played_call c;
            c.has_feeds = true;
            const auto first = make_endpoint("10.1.0.1", 6000);
            const auto second = make_endpoint("10.1.0.2", 7000);
            c.run.prompts = {{"moh", make_prompt(payload_type, each_prompt.frames)}};
            c.call("src", "", c.caller, c.callee);  // ports 30000, 30002
            c.call("tgt", "", first, second);
            c.run("U tgt " + played_call::text_of(first) + " f t && C src f t");
            c.speak(5, c.caller, 30002);
            BOOST_TEST(c.run("P tgt moh " + std::to_string(payload_type) + " t f") == "0");
            c.speak(25, c.caller, 30002);

            const auto [before, prompt, after] = divide(c.heard_by(second));
            BOOST_TEST(before.size() == 5u);
            BOOST_TEST(prompt.size() == (payload_type == 0 ? 20u : 10u));  // no `z` here
            const auto frame = frame_format_of(payload_type, dynamic)->ticks;
            check_prompt(prompt, payload_type, payload_type == 0 ? 80 : frame);
            // Nothing of the other session is heard until the last packet has gone, after 190 or 180 ms.
            BOOST_TEST(after.size() == (payload_type == 0 ? 15u : 16u));
            for (const auto* part : {&before, &after})
                for (const auto& each : *part)
                    BOOST_TEST(each.timestamp == 4000u + 160u * (each.number - 100u));
            BOOST_TEST(numbers_follow_each_other(after));
            BOOST_TEST(c.heard_by(c.callee).size() == 30u);  // the source is relayed all the while
        }
    }
}
