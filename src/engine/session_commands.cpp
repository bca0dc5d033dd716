#include "rtpproxy/engine/session_commands.hpp"

#include "rtpproxy/engine/session_counters.hpp"
#include "rtpproxy/log/log.hpp"
#include "rtpproxy/session/session_match.hpp"

#include <fmt/format.h>

#include <utility>

namespace rtpproxy {
namespace {

constexpr session_counter simple_query[] = {session_counter::ttl, session_counter::npkts_ina,
                                            session_counter::npkts_ino, session_counter::nrelayed,
                                            session_counter::ndropped};

/// Learns the tag of the party that did not create the session.
void remember_to_tag(const found_session& found, const session_selector& selector) {
    if (found.how == match::reverse)
        found.found->to_tag = selector.from_tag;
    else if (selector.to_tag)
        found.found->to_tag = *selector.to_tag;
}

protocol_error why_not_created(const boost::system::error_code& error) {
    const bool full = error == boost::system::errc::resource_unavailable_try_again;
    return full ? protocol_error::overloaded : protocol_error::no_port_for_session;
}

/// Takes offers back that nobody took, however a command ends.
class withdrawal {
  public:
    explicit withdrawal(const std::vector<offered_feed>& offers) noexcept : offers_(offers) {}
    withdrawal(const withdrawal&) = delete;
    withdrawal& operator=(const withdrawal&) = delete;
    ~withdrawal() {
        if (put_off_) return;
        for (const auto& each : offers_)
            each.feed->withdraw();
    }

    void put_off() noexcept { put_off_ = true; }

  private:
    const std::vector<offered_feed>& offers_;
    bool put_off_ = false;
};

/// The session that a command makes, if it makes one: it stays only if the command comes to its end.
class new_session {
  public:
    new_session(session_manager& sessions, const moment& when) noexcept : sessions_(sessions), when_(when) {}
    new_session(const new_session&) = delete;
    new_session& operator=(const new_session&) = delete;
    ~new_session() {
        if (made_ == nullptr) return;
        if (confirmed_)
            sessions_.end(*made_, end_reason::deleted, when_);
        else
            sessions_.abandon(*made_);
    }

    void begin(session& made) noexcept { made_ = &made; }
    /// From here on it is seen.
    void confirm() noexcept {
        if (made_ == nullptr) return;
        sessions_.confirm(*made_);
        confirmed_ = true;
    }
    void keep() noexcept { made_ = nullptr; }

  private:
    session_manager& sessions_;
    const moment when_;
    session* made_ = nullptr;
    bool confirmed_ = false;
};

/// A set of counters in the order asked for; `name=value` when verbose.
std::string format_counters(const session& session, side party, const std::vector<session_counter>& names,
                            bool verbose, tick now) {
    std::string text;
    for (const auto name : names) {
        if (!text.empty()) text += ' ';
        if (verbose) fmt::format_to(std::back_inserter(text), "{}=", to_string(name));
        text += format_session_counter(session, party, name, now);
    }
    return text;
}

/// Whether the delete names, beside the caller, somebody who is not in the call: a branch of it that was
/// offered too, and ends because another one was answered (RFC 3261 §16.7 step 10).
bool is_of_other_branch(const session& named, match how, const session_selector& selector) {
    if (!named.is_complete() || named.to_tag.empty() || !selector.to_tag || selector.to_tag->empty())
        return false;
    const std::string_view callee = how == match::direct ? *selector.to_tag : selector.from_tag;
    return !names_any_stream(named.to_tag, callee) && !names_any_stream(callee, named.to_tag);
}

command_result refused_call(command_result failed) {
    failed.call_refused = true;
    return failed;
}

}  // namespace

std::string_view call_id_of(const session_command& request) noexcept {
    return std::visit([](const auto& c) { return c.session.call_id; }, request);
}

command_result failure(protocol_error error) {
    return {.reply = format_error(error), .success = false};
}

std::optional<prompt_request> session_commands::prompt_wanted(const session_command& request) const {
    const auto* play = std::get_if<play_command>(&request);
    return play != nullptr ? media_.prompt_wanted(*play) : std::nullopt;
}

command_result failure(protocol_error error, const boost::system::error_code& cause) {
    auto failed = failure(error);
    failed.unfinished = cause == boost::system::errc::operation_in_progress;
    return failed;
}

command_result session_commands::execute(const session_command& request, const command_context& context) {
    withdrawal at_the_end{context.feeds};
    auto result = std::visit([&](const auto& c) { return run(c, context); }, request);
    if (result.unfinished) at_the_end.put_off();
    return result;
}

// U and L.

boost::system::error_code session_commands::update_leg(session& session, const leg_roles& roles,
                                                       const leg_update& update, dialog_state dialog,
                                                       description_kind kind,
                                                       const command_context& context) {
    if (const auto error = sessions_.provide_leg(session, roles.returned, update, dialog, context.when))
        return error;
    if (update.weak) session.holds.weak[index(roles.returned)] = true;
    session.life.restart(context.when.second);
    sessions_.apply_signalling(session, roles.signalled, update, kind, context.when);
    return {};
}

command_result session_commands::run(const update_command& request, const command_context& context) {
    auto found = sessions_.find_stream(request.session);
    new_session making{sessions_, context.when};
    if (!found) {
        if (!context.accept_new_sessions) return refused_call(failure(protocol_error::shutting_down));
        const auto created = sessions_.create(request.session, request.update, context.when);
        if (!created) return refused_call(failure(why_not_created(created.error()), created.error()));
        making.begin(**created);
        found = {*created, match::direct};
        found.found->holds.strong = !request.update.weak;
        if (request.update.weak) found.found->holds.weak[index(side::callee)] = true;
        sessions_.apply_signalling(*found.found, side::caller, request.update, description_kind::offer,
                                   context.when);
    } else {
        const side sender = party_named_first(found.how);
        const leg_roles roles{.returned = other(sender), .signalled = sender};
        const auto dialog = request.session.to_tag ? dialog_state::established : dialog_state::new_branch;
        if (const auto error =
                update_leg(*found.found, roles, request.update, dialog, description_kind::offer, context))
            return failure(protocol_error::no_port_for_leg, error);
        if (!request.update.weak) found.found->holds.strong = true;
    }
    remember_to_tag(found, request.session);
    found.found->on_timeout = context.on_timeout;

    making.confirm();
    const side sender = party_named_first(found.how);
    auto result = reply_with_port(*found.found, {.returned = other(sender), .signalled = sender},
                                  request.subcommands, context);
    making.keep();
    return result;
}

command_result session_commands::run(const lookup_command& request, const command_context& context) {
    const auto found = sessions_.find_stream(request.session);
    if (!found) return {.reply = "0", .success = false};
    const side receiver = party_named_first(found.how);
    const leg_roles roles{.returned = receiver, .signalled = other(receiver)};
    if (const auto error = update_leg(*found.found, roles, request.update, dialog_state::established,
                                      description_kind::answer, context))
        return failure(protocol_error::no_port_for_leg, error);
    remember_to_tag(found, request.session);
    return reply_with_port(*found.found, roles, request.subcommands, context);
}

command_result session_commands::reply_with_port(session& session, const leg_roles& roles,
                                                 const std::vector<subcommand>& subcommands,
                                                 const command_context& context) {
    const leg& returned = session.leg_facing(roles.returned);
    command_result result{.reply = format_port(returned.rtp_port, *returned.local)};
    run_subcommands(session, roles.signalled, subcommands, context, result.reply);
    sessions_.reschedule(session, context.when);
    return result;
}

// D.

bool session_commands::remove(const session_selector& selector, bool weak, const command_context& context) {
    const auto found = sessions_.find_streams_to_end(selector);
    for (const auto& [session, how] : found) {
        if (is_of_other_branch(*session, how, selector)) {
            log::info(session->call_id(),
                      "a branch that is not the one answered has ended: the call goes on");
            continue;
        }
        if (weak)
            session->holds.weak[index(party_named_first(how))] = false;
        else
            session->holds.strong = false;
        if (!session->holds.any()) sessions_.end(*session, end_reason::deleted, context.when);
    }
    return !found.empty();
}

command_result session_commands::run(const delete_command& request, const command_context& context) {
    if (!remove(request.session, request.weak, context)) return failure(protocol_error::session_not_found);
    return {.reply = "0"};
}

// Q.

command_result session_commands::run(const query_command& request, const command_context& context) {
    const auto found = sessions_.find_stream(request.session);
    if (!found) return failure(protocol_error::session_not_found);
    if (request.bad_modifier) return failure(protocol_error::bad_query_modifier);

    std::vector<session_counter> names;
    for (const auto& name : request.names) {
        if (!name) return failure(protocol_error::unknown_session_counter);
        names.push_back(*name);
    }
    if (names.empty()) names.assign(std::begin(simple_query), std::end(simple_query));

    const side party = party_named_first(found.how);
    command_result result{
        .reply = format_counters(*found.found, party, names, request.verbose, context.when.second)};
    if (result.reply.size() > context.reply_limit) return failure(protocol_error::query_reply_too_long);
    run_subcommands(*found.found, party, request.subcommands, context, result.reply);
    sessions_.reschedule(*found.found, context.when);
    return result;
}

// Sub-commands.

void session_commands::run_subcommands(session& session, side forward,
                                       const std::vector<subcommand>& subcommands,
                                       const command_context& context, std::string& reply) {
    std::vector<subcommand_result> results;
    for (const auto& each : subcommands) {
        results.push_back(
            std::visit([&](const auto& s) { return run_subcommand(session, forward, s, context); }, each));
        if (results.back().code != 0) break;
    }
    append_subcommand_results(reply, results, context.reply_limit);
}

subcommand_result session_commands::run_subcommand(session& session, side& forward,
                                                   const set_parameter& request,
                                                   const command_context& context) {
    const side party = request.reverse ? other(forward) : forward;
    if (request.name == set_parameter::parameter::ttl) {
        sessions_.set_ttl(session, party, request.value, context.when);
        return {};
    }
    return {.code = sessions_.set_traffic_class(session, party, request.value) ? -1 : 0, .text = {}};
}

subcommand_result session_commands::run_subcommand(session& session, side&, const delete_this& request,
                                                   const command_context& context) {
    const session_selector own{session.call_id(), session.from_tag(), std::nullopt};
    return {.code = remove(own, request.weak, context) ? 0 : -1, .text = {}};
}

subcommand_result session_commands::run_subcommand(session& session, side& forward, const add_leg& request,
                                                   const command_context& context) {
    if (session.is_over) return {.code = -1, .text = {}};
    const leg_roles roles{.returned = forward, .signalled = other(forward)};
    if (update_leg(session, roles, request.update, dialog_state::established, description_kind::answer,
                   context))
        return {.code = -1, .text = {}};
    forward = roles.signalled;
    const leg& returned = session.leg_facing(roles.returned);
    return {.code = 0, .text = format_port(returned.rtp_port, *returned.local)};
}

subcommand_result session_commands::run_subcommand(session& session, side& forward, const copy_from& request,
                                                   const command_context& context) {
    return media_.run(session, forward, request, context);
}

subcommand_result session_commands::run_subcommand(session& session, side& forward,
                                                   const module_call& request,
                                                   const command_context& context) {
    return media_.run(session, forward, request, context);
}

}  // namespace rtpproxy
