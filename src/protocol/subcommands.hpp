#pragma once

#include "rtpproxy/protocol/command.hpp"
#include "rtpproxy/protocol/parse_command.hpp"

#include "parsed.hpp"
#include "words.hpp"

#include <span>
#include <vector>

namespace rtpproxy {

/// Which sub-commands the main command admits.
enum class subcommand_scope : unsigned char {
    one_leg,    ///< those that work on the leg of the main command: `S`, `D`, `M`
    both_legs,  ///< also those that need to know both parties: `L`, `C`
};

/// Reads all sub-commands of a command. Whatever is wrong with one, the error is `bad_subcommand`.
///
///     subcommand = "S" [ "r" ] ( "ttl=" / "tos=" ) 1*DIGIT
///                / "D" [ "w" ]
///                / "L" modifiers SP address SP port
///                / "C" SP call-id SP from-tag SP to-tag
///                / "M" module ":" instance *( SP argument )
[[nodiscard]] parsed<std::vector<subcommand>> parse_subcommands(std::span<const words> parts,
                                                                subcommand_scope scope,
                                                                const parse_context& context);

}  // namespace rtpproxy
