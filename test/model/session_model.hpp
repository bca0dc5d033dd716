#pragma once

#include "request.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rtpproxy::model {

/// The two parties, by the leg that faces them.
enum party : std::size_t { callee = 0, caller = 1 };

/// A local address of the proxy.
struct address_words {
    std::string reply;  ///< what stands behind a port in replies
    std::string label;
    bool ipv6 = false;
};

/// How the proxy is configured.
struct rules {
    std::vector<address_words> addresses;  ///< the default one first; with bridging, the external one second
    bool bridging = false;
    std::size_t pairs = 0;  ///< port pairs on each address
    unsigned setup_ttl = 0;
    unsigned ttl = 0;
    unsigned hold_ttl = 0;      ///< longer than ttl
    bool independent = false;   ///< each leg needs media
    unsigned longest_call = 0;  ///< 0: no limit
};

struct leg {
    std::size_t address = 0;  ///< into rules::addresses
    bool open = false;
    unsigned port = 0;                    ///< as the proxy told it; 0 until it did
    std::size_t port_address = 0;         ///< the address of that port: one command may move a leg twice
    std::optional<std::size_t> reserved;  ///< the address on which a pair is kept for it
    std::optional<bool> party_ipv6;       ///< whether its party's address is of IPv6; empty: never signalled
    bool party_changed_family = false;    ///< since the leg was opened
    std::optional<std::size_t> before_family;  ///< its address of the other family, if it had one
    std::string remote;          ///< where the party receives, as it was signalled; empty: never
    unsigned long received = 0;  ///< packets from the party
    unsigned long relayed = 0;
    unsigned long dropped = 0;
    unsigned limit = 0;  ///< seconds of silence
    unsigned limit_when_complete = 0;
    unsigned limit_on_hold = 0;
    bool on_hold = false;
    std::optional<unsigned> own_limit;  ///< `t`, `T`
    unsigned left = 0;                  ///< seconds to live without media
};

struct session {
    std::string call_id;
    std::string tag;
    std::string other_tag;
    bool strong = false;
    std::array<bool, 2> weak{};
    std::array<leg, 2> legs;
    std::optional<std::string> notify;
    unsigned age = 0;
    bool over = false;

    [[nodiscard]] bool complete() const { return legs[callee].open && legs[caller].open; }
    [[nodiscard]] bool held() const { return complete() && (legs[callee].on_hold || legs[caller].on_hold); }
};
using session_ptr = std::shared_ptr<session>;

/// A part of a reply: a text, or the port of a leg.
struct reply_part {
    std::string text;
    session_ptr of;  ///< whose port it is; null: a text
    party faces = callee;
    bool fresh = false;       ///< the port was opened by this very command
    std::size_t address = 0;  ///< the one it is on
    unsigned port = 0;        ///< when it was known before the command
};

/// What the control protocol says about sessions, written for being obvious and without a look at the proxy's
/// code: lists that are searched from end to end, counters that are counted down second by second.
class session_model {
  public:
    explicit session_model(rules wanted) : rules_(std::move(wanted)) {}

    /// Carries out a command; the parts of the reply, between which stands ` && `.
    std::vector<reply_part> execute(const request& wanted);

    /// A second passes. The tags of the notices that are sent.
    std::vector<std::string> pass_second();

    /// RTP from the signalled address of a party of a live session.
    void receive(session& in, party from);

    /// The next port pair cannot be opened.
    void fail_next_open() { open_fails_ = true; }
    void accept_new_sessions(bool accept) { accepts_ = accept; }

    [[nodiscard]] const std::vector<session_ptr>& sessions() const { return sessions_; }
    [[nodiscard]] const rules& configured() const { return rules_; }
    /// Whether an open leg other than the one given has `port` on `address`.
    [[nodiscard]] bool in_use(std::size_t address, unsigned port, const leg& besides) const;

  private:
    struct found {
        session_ptr session;
        bool direct = true;
        /// The party that from_tag names.
        [[nodiscard]] party named() const { return direct ? caller : callee; }
    };

    found find(const request& wanted) const;
    std::vector<found> find_all(const std::string& call_id, const std::string& from_tag,
                                const std::optional<std::string>& to_tag) const;

    std::vector<reply_part> update(const request& wanted);
    std::vector<reply_part> lookup(const request& wanted);
    std::vector<reply_part> query(const request& wanted);
    std::vector<reply_part> run_subcommands(const session_ptr& on, party forward,
                                            const std::vector<sub_request>& subcommands, reply_part first);
    reply_part run_subcommand(const session_ptr& on, party& forward, const sub_request& sub);
    reply_part set(session& on, party forward, const sub_request& sub);
    bool remove(const std::string& call_id, const std::string& from_tag,
                const std::optional<std::string>& to_tag, bool weak);

    session_ptr create(const request& wanted);
    std::optional<reply_part> change(const session_ptr& changed, party returned, const leg_words& words,
                                     bool new_branch = false);
    [[nodiscard]] std::size_t wanted_address(const leg& one, const leg_words& words, bool new_branch) const;
    [[nodiscard]] std::size_t address_of_interface(const leg_words& words, std::size_t letter) const;
    bool open(leg& opened, std::size_t address);
    void signal(session& in, party sender, const leg_words& words) const;
    std::optional<std::size_t> chosen_address(const leg_words& words) const;
    [[nodiscard]] unsigned limit_of(const session& in, party whose) const;
    void restart(session& in) const;
    void end(const session_ptr& ended);
    [[nodiscard]] std::size_t used(std::size_t address) const;

    rules rules_;
    std::vector<session_ptr> sessions_;  // in the order they were created
    std::vector<session_ptr> ended_;     // by the current command, which still holds their ports
    bool open_fails_ = false;
    bool answers_come_ = false;  // a call was answered, so ports are kept for the answers of others
    bool accepts_ = true;
};

/// Seconds that a session may stay silent, as `Q` tells them.
[[nodiscard]] unsigned seconds_left(const session& in);

}  // namespace rtpproxy::model
