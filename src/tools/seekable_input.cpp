#include "seekable_input.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace rtpproxy {

namespace {

constexpr std::size_t longest_copy = std::size_t{2} << 30U;

/// Copies until the end of `from`. @returns 0 or the error's number.
int copy_all(int from, int to) noexcept {
    std::array<char, 65536> piece;
    std::size_t copied = 0;
    for (;;) {
        const auto got = ::read(from, piece.data(), piece.size());
        if (got == 0) return 0;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        copied += static_cast<std::size_t>(got);
        if (copied > longest_copy) return EFBIG;
        // A file in memory takes all or fails.
        if (::write(to, piece.data(), static_cast<std::size_t>(got)) != got) return errno;
    }
}

}  // namespace

boost::system::result<seekable_input, std::string> seekable_input::open(const std::filesystem::path& path) {
    const auto failed = [&](int number) {
        return path.string() + ": " + std::generic_category().message(number);
    };
    seekable_input input;
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) {
        input.path_ = path;
        return input;
    }
    const unique_fd source{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!source) return failed(errno);
    input.copy_ = unique_fd{::memfd_create("input", MFD_CLOEXEC)};
    if (!input.copy_) return failed(errno);
    if (const int number = copy_all(source.get(), input.copy_.get()); number != 0) return failed(number);
    input.path_ = "/proc/self/fd/" + std::to_string(input.copy_.get());
    return input;
}

}  // namespace rtpproxy
