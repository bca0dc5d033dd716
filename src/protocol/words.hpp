#pragma once

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <string_view>

namespace rtpproxy {

/// Most words of a command, and of each sub-command, its letter included.
inline constexpr std::size_t max_words = 23;
/// Most sub-commands of one command.
inline constexpr std::size_t max_subcommands = 15;

/// The words of one command or sub-command; never empty, and no word is. Views into the command's text.
using words = boost::container::small_vector<std::string_view, 8>;
/// A command and its sub-commands, of which most have none or one.
using command_parts = boost::container::small_vector<words, 2>;

/// Splits a command at white space and at `&&`: the command itself first, then its sub-commands.
///
///     line      = words *( "&&" words )
///     words     = 1*23 word
///     separator = SP / TAB / CR / LF
///
/// @returns false for anything outside this grammar, for more sub-commands than allowed and for a NUL.
[[nodiscard]] bool split_words(std::string_view text, command_parts& parts);

}  // namespace rtpproxy
