#include "session_model.hpp"

#include <algorithm>

namespace rtpproxy::model {
namespace {

party other(party one) {
    return one == caller ? callee : caller;
}

/// What stands behind the last `;` of a tag; nothing when there is none.
std::optional<std::string> number_in(const std::string& tag) {
    const auto at = tag.find_last_of(';');
    if (at == std::string::npos) return std::nullopt;
    return tag.substr(at + 1);
}

bool is_tag_with_number(const std::string& whole, const std::string& tag) {
    return whole.compare(0, tag.size() + 1, tag + ";") == 0;
}

bool wildcard_match(const std::string& whole, const std::string& tag) {
    return whole == tag || is_tag_with_number(whole, tag);
}

reply_part text_part(std::string text) {
    return {std::move(text), nullptr};
}

const std::string failed = "-1";

}  // namespace

unsigned seconds_left(const session& in) {
    std::optional<unsigned> least;
    for (const auto& leg : in.legs) {
        const bool never = in.complete() && leg.own_limit == 0U;
        if (!never) least = std::min(least.value_or(leg.left), leg.left);
    }
    return least.value_or(in.held() ? in.legs[callee].limit_on_hold : in.legs[callee].limit);
}

// Finding sessions.

session_model::found session_model::find(const request& wanted) const {
    for (const auto& each : sessions_) {
        if (each->call_id != wanted.call_id) continue;
        if (each->tag == wanted.from_tag) return {each, true};
        if (!wanted.to_tag) continue;
        if (each->tag == *wanted.to_tag) return {each, false};
        const auto number = number_in(wanted.from_tag);
        if (is_tag_with_number(each->tag, *wanted.to_tag) && number && number == number_in(each->tag))
            return {each, false};
    }
    return {};
}

std::vector<session_model::found> session_model::find_all(const std::string& call_id,
                                                          const std::string& from_tag,
                                                          const std::optional<std::string>& to_tag) const {
    std::vector<found> result;
    for (const auto& each : sessions_) {
        if (each->call_id != call_id) continue;
        if (wildcard_match(each->tag, from_tag))
            result.push_back({each, true});
        else if (to_tag && wildcard_match(each->tag, *to_tag))
            result.push_back({each, false});
    }
    if (!result.empty() || to_tag) return result;
    // A lone tag may be the other party's.
    for (const auto& each : sessions_)
        if (each->call_id == call_id && !each->other_tag.empty() && wildcard_match(each->other_tag, from_tag))
            result.push_back({each, false});
    return result;
}

// Ports.

std::size_t session_model::used(std::size_t address) const {
    std::size_t count = 0;
    for (const auto* list : {&sessions_, &ended_})
        for (const auto& each : *list)
            for (const auto& leg : each->legs)
                count += static_cast<std::size_t>(leg.open && leg.address == address) +
                         static_cast<std::size_t>(leg.reserved == address);
    return count;
}

bool session_model::in_use(std::size_t address, unsigned port, const leg& besides) const {
    for (const auto& each : sessions_)
        for (const auto& leg : each->legs)
            if (&leg != &besides && leg.open && leg.port_address == address && leg.port == port) return true;
    return false;
}

/// Opens ports at `address`, where a pair may be kept for the leg, or has to be left that is kept for no
/// other.
bool session_model::open(leg& opened, std::size_t address) {
    if (opened.reserved != address) {
        opened.reserved.reset();
        if (used(address) >= rules_.pairs) return false;
        opened.reserved = address;
    }
    if (open_fails_) {
        open_fails_ = false;
        if (opened.open) opened.reserved.reset();
        return false;
    }
    opened.reserved.reset();
    opened.address = address;
    opened.party_changed_family = false;
    return true;
}

std::optional<std::size_t> session_model::chosen_address(const leg_words& words) const {
    const auto& all = rules_.addresses;
    if (!words.label.empty()) {
        for (std::size_t i = 0; i < all.size(); ++i)
            if (all[i].label == words.label) return i;
    }
    if (!words.interfaces.empty() || all[0].ipv6 == words.ipv6) return std::nullopt;
    for (std::size_t i = all.size(); i-- > 0;)
        if (all[i].ipv6 == words.ipv6) return i;
    return std::nullopt;
}

// What keeps sessions alive.

unsigned session_model::limit_of(const session& in, party whose) const {
    const leg& one = in.legs[whose];
    if (in.complete() && one.own_limit) return *one.own_limit;
    return in.held() ? one.limit_on_hold : one.limit;
}

void session_model::restart(session& in) const {
    for (const party each : {callee, caller})
        in.legs[each].left = limit_of(in, each);
}

void session_model::receive(session& in, party from) {
    if (!in.complete()) return;
    leg& sender = in.legs[from];
    leg& receiver = in.legs[other(from)];
    ++sender.received;
    ++(receiver.remote.empty() ? sender.dropped : sender.relayed);
    sender.left = limit_of(in, from);
    if (!rules_.independent && !receiver.own_limit) receiver.left = limit_of(in, other(from));
}

std::vector<std::string> session_model::pass_second() {
    std::vector<std::string> notices;
    const auto all = sessions_;
    for (const auto& each : all) {
        bool silent = false;
        for (auto& leg : each->legs) {
            if (each->complete() && leg.own_limit == 0U) continue;
            silent = silent || leg.left == 0;
            if (leg.left > 0) --leg.left;
        }
        const bool too_long = rules_.longest_call != 0 && each->age++ == rules_.longest_call;
        if (!silent && !too_long) continue;
        if (each->notify) notices.push_back(*each->notify);
        end(each);
    }
    ended_.clear();
    return notices;
}

void session_model::end(const session_ptr& ended) {
    ended->over = true;
    std::erase(sessions_, ended);
    ended_.push_back(ended);
}

// Commands.

std::vector<reply_part> session_model::execute(const request& wanted) {
    const bool both_legs = wanted.letter == 'U' && wanted.to_tag;
    for (const auto& sub : wanted.subcommands)
        if (!both_legs && (sub.letter == 'L' || sub.letter == 'C')) return {text_part("E3")};
    std::vector<reply_part> reply;
    switch (wanted.letter) {
        case 'U':
            reply = update(wanted);
            break;
        case 'L':
            reply = lookup(wanted);
            break;
        case 'D':
            reply = {
                text_part(remove(wanted.call_id, wanted.from_tag, wanted.to_tag, wanted.weak) ? "0" : "E50")};
            break;
        case 'Q':
            reply = query(wanted);
            break;
        case 'S':
            reply = {text_part(find(wanted).session ? "0" : "E50")};
            break;
        default:
            sessions_.clear();
            reply = {text_part("0")};
    }
    ended_.clear();
    return reply;
}

session_ptr session_model::create(const request& wanted) {
    const auto& words = wanted.leg;
    auto created = std::make_shared<session>();
    created->call_id = wanted.call_id;
    created->tag = wanted.from_tag;
    const auto chosen = chosen_address(words);
    created->legs[caller].address = chosen.value_or(address_of_interface(words, 0));
    created->legs[callee].address = chosen.value_or(address_of_interface(words, 1));
    for (auto& leg : created->legs) {
        leg.limit = leg.left = rules_.setup_ttl;
        leg.limit_when_complete = rules_.ttl;
        leg.limit_on_hold = rules_.hold_ttl;
    }
    if (answers_come_) {
        if (used(created->legs[caller].address) >= rules_.pairs) return nullptr;
        created->legs[caller].reserved = created->legs[caller].address;
    }
    sessions_.push_back(created);  // what is reserved counts
    if (!open(created->legs[callee], created->legs[callee].address)) {
        sessions_.pop_back();
        return nullptr;
    }
    created->legs[callee].open = true;
    created->strong = !words.weak;
    created->weak[callee] = words.weak;
    return created;
}

std::size_t session_model::address_of_interface(const leg_words& words, std::size_t letter) const {
    return words.interfaces.size() > letter && words.interfaces[letter] == 'e' ? 1 : 0;
}

/// Where an open leg belongs after the command.
std::size_t session_model::wanted_address(const leg& one, const leg_words& words, bool new_branch) const {
    const auto chosen = chosen_address(words);
    const bool named = !words.label.empty();
    if (chosen && (named || (words.new_port && !one.party_changed_family))) return *chosen;
    if (words.interfaces.size() == 2 && (words.new_port || new_branch)) return address_of_interface(words, 1);
    if (!one.party_changed_family) return one.address;

    const auto& all = rules_.addresses;
    if (one.before_family && all[*one.before_family].ipv6 == one.party_ipv6) return *one.before_family;
    if (all[0].ipv6 == one.party_ipv6) return 0;
    for (std::size_t i = all.size(); i-- > 0;)
        if (all[i].ipv6 == one.party_ipv6) return i;
    return one.address;
}

std::optional<reply_part> session_model::change(const session_ptr& changed, party returned,
                                                const leg_words& words, bool new_branch) {
    leg& one = changed->legs[returned];
    leg& far = changed->legs[other(returned)];
    if (new_branch && !far.open) {
        if (!words.label.empty())
            far.address = *chosen_address(words);
        else if (!words.interfaces.empty())
            far.address = address_of_interface(words, 0);
    }
    bool fresh = false;
    if (!one.open) {
        if (!open(one, chosen_address(words).value_or(one.address))) return std::nullopt;
        fresh = one.open = answers_come_ = true;
        for (auto& leg : changed->legs)
            leg.limit = leg.limit_when_complete;
    } else {
        const auto was = one.address;
        const auto wanted = wanted_address(one, words, new_branch);
        if (wanted != was || words.new_port) fresh = open(one, wanted);
        if (!fresh && words.new_port) return std::nullopt;
        if (fresh && rules_.addresses[was].ipv6 != rules_.addresses[wanted].ipv6) one.before_family = was;
    }
    if (fresh) one.port = 0;
    if (words.weak) changed->weak[returned] = true;
    signal(*changed, other(returned), words);
    return reply_part{{}, changed, returned, fresh, one.address, one.port};
}

void session_model::signal(session& in, party sender, const leg_words& words) const {
    const bool hold = words.address == "0.0.0.0" || words.address == "::";
    const bool is_name = words.address == "host";
    if (hold) in.legs[sender].on_hold = true;
    if (!hold && !is_name) in.legs[sender].on_hold = false;
    if (!hold && !is_name) {
        leg& one = in.legs[sender];
        if (one.party_ipv6 && one.party_ipv6 != words.ipv6)
            one.party_changed_family = rules_.addresses[one.address].ipv6 != words.ipv6;
        one.party_ipv6 = words.ipv6;
    }
    if (!hold && !is_name) in.legs[sender].remote = words.address + " " + std::to_string(words.port);
    if (words.limit_of_caller) in.legs[caller].own_limit = words.limit_of_caller;
    if (words.limit_of_callee) in.legs[callee].own_limit = words.limit_of_callee;
    restart(in);
}

std::vector<reply_part> session_model::update(const request& wanted) {
    auto [on, direct] = find(wanted);
    std::optional<reply_part> first;
    if (!on) {
        if (!accepts_) return {text_part("E99")};
        on = create(wanted);
        if (!on) return {text_part("E72")};
        signal(*on, caller, wanted.leg);
        first = reply_part{{}, on, callee, true, on->legs[callee].address};
    } else {
        first = change(on, direct ? callee : caller, wanted.leg, !wanted.to_tag);
        if (!first) return {text_part("E71")};
        if (!wanted.leg.weak) on->strong = true;
    }
    if (!direct) on->other_tag = wanted.from_tag;
    if (direct && wanted.to_tag) on->other_tag = *wanted.to_tag;
    on->notify = wanted.notify;
    return run_subcommands(on, direct ? caller : callee, wanted.subcommands, *first);
}

std::vector<reply_part> session_model::lookup(const request& wanted) {
    const auto [on, direct] = find(wanted);
    if (!on) return {text_part("0")};
    const party returned = direct ? caller : callee;
    const auto first = change(on, returned, wanted.leg);
    if (!first) return {text_part("E71")};
    if (!direct) on->other_tag = wanted.from_tag;
    if (direct && wanted.to_tag) on->other_tag = *wanted.to_tag;
    return run_subcommands(on, other(returned), wanted.subcommands, *first);
}

std::vector<reply_part> session_model::query(const request& wanted) {
    const auto where = find(wanted);
    if (!where.session) return {text_part("E50")};
    const session& one = *where.session;
    const leg& a = one.legs[where.named()];
    const leg& o = one.legs[other(where.named())];
    auto text = std::to_string(seconds_left(one));
    if (!wanted.only_ttl)
        for (const auto count : {a.received, o.received, a.relayed + o.relayed, a.dropped + o.dropped})
            text += " " + std::to_string(count);
    return run_subcommands(where.session, where.named(), wanted.subcommands, text_part(text));
}

bool session_model::remove(const std::string& call_id, const std::string& from_tag,
                           const std::optional<std::string>& to_tag, bool weak) {
    const auto matches = find_all(call_id, from_tag, to_tag);
    for (const auto& each : matches) {
        // Somebody beside the caller who is not in the call is a branch of it that was not answered.
        const auto& named = each.direct ? to_tag : std::optional{from_tag};
        const auto& answered = each.session->other_tag;
        if (each.session->complete() && to_tag && !to_tag->empty() && !answered.empty() &&
            !wildcard_match(answered, *named) && !wildcard_match(*named, answered))
            continue;
        if (weak)
            each.session->weak[each.direct ? caller : callee] = false;
        else
            each.session->strong = false;
        if (!each.session->strong && !each.session->weak[0] && !each.session->weak[1]) end(each.session);
    }
    return !matches.empty();
}

// Sub-commands.

std::vector<reply_part> session_model::run_subcommands(const session_ptr& on, party forward,
                                                       const std::vector<sub_request>& subcommands,
                                                       reply_part first) {
    std::vector<reply_part> reply{std::move(first)};
    std::size_t silent = 0;
    for (const auto& sub : subcommands) {
        const auto result = run_subcommand(on, forward, sub);
        if (!result.of && result.text.empty()) {
            ++silent;
            continue;
        }
        for (; silent > 0; --silent)
            reply.push_back(text_part("0"));
        reply.push_back(result);
        if (result.text == failed) break;
    }
    return reply;
}

reply_part session_model::run_subcommand(const session_ptr& on, party& forward, const sub_request& sub) {
    switch (sub.letter) {
        case 'S':
            return set(*on, sub.reverse ? other(forward) : forward, sub);
        case 'D':
            return text_part(remove(on->call_id, on->tag, std::nullopt, sub.weak) ? "" : failed);
        case 'L': {
            // The other party's answer: it returns the port of the leg that was signalled so far.
            if (on->over) return text_part(failed);
            const auto opened = change(on, forward, sub.leg);
            if (!opened) return text_part(failed);
            forward = other(forward);
            return *opened;
        }
        case 'M':
            return text_part(on->notify && !on->over ? "" : failed);
        default:
            return text_part(failed);  // of a call that is not there
    }
}

reply_part session_model::set(session& on, party whose, const sub_request& sub) {
    if (!sub.is_ttl) return text_part(sub.value > 255 ? failed : "");
    for (const party each : {callee, caller}) {
        if (rules_.independent && each != whose) continue;
        on.legs[each].limit = on.legs[each].limit_when_complete = on.legs[each].limit_on_hold = sub.value;
        on.legs[each].left = limit_of(on, each);
    }
    return text_part("");
}

}  // namespace rtpproxy::model
