// `C udp:HOST:PORT` and `U ... && C`, of media_commands.

#include "rtpproxy/engine/media_commands.hpp"
#include "rtpproxy/log/log.hpp"
#include "rtpproxy/media/endpoint_format.hpp"
#include "rtpproxy/media/host_addresses.hpp"
#include "rtpproxy/protocol/copy_target.hpp"
#include "rtpproxy/services/stream_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rtpproxy {
namespace {

/// Sessions that may listen to one.
constexpr std::size_t most_listeners = 16;

command_result copy_failure(const session& session, std::string_view reason) {
    log::err(session.call_id(), "no copy: {}", reason);
    return failure(protocol_error::copy_failed);
}

/// `<port> <address>` that copies come from, or `0`.
command_result copying(const stream_copy& copy, bool report_port) {
    if (!report_port) return {.reply = "0"};
    const auto local = copy.local();
    return {.reply = fmt::format("{} {}", local.port(), local.address().to_string())};
}

const stream_copy* find_copy(const call_services& services, side from, const endpoint& target) {
    const stream_copy* found = nullptr;
    services.for_each_tap(from, packet_tap::kind::copy, [&](const packet_tap& tap) {
        const auto& copy = static_cast<const stream_copy&>(tap);  // the only ones of this kind
        if (copy.target() == target) found = &copy;
    });
    return found;
}

session_name name_of(const session& session) {
    return {session.call_id(), session.from_tag()};
}

const offered_feed* find_offer(const command_context& context, const session_selector& source) {
    const auto found =
        std::ranges::find(context.feeds, source,
                          [](const offered_feed& each) -> const session_selector& { return each.source; });
    return found == context.feeds.end() ? nullptr : &*found;
}

}  // namespace

command_result media_commands::copy_to_host(const found_session& found, const copy_command& request) {
    session& session = *found.found;
    const side from = party_named_first(found.how);
    const auto& copies = sessions_.settings().copies;

    // 1. May copies go there?
    const auto named = parse_remote_copy_target(request.target);
    if (!named) return copy_failure(session, fmt::format("{:?} is not udp:HOST:PORT", request.target));
    const auto address = named->address();
    if (!address) return copy_failure(session, fmt::format("{} is not a numeric address", named->host));
    const endpoint target{*address, named->port};
    if (!copies.allowed.empty() && !copies.allowed.contains(*address))
        return copy_failure(session, fmt::format("copy-allow does not permit {}", target));
    const auto& destinations = sessions_.environment().destinations;
    if (const auto verdict = destinations.judge(target); verdict.kind == destination_kind::forbidden)
        return copy_failure(session, fmt::format("media may not go to {}: {}", target, verdict.reason));

    // 2. A target is served once, so that a command may be repeated.
    auto& services = sessions_.services_of(session);
    if (const auto* const present = find_copy(services, from, target))
        return copying(*present, request.report_port);
    if (services.count_taps(from, packet_tap::kind::copy) >= stream_copy::most_of_a_leg)
        return copy_failure(session, fmt::format("there are {} of the {}'s media already",
                                                 stream_copy::most_of_a_leg, to_string(from)));

    // 3. One more.
    const auto local = local_address_towards(*address);
    if (!local) return copy_failure(session, fmt::format("there is no way to {}", target));
    auto copy = stream_copy::open(sessions_.environment().pool, destinations,
                                  {.call_id = session.call_id(),
                                   .from = from,
                                   .target = target,
                                   .local = *local,
                                   .traffic_class = session.leg_facing(from).traffic_class,
                                   .with_rtcp = copies.with_rtcp,
                                   .descriptor_limit = copies.descriptor_limit});
    if (!copy && copy.error() == boost::system::errc::operation_in_progress)
        return failure(protocol_error::copy_failed, copy.error());
    if (!copy) return copy_failure(session, fmt::format("to {}: {}", target, copy.error().message()));
    log::info(session.call_id(), "the {}'s media is copied to {} from {}", to_string(from), target,
              (*copy)->local());
    auto result = copying(**copy, request.report_port);
    services.add_tap(from, std::move(*copy));
    return result;
}

std::shared_ptr<session_feed> media_commands::offer_feed(const session_selector& source,
                                                         session_feed::executor target_shard) {
    const auto found = sessions_.find_stream(source);
    if (!found) return nullptr;
    auto& services = sessions_.services_of(*found.found);
    if (services.count_taps(side::caller, packet_tap::kind::feed) >= most_listeners) {
        log::err(source.call_id, "{} sessions listen already", most_listeners);
        return nullptr;
    }
    return session_feed::offer(services, name_of(*found.found), party_named_first(found.how),
                               sessions_.environment().context.get_executor(), target_shard);
}

subcommand_result media_commands::run(session& session, side forward, const copy_from& request,
                                      const command_context& context) {
    const auto* const offer = find_offer(context, request.source);
    const bool usable =
        offer != nullptr && !session.is_over && offer->feed->source_name() != name_of(session);
    if (!usable || !sessions_.services_of(session).hear(offer->feed, other(forward)))
        return {.code = -1, .text = {}};
    log::info(session.call_id(), "hears the media of call {}", request.source.call_id);
    return {};
}

}  // namespace rtpproxy
