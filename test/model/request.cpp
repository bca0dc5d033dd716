#include "request.hpp"

namespace rtpproxy::model {
namespace {

std::string modifiers(const leg_words& leg) {
    std::string text = leg.ipv6 ? "6" : "";  // first: it must not be taken for a part of a number
    text += leg.decoration;
    if (leg.weak) text += 'w';
    if (leg.new_port) text += 'n';
    text += leg.interfaces;
    if (!leg.label.empty()) text += "l{" + leg.label + "}";
    if (leg.limit_of_caller) text += "t" + std::to_string(*leg.limit_of_caller);
    if (leg.limit_of_callee) text += "T" + std::to_string(*leg.limit_of_callee);
    return text;
}

std::string where(const leg_words& leg) {
    return " " + leg.address + " " + std::to_string(leg.port);
}

std::string to_text(const sub_request& sub) {
    switch (sub.letter) {
        case 'S':
            return std::string("S") + (sub.reverse ? "r" : "") + (sub.is_ttl ? " ttl=" : " tos=") +
                   std::to_string(sub.value);
        case 'L':
            return "L" + modifiers(sub.leg) + where(sub.leg);
        case 'C':
            return "C unknown-call a b";  // media of other calls is beyond the model
        case 'M':
            return "M3:1 dtmf 101";
        default:
            return sub.weak ? "Dw" : "D";
    }
}

}  // namespace

std::string to_text(const request& wanted) {
    if (wanted.letter == 'X') return "X";
    const bool has_leg = wanted.letter == 'U' || wanted.letter == 'L';
    std::string text(1, wanted.letter);
    if (has_leg) text += modifiers(wanted.leg);
    if (wanted.weak) text += 'w';
    text += " " + wanted.call_id;
    if (has_leg) text += where(wanted.leg);
    text += " " + wanted.from_tag;
    if (wanted.to_tag) text += " " + *wanted.to_tag;
    if (wanted.notify) text += " unix:/notify " + *wanted.notify;
    if (wanted.letter == 'Q' && wanted.only_ttl) text += " ttl";
    for (const auto& sub : wanted.subcommands)
        text += " && " + to_text(sub);
    return text;
}

}  // namespace rtpproxy::model
