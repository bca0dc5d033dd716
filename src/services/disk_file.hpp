#pragma once

#include "rtpproxy/net/time.hpp"
#include "rtpproxy/net/unique_fd.hpp"

#include "disk_health.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace rtpproxy {

/// A file that is written by us alone, and that may vanish or refuse to be written at any time. On the
/// recorder's thread.
class disk_file {
  public:
    /// `disk` must outlive the file.
    disk_file(std::filesystem::path path, disk_health& disk) : path_(std::move(path)), disk_(disk) {}

    /// Whether the file is there to be written; if not, it is made, unless the disk is not to be tried now or
    /// there is another file of that name, which is left alone.
    bool ready(time_point now);
    /// Whether it could not be made because another file has its name.
    [[nodiscard]] bool name_is_taken() const noexcept { return taken_; }
    /// Writes all of it at `offset`, or reports the failure. To be called when ready.
    bool write(std::span<const std::byte> octets, std::uint64_t offset, time_point now);
    /// Cuts the file, or fills it up with zeros that take no room on the disk. To be called when ready.
    bool resize(std::uint64_t octets, time_point now);
    /// Closes the file if somebody removed it, so that it is made again. That is no trouble of the disk.
    void let_go_if_removed();
    void close() noexcept { file_ = unique_fd{}; }

    /// How often it was made.
    [[nodiscard]] unsigned generation() const noexcept { return generation_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    bool fail(const std::error_code& why, time_point now);

    std::filesystem::path path_;
    disk_health& disk_;
    unique_fd file_;
    unsigned generation_ = 0;
    bool taken_ = false;
};

}  // namespace rtpproxy
