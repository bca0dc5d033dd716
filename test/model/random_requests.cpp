#include "random_requests.hpp"

#include <array>

namespace rtpproxy::model {

unsigned random_requests::below(unsigned end) {
    return static_cast<unsigned>(random_() % end);
}

/// `a`, at times with a media number.
std::string random_requests::tag(const std::string& letters) {
    std::string result(1, letters[below(static_cast<unsigned>(letters.size()))]);
    if (one_in(3)) result += one_in(2) ? ";1" : ";2";
    if (one_in(50)) result += ";1";
    return result;
}

std::string random_requests::interfaces() {
    if (!rules_.bridging || one_in(2)) return {};
    std::string letters;
    for (auto count = 1 + below(2); count > 0; --count)
        letters += one_in(2) ? 'e' : 'i';
    return letters;
}

leg_words random_requests::leg() {
    static constexpr std::array decorations{"", "", "", "a", "s", "c0,8,101", "z20", "C0"};
    leg_words words;
    words.decoration = decorations[below(decorations.size())];
    words.ipv6 = rules_.addresses.back().ipv6 && one_in(4);
    words.weak = one_in(6);
    words.new_port = one_in(8);
    words.interfaces = interfaces();
    if (one_in(6))
        words.label = rules_.addresses[below(static_cast<unsigned>(rules_.addresses.size()))].label;
    if (one_in(12)) words.limit_of_caller = below(8);
    if (one_in(12)) words.limit_of_callee = below(8);
    const auto host = std::to_string(1 + below(9));
    words.address = words.ipv6 ? "2001:db8::" + host : "192.0.2." + host;
    if (one_in(10)) words.address = words.ipv6 ? "::" : "0.0.0.0";
    if (one_in(30) && !words.ipv6) words.address = "host";
    words.port = static_cast<std::uint16_t>(4000 + 2 * below(4));
    return words;
}

sub_request random_requests::subcommand() {
    sub_request sub;
    sub.letter = "SSSSLLLLDDCM"[below(12)];
    sub.leg = leg();
    sub.weak = one_in(3);
    sub.reverse = one_in(2);
    sub.is_ttl = !one_in(4);
    sub.value = sub.is_ttl ? 1 + below(12) : 1 + below(300);
    return sub;
}

request random_requests::next() {
    request wanted;
    wanted.letter = one_in(400) ? 'X' : "UUUUUUULLLLDDQQS"[below(16)];
    wanted.call_id = "call-" + std::to_string(below(4));
    wanted.from_tag = tag(one_in(4) ? "bx" : "a");
    if (!one_in(3)) wanted.to_tag = tag(wanted.from_tag[0] == 'a' ? "bbbx" : "a");
    wanted.leg = leg();
    wanted.weak = wanted.letter == 'D' && one_in(3);
    wanted.only_ttl = wanted.letter == 'Q' && wanted.to_tag && one_in(2);
    if (wanted.letter == 'U' && one_in(3)) wanted.notify = "tag-" + std::to_string(below(100));
    const bool takes_more = wanted.letter == 'U' || wanted.letter == 'L' || wanted.letter == 'Q';
    if (!takes_more || !one_in(4)) return wanted;
    for (auto count = 1 + below(5); count > 0; --count) {
        auto sub = subcommand();
        const bool both_legs = sub.letter == 'L' || sub.letter == 'C';
        if (both_legs && (wanted.letter != 'U' || !wanted.to_tag) && !one_in(20)) continue;
        wanted.subcommands.push_back(std::move(sub));
    }
    return wanted;
}

}  // namespace rtpproxy::model
