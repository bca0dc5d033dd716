#pragma once

#include <filesystem>

namespace rtpproxy {

/// How many streams of a capture sound at the same time: 2 for a capture of both parties, 1 for one party,
/// though its SSRC or its address may change, 0 if nothing can be decoded. Streams that overlap for less than
/// a second, or for less than half of the shorter one, take turns.
///
/// Reads the capture, up to what is wrong with it. A capture that can be read only once, a pipe, has one
/// voice.
[[nodiscard]] unsigned count_voices(const std::filesystem::path& capture);

}  // namespace rtpproxy
