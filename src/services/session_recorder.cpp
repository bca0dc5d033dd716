#include "rtpproxy/services/session_recorder.hpp"

#include "rtpproxy/capture/file_name.hpp"

#include <algorithm>
#include <utility>

namespace rtpproxy {

using layout = recording_order::layout;

recording_tap* session_recorder::tap_of(side party) const noexcept {
    return static_cast<recording_tap*>(services_.find_tap(party, packet_tap::kind::recording));
}

/// Sound is always that of both parties; packets are if that was asked for, and the format can tell whose
/// they are.
bool session_recorder::in_one_file(bool asked) const noexcept {
    return channel_.format() == recording_format::wav ||
           (asked && channel_.format() == recording_format::pcap);
}

recording_order session_recorder::order_for(side party, std::string stem, bool one_file) const {
    recording_order order;
    order.call_id = owner_.call_id();
    order.from_tag = owner_.from_tag();
    order.stem = std::move(stem);
    order.files = in_one_file(one_file) ? layout::session : layout::leg;
    order.party = party;
    order.rtcp = channel_.records_rtcp() && channel_.format() != recording_format::wav;
    order.details = channel_.records_details();
    order.begun = now_;
    return order;
}

recording_order session_recorder::order_by_session(side party, bool one_file) const {
    auto order = order_for(party, recording_stem(owner_.call_id(), owner_.from_tag()), one_file);
    order.names_leg = order.files == layout::leg;
    if (order.names_leg) order.beside = number_beside(party);
    return order;
}

/// The number of the recording that the other leg has by the session's name.
recording_number session_recorder::number_beside(side party) const {
    const auto* others = tap_of(other(party));
    if (others == nullptr) return nullptr;
    for (const auto& each : others->recordings())
        if (each->recorded().order.names_leg) return each->recorded().number;
    return nullptr;
}

bool session_recorder::has(side party, const running_recording& recording) const noexcept {
    const auto* tap = tap_of(party);
    return tap != nullptr &&
           std::ranges::any_of(tap->recordings(), [&](const auto& each) { return each.get() == &recording; });
}

/// A recording of the whole session that has the other party's media and not yet this one's. An empty stem is
/// any.
std::shared_ptr<running_recording> session_recorder::to_join(side party, std::string_view stem) const {
    const auto* others = tap_of(other(party));
    if (others == nullptr) return nullptr;
    for (const auto& each : others->recordings()) {
        const auto& order = each->recorded().order;
        if (order.files == layout::session && (stem.empty() || order.stem == stem) && !has(party, *each))
            return each;
    }
    return nullptr;
}

void session_recorder::attach(side party, std::shared_ptr<running_recording> recording) {
    auto* tap = tap_of(party);
    if (tap == nullptr) {
        auto made = std::make_unique<recording_tap>(party);
        tap = made.get();
        services_.add_tap(party, std::move(made));
    }
    tap->add(std::move(recording));
}

/// From here on the recording ends with the last who records to it.
std::shared_ptr<running_recording> session_recorder::take_over(std::shared_ptr<recording> begun) {
    try {
        return std::make_shared<running_recording>(owner_, channel_, begun);
    } catch (...) {
        channel_.end(std::move(begun), {.when = now_, .session = {}, .parties = {}});
        throw;
    }
}

bool session_recorder::begin(side party, recording_order order, bool insist) {
    auto begun = channel_.begin(std::move(order), insist);
    if (!begun) return false;
    attach(party, take_over(std::move(begun)));
    return true;
}

bool session_recorder::begin_or_join(side party, recording_order order, std::string_view stem, bool insist) {
    auto joined = order.files == layout::session ? to_join(party, stem) : nullptr;
    if (!joined) return begin(party, std::move(order), insist);
    attach(party, std::move(joined));
    return true;
}

bool session_recorder::record(side party, bool one_file) {
    if (tap_of(party) != nullptr) return !(one_file && channel_.format() == recording_format::pcap);
    return begin_or_join(party, order_by_session(party, one_file), {}, false);
}

bool session_recorder::record_as(side party, std::string_view name, bool one_file) {
    auto order = order_for(party, safe_file_name(name), one_file);
    order.exact_name = one_file && channel_.format() == recording_format::pcap;
    const auto stem = order.stem;
    if (const auto* tap = tap_of(party)) {
        const bool again = std::ranges::any_of(
            tap->recordings(), [&](const auto& each) { return each->recorded().order.stem == stem; });
        if (again) return true;
        if (tap->recordings().size() >= most_recordings) return false;
    }
    // The name of the second leg does not count when both are to go to one file.
    return begin_or_join(party, std::move(order), one_file ? std::string_view{} : stem, false);
}

void session_recorder::record_all() {
    for (const side party : {side::caller, side::callee})
        begin_or_join(party, order_by_session(party, true), {}, true);
}

}  // namespace rtpproxy
