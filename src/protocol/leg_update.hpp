#pragma once

#include "rtpproxy/protocol/command.hpp"
#include "rtpproxy/protocol/parse_command.hpp"

#include "parsed.hpp"

#include <string_view>

namespace rtpproxy {

/// Reads what `U`, `L` and the `L` sub-command say about one leg.
///
///     modifiers = *( "6" / "a" / "s" / "e" / "i" / "n" / "w" / local / route / ptime / codecs / inactivity )
///     local     = "l" ( numeric / "{" label "}" )         route   = "r" numeric
///     numeric   = 1*( DIGIT / "." ) / "[" 1*( HEXDIG / ":" ) "]"
///     ptime     = "z" [ "+" ] 1*DIGIT  ; 1..999 ms        codecs  = "c" 1*( DIGIT / "," )
///     inactivity = ( %x74 / %x54 ) 1*DIGIT  ; "t" or "T", 0..999999999 s
///
/// Errors, in this order: what the modifiers, left to right, bring (`bad_external_interface`,
/// `bad_internal_interface`, `bad_ptime`, `bad_codec_list`, `bad_local_address`, `bad_route_address`,
/// `unusable_local_address`, `no_route`, `bad_update_modifier`), `no_address_of_family`,
/// `bad_remote_address`.
[[nodiscard]] parsed<leg_update> parse_leg_update(std::string_view modifiers, std::string_view address,
                                                  std::string_view port, const parse_context& context);

}  // namespace rtpproxy
