#pragma once

#include "rtpproxy/protocol/protocol_error.hpp"

#include <boost/system/result.hpp>

namespace rtpproxy {

/// A piece of a command, or why the text holds none. Read with `*`, never with `value()`: parsing does not
/// throw.
template <class T>
using parsed = boost::system::result<T, protocol_error>;

}  // namespace rtpproxy
