#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rtpproxy {

/// Tells a file from other files and from what it was before it was written to.
struct file_version {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t octets = 0;
    std::int64_t modified_seconds = 0;
    std::int64_t modified_nanoseconds = 0;

    friend bool operator==(const file_version&, const file_version&) = default;
};

/// A regular file, open for reading.
struct prompt_file {
    unique_fd descriptor;
    file_version version;
    std::string name;  ///< as it was asked for
};

/// Why there is nothing to play.
struct prompt_failure {
    bool missing = false;  ///< there is no such file; false: there is one, of no use
    std::string reason;    ///< for the log
};

/// Opens the files of prompts: all of them, or only those below one directory.
///
/// May block for as long as the disk does. Thread-safe.
class prompt_files {
  public:
    /// Whatever the process may read. A relative name is below the working directory.
    prompt_files() = default;
    /// Files below `directory` only, by whatever names and symbolic links. A relative name is below it.
    /// Throws std::filesystem::filesystem_error when it is no directory or cannot be read.
    [[nodiscard]] static prompt_files below(const std::filesystem::path& directory);
    /// No files at all, for the reason given.
    [[nodiscard]] static prompt_files none(std::string reason);

    [[nodiscard]] boost::system::result<prompt_file, prompt_failure> open(const std::string& name) const;

  private:
    std::filesystem::path directory_;  // canonical; empty: anywhere
    std::string closed_;               // why nothing is opened; empty: it is
};

/// All of an open file. Errors: it cannot be read, or has more than `limit` octets.
[[nodiscard]] boost::system::result<std::vector<std::byte>, prompt_failure> read_all(const prompt_file& file,
                                                                                     std::size_t limit);

}  // namespace rtpproxy
