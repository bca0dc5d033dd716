#include "unix_path.hpp"

#include <boost/system/errc.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

namespace rtpproxy {
namespace {

namespace errc = boost::system::errc;
using boost::system::error_code;

error_code last_error() noexcept {
    return {errno, boost::system::system_category()};
}

/// What connecting a socket of `type` to `path` fails for; nothing if it succeeds.
error_code try_connect(const std::string& path, int type) noexcept {
    sockaddr_un remote{};
    remote.sun_family = AF_UNIX;
    std::copy_n(path.begin(), std::min(path.size(), sizeof remote.sun_path - 1), remote.sun_path);
    const unique_fd caller(::socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!caller) return last_error();
    const auto* const address = reinterpret_cast<const sockaddr*>(&remote);
    return ::connect(caller.get(), address, sizeof remote) == 0 ? error_code() : last_error();
}

/// Nobody has the socket, or it has gone meanwhile.
bool means_stale(const error_code& failure) noexcept {
    return failure == errc::connection_refused || failure == errc::no_such_file_or_directory;
}

/// A socket that takes the connection, cannot take one more (its queue is full) or is of another kind is
/// somebody's.
bool means_live(const error_code& failure) noexcept {
    return !failure || failure == errc::resource_unavailable_try_again ||
           failure == errc::wrong_protocol_type || failure == errc::operation_not_permitted;
}

/// Whether a program has the socket at `path`: `already_connected` if one has, no error if none has, else why
/// it cannot be told.
///
/// A datagram socket is asked first. To it a stream socket is of the wrong kind, also while it is bound but
/// does not listen yet; and its owner sees no connection. Not all systems look at the kind that late, so then
/// comes a stream socket.
error_code look_for_owner(const std::string& path) noexcept {
    for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
        const auto failure = try_connect(path, type);
        if (means_stale(failure)) continue;
        return means_live(failure) ? make_error_code(errc::already_connected) : failure;
    }
    return {};
}

}  // namespace

boost::system::result<unix_path> unix_path::of_bound(const std::string& path) {
    auto place = file_place::find(path);
    if (!place) return place.error();
    auto file = place->open(O_PATH);
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return last_error();
    if (!S_ISSOCK(status.st_mode) || status.st_nlink != 1) return make_error_code(errc::not_a_socket);
    return unix_path(std::move(*place), std::move(file), identity_of(status));
}

error_code unix_path::give_to(std::optional<uid_t> owner, std::optional<gid_t> group) const noexcept {
    constexpr auto unchanged_user = static_cast<uid_t>(-1);
    constexpr auto unchanged_group = static_cast<gid_t>(-1);
    if (!owner && !group) return {};
    const auto given = ::fchownat(file_.get(), "", owner.value_or(unchanged_user),
                                  group.value_or(unchanged_group), AT_EMPTY_PATH);
    return given == 0 ? error_code() : last_error();
}

error_code unix_path::remove_stale(const std::string& path) noexcept {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return errno == ENOENT ? error_code() : last_error();
    if (!S_ISSOCK(found.st_mode)) return make_error_code(errc::file_exists);
    if (const auto taken = look_for_owner(path)) return taken;
    return ::unlink(path.c_str()) != 0 && errno != ENOENT ? last_error() : error_code();
}

socket_directory_lock::socket_directory_lock(const std::filesystem::path& path) {
    constexpr auto patience = std::chrono::seconds(2);
    constexpr auto pause = std::chrono::milliseconds(5);
    const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    directory_ = unique_fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory_) return;
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (::flock(directory_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK &&
           std::chrono::steady_clock::now() < give_up)
        std::this_thread::sleep_for(pause);
}

}  // namespace rtpproxy
