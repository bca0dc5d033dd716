#pragma once

#include "octet_stream.hpp"

namespace rtpproxy {

/// The next packet of a file in the ad-hoc format, as capture_reader::next().
[[nodiscard]] capture_reader::next_packet read_adhoc_packet(octet_stream& file);

}  // namespace rtpproxy
