#pragma once

#include "rtpproxy/engine/media_commands.hpp"
#include "rtpproxy/engine/session_manager.hpp"
#include "rtpproxy/protocol/command.hpp"
#include "rtpproxy/protocol/reply.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rtpproxy {

/// The commands that concern sessions, as opposed to the server.
using session_command =
    std::variant<update_command, lookup_command, delete_command, query_command, play_command,
                 stop_play_command, record_command, copy_command, stop_record_command>;

/// The call a command is about; it decides the shard.
[[nodiscard]] std::string_view call_id_of(const session_command& request) noexcept;

/// Carries out session commands on the sessions of one shard. Everything runs on the shard.
class session_commands {
  public:
    explicit session_commands(session_manager& sessions) noexcept : sessions_(sessions) {}

    /// The prompt to look up, for `command_context::prompt`, before the command is carried out; see
    /// media_commands::prompt_wanted().
    [[nodiscard]] std::optional<prompt_request> prompt_wanted(const session_command& request) const;

    /// Carries out a command. What it throws has undone what was half done: a session that the command made
    /// is gone, and others are as they were, or as the part of the command left them that was done.
    [[nodiscard]] command_result execute(const session_command& request, const command_context& context);

    /// See media_commands::offer_feed().
    [[nodiscard]] std::shared_ptr<session_feed> offer_feed(const session_selector& source,
                                                           session_feed::executor target_shard) {
        return media_.offer_feed(source, std::move(target_shard));
    }

  private:
    /// Which leg a command (or sub-command) returns the port of, and whose media description it carried.
    struct leg_roles {
        side returned;
        side signalled;
    };

    command_result run(const update_command& request, const command_context& context);
    command_result run(const lookup_command& request, const command_context& context);
    command_result run(const delete_command& request, const command_context& context);
    command_result run(const query_command& request, const command_context& context);
    template <typename MediaCommand>
    command_result run(const MediaCommand& request, const command_context& context) {
        return media_.run(request, context);
    }

    boost::system::error_code update_leg(session& session, const leg_roles& roles, const leg_update& update,
                                         dialog_state dialog, description_kind kind,
                                         const command_context& context);
    command_result reply_with_port(session& session, const leg_roles& roles,
                                   const std::vector<subcommand>& subcommands,
                                   const command_context& context);
    bool remove(const session_selector& selector, bool weak, const command_context& context);

    void run_subcommands(session& session, side forward, const std::vector<subcommand>& subcommands,
                         const command_context& context, std::string& reply);
    subcommand_result run_subcommand(session& session, side& forward, const set_parameter& request,
                                     const command_context& context);
    subcommand_result run_subcommand(session& session, side& forward, const delete_this& request,
                                     const command_context& context);
    subcommand_result run_subcommand(session& session, side& forward, const add_leg& request,
                                     const command_context& context);
    subcommand_result run_subcommand(session& session, side& forward, const copy_from& request,
                                     const command_context& context);
    subcommand_result run_subcommand(session& session, side& forward, const module_call& request,
                                     const command_context& context);

    session_manager& sessions_;
    media_commands media_{sessions_};
};

}  // namespace rtpproxy
