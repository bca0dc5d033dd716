#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rtpproxy::model {

/// What a `U`, an `L` or the `L` sub-command says about a leg.
struct leg_words {
    bool ipv6 = false;                        ///< `6`
    bool weak = false;                        ///< `w`
    bool new_port = false;                    ///< `n`
    std::string interfaces;                   ///< up to two of `e` and `i`
    std::string label;                        ///< `l{label}`
    std::optional<unsigned> limit_of_caller;  ///< `t`
    std::optional<unsigned> limit_of_callee;  ///< `T`
    std::string decoration;                   ///< modifiers that change nothing here: `c`, `z`, `a`, `s`
    std::string address;
    std::uint16_t port = 0;
};

/// One sub-command: `S`, `D`, `L`, `C` or `M`.
struct sub_request {
    char letter = 'D';
    leg_words leg;         ///< of `L`
    bool weak = false;     ///< of `D`
    bool reverse = false;  ///< of `S`
    bool is_ttl = false;   ///< of `S`: else it is `tos`
    unsigned value = 0;    ///< of `S`
};

/// One command: `U`, `L`, `D`, `Q`, `S` or `X`.
struct request {
    char letter = 'U';
    std::string call_id;
    std::string from_tag;
    std::optional<std::string> to_tag;
    leg_words leg;                      ///< of `U` and `L`
    std::optional<std::string> notify;  ///< of `U`: the tag
    bool weak = false;                  ///< of `D`
    bool only_ttl = false;              ///< of `Q`: one counter, else the usual five
    std::vector<sub_request> subcommands;
};

/// The text of a request, as a controller sends it.
[[nodiscard]] std::string to_text(const request& wanted);

}  // namespace rtpproxy::model
