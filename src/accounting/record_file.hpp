#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <boost/system/error_code.hpp>

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace rtpproxy {

/// A file that whole lines are appended to. Another program may move or remove it, which makes us begin a new
/// one, truncate it, or keep us out with a lock (fcntl(2), lockf(3)).
///
/// Blocks as long as the disk does.
class record_file {
  public:
    /// `header` is the first line of an empty file, without its end; empty: there is none.
    record_file(std::filesystem::path path, std::string_view header);

    /// Opens the file, making it if it is not there. Errors: of open(2); `not_supported` for what is no
    /// regular file.
    boost::system::error_code open();

    struct outcome {
        std::size_t octets = 0;           ///< of `lines` that are in the file, to the end of a line
        boost::system::error_code error;  ///< why not all of them; `resource_unavailable_try_again`: locked
    };
    /// Appends `lines`, each of which ends with a newline. What does not fit as a whole line is taken back.
    [[nodiscard]] outcome append(std::string_view lines);

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    [[nodiscard]] bool is_current() const;
    boost::system::error_code lock_current();
    void unlock() const;
    [[nodiscard]] std::string what_comes_first(std::size_t size) const;
    [[nodiscard]] outcome append_locked(std::string_view lines) const;
    void take_back_torn_line(std::size_t size_expected, std::size_t size_wanted) const;

    std::filesystem::path path_;
    std::string header_;
    unique_fd file_;
};

}  // namespace rtpproxy
