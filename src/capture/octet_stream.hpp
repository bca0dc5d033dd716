#pragma once

#include "rtpproxy/capture/capture_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rtpproxy {

/// A capture file as its readers see it: octets one after the other, and how far they are.
class octet_stream {
  public:
    explicit octet_stream(capture_reader::source octets) : source_(std::move(octets)) {}

    /// Where the next octet comes from.
    [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

    /// The next `count` octets, or as many as there are. Valid until the next read.
    [[nodiscard]] std::span<const std::byte> read(std::size_t count);

    /// As read(), but they are read once more.
    [[nodiscard]] std::span<const std::byte> peek(std::size_t count);

  private:
    void fill(std::size_t count);

    capture_reader::source source_;
    std::vector<std::byte> buffer_;
    std::size_t ahead_ = 0;  // octets of the buffer that were peeked at
    std::uint64_t offset_ = 0;
};

}  // namespace rtpproxy
