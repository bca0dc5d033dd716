#pragma once

#include "rtpproxy/net/unique_fd.hpp"

#include <boost/system/result.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace rtpproxy {

/// A file that appears under its name only when it is complete: until then it is a temporary in the same
/// directory. An older file of that name stays as it is if anything fails.
///
/// Errors are messages for people that begin with the file's name. Not thread safe.
class output_file {
  public:
    template <class T>
    using result = boost::system::result<T, std::string>;

    /// Creates the temporary for `path`, open for reading and writing. A symbolic link is followed. A `path`
    /// that exists and is no regular file (a device, a directory) is an error: it would be replaced.
    [[nodiscard]] static result<output_file> create(const std::filesystem::path& path);

    /// A hard link to `original`, another output that is not committed yet. descriptor() is -1.
    [[nodiscard]] static result<output_file> create_link(const output_file& original,
                                                         const std::filesystem::path& path);

    output_file(output_file&& other) noexcept;
    output_file& operator=(output_file&& other) noexcept;
    /// Removes the temporary unless it was committed.
    ~output_file();

    [[nodiscard]] int descriptor() const noexcept { return file_.get(); }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// Gives the file its name and the permissions a new file has.
    [[nodiscard]] result<void> commit();

  private:
    output_file(std::filesystem::path path, std::filesystem::path temporary, unique_fd file);

    std::filesystem::path path_;
    std::filesystem::path temporary_;  ///< empty when committed
    unique_fd file_;
};

/// Commits one after the other, up to the first that fails.
[[nodiscard]] boost::system::result<void, std::string> commit_all(std::vector<output_file>& files);

/// Lets SIGHUP, SIGINT, SIGPIPE, SIGTERM and SIGXFSZ remove the temporaries of all output files before they
/// end the program.
void remove_temporaries_on_signals();

}  // namespace rtpproxy
