#include "rtpproxy/engine/media_commands.hpp"

namespace rtpproxy {

command_result media_commands::run(const play_command& request, const command_context&) {
    const auto found = sessions_.find_stream(request.session);
    if (!found) return failure(protocol_error::session_not_found);
    if (request.count == 0) return {.reply = "0"};
    const auto& codecs = found.found->leg_facing(party_named_first(found.how)).codecs;
    if (request.codecs == "session" && codecs.empty()) return failure(protocol_error::bad_update_modifier);
    return failure(protocol_error::play_failed);
}

command_result media_commands::run(const stop_play_command& request, const command_context&) {
    if (!sessions_.find_stream(request.session)) return failure(protocol_error::session_not_found);
    return {.reply = "0"};
}

command_result media_commands::run(const record_command&, const command_context&) {
    return failure(protocol_error::session_not_found);
}

command_result media_commands::run(const copy_command& request, const command_context&) {
    if (!sessions_.find_stream(request.session)) return failure(protocol_error::session_not_found);
    return failure(protocol_error::copy_failed);
}

command_result media_commands::run(const stop_record_command&, const command_context&) {
    return failure(protocol_error::session_not_found);
}

subcommand_result media_commands::run(session&, side, const copy_from&, const command_context&) {
    return {.code = -1, .text = {}};
}

subcommand_result media_commands::run(session&, side, const module_call&, const command_context&) {
    return {.code = -1, .text = {}};
}

}  // namespace rtpproxy
