#pragma once

#include "rtpproxy/engine/command_result.hpp"
#include "rtpproxy/engine/session_manager.hpp"
#include "rtpproxy/protocol/command.hpp"
#include "rtpproxy/protocol/reply.hpp"
#include "rtpproxy/services/session_feed.hpp"

#include <memory>

#include <cstddef>
#include <optional>

namespace rtpproxy {

/// Carries out the commands that ask for media services of sessions: `P S R C N`, and the sub-commands `C`
/// and `M`. Everything runs on the shard.
class media_commands {
  public:
    explicit media_commands(session_manager& sessions) noexcept : sessions_(sessions) {}

    /// What has to be looked up before the command can be carried out; empty when it fails or plays nothing.
    [[nodiscard]] std::optional<prompt_request> prompt_wanted(const play_command& request) const;

    command_result run(const play_command& request, const command_context& context);
    command_result run(const stop_play_command& request, const command_context& context);
    command_result run(const record_command& request, const command_context& context);
    command_result run(const copy_command& request, const command_context& context);
    command_result run(const stop_record_command& request, const command_context& context);

    /// `forward` is the party whose media description the main command carried.
    subcommand_result run(session& session, side forward, const copy_from& request,
                          const command_context& context);
    subcommand_result run(session& session, side forward, const module_call& request,
                          const command_context& context);

    /// Offers the media of the session that `source` names to a session of another shard, or of this one.
    /// Null when there is no such session, or too many listen to it.
    [[nodiscard]] std::shared_ptr<session_feed> offer_feed(const session_selector& source,
                                                           session_feed::executor target_shard);

  private:
    command_result copy_to_host(const found_session& found, const copy_command& request);
    bool start_recording(session& session, side party, bool one_file, const command_context& context);
    command_result record_as(const found_session& found, const copy_command& request,
                             const command_context& context);
    bool stop_recording(session& session, side party);

    session_manager& sessions_;
};

}  // namespace rtpproxy
