#include "rtpproxy/engine/media_commands.hpp"

#include "rtpproxy/log/log.hpp"
#include "rtpproxy/protocol/copy_target.hpp"
#include "rtpproxy/services/dtmf_tap.hpp"
#include "rtpproxy/services/prompt_choice.hpp"
#include "rtpproxy/services/prompt_finder.hpp"
#include "rtpproxy/services/session_recorder.hpp"

#include "dtmf_command.hpp"

#include <span>
#include <string>
#include <utility>

namespace rtpproxy {
namespace {

asked_prompt prompt_of(const play_command& request) {
    return {
        .name = std::string{request.prompt}, .codecs = std::string{request.codecs}, .count = request.count};
}

void stop_playing(session& session, side to) {
    if (auto* services = session_manager::find_services(session)) services->stop_playing(to);
}

}  // namespace

std::optional<prompt_request> media_commands::prompt_wanted(const play_command& request) const {
    const auto found = sessions_.find_stream(request.session);
    if (!found || request.count == 0) return std::nullopt;
    const auto* const prompts = sessions_.environment().prompts;
    const prompt_choice choice{
        *found.found, party_named_first(found.how),
        prompts != nullptr ? prompts->dynamic_payloads() : std::span<const dynamic_payload>{}};
    return choice.request(prompt_of(request));
}

command_result media_commands::run(const play_command& request, const command_context& context) {
    const auto found = sessions_.find_stream(request.session);
    if (!found) return failure(protocol_error::session_not_found);
    session& called = *found.found;
    const side to = party_named_first(found.how);
    stop_playing(called, to);
    if (request.count == 0) return {.reply = "0"};
    if (!prompt_choice(called, to, {}).request(prompt_of(request)))
        return failure(protocol_error::bad_update_modifier);
    if (!context.prompt.found) {
        log::err(called.call_id(), "cannot play {} to the {}: {}", request.prompt, to_string(to),
                 context.prompt.reason);
        return failure(protocol_error::play_failed);
    }
    sessions_.services_of(called).play(to, context.prompt.found, prompt_of(request));
    log::info(called.call_id(), "plays {} to the {}, payload type {}", request.prompt, to_string(to),
              context.prompt.found->format.payload_type);
    return {.reply = "0"};
}

command_result media_commands::run(const stop_play_command& request, const command_context&) {
    const auto found = sessions_.find_stream(request.session);
    if (!found) return failure(protocol_error::session_not_found);
    stop_playing(*found.found, party_named_first(found.how));
    return {.reply = "0"};
}

bool media_commands::start_recording(session& session, side party, bool one_file,
                                     const command_context& context) {
    auto* const recordings = sessions_.environment().recordings;
    if (recordings == nullptr) return false;
    auto& services = sessions_.services_of(session);
    return session_recorder{session, services, *recordings, context.when.now}.record(party, one_file);
}

command_result media_commands::run(const record_command& request, const command_context& context) {
    bool any = false;
    for (const auto& [session, how] : sessions_.find_all_streams(request.session))
        any |= start_recording(*session, party_named_first(how), request.single_file, context);
    if (!any) return failure(protocol_error::session_not_found);
    return {.reply = "0"};
}

command_result media_commands::run(const copy_command& request, const command_context& context) {
    const auto found = sessions_.find_stream(request.session);
    if (!found) return failure(protocol_error::session_not_found);
    if (is_remote_copy(request.target)) return copy_to_host(found, request);
    return record_as(found, request, context);
}

command_result media_commands::record_as(const found_session& found, const copy_command& request,
                                         const command_context& context) {
    auto* const recordings = sessions_.environment().recordings;
    if (recordings == nullptr || request.report_port) return failure(protocol_error::copy_failed);
    session_recorder recorder{*found.found, sessions_.services_of(*found.found), *recordings,
                              context.when.now};
    if (!recorder.record_as(party_named_first(found.how), request.target, request.single_file))
        return failure(protocol_error::copy_failed);
    return {.reply = "0"};
}

command_result media_commands::run(const stop_record_command& request, const command_context&) {
    bool stopped = false;
    for (const auto& [session, how] : sessions_.find_all_streams(request.session)) {
        const side party = party_named_first(how);
        stopped |= stop_recording(*session, party);
        if (request.both_legs) stopped |= stop_recording(*session, other(party));
    }
    if (!stopped) return failure(protocol_error::session_not_found);
    return {.reply = "0"};
}

bool media_commands::stop_recording(session& session, side party) {
    auto* const services = session_manager::find_services(session);
    if (services == nullptr) return false;
    const auto recordings = services->remove_taps(party, packet_tap::kind::recording);
    const auto copies = services->remove_taps(party, packet_tap::kind::copy);
    return recordings + copies != 0;
}

// DTMF is the only module that takes commands, so only its calls come here.
subcommand_result media_commands::run(session& session, side forward, const module_call& request,
                                      const command_context&) {
    const subcommand_result failed{.code = -1, .text = {}};
    auto asked = parse_dtmf_command(request.arguments);
    if (!asked || session.is_over || !session.on_timeout) return failed;

    const dtmf_tap::request wanted{.payload_type = asked->payload_type,
                                   .swallow = asked->swallow,
                                   .notify_target = session.on_timeout->target};
    sessions_.services_of(session).catch_dtmf(forward, std::move(asked->tag), wanted);
    return {};
}

}  // namespace rtpproxy
