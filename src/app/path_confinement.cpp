#include "path_confinement.hpp"

#include "rtpproxy/app/startup_error.hpp"
#include "rtpproxy/net/unique_fd.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace rtpproxy {
namespace {

using access_rights = std::uint64_t;

// Rights that came after the first version of the interface; not all headers have them.
constexpr access_rights refer = 1ULL << 13;         // version 2
constexpr access_rights truncate = 1ULL << 14;      // version 3
constexpr access_rights device_ioctl = 1ULL << 15;  // version 5

constexpr access_rights of_version_1 = (1ULL << 13) - 1;
constexpr access_rights read_rights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr access_rights write_rights =
    read_rights | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | refer | truncate;
constexpr access_rights rights_of_files = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                          LANDLOCK_ACCESS_FS_EXECUTE | truncate | device_ioctl;

access_rights known_rights(int version) {
    access_rights known = of_version_1;
    if (version >= 2) known |= refer;
    if (version >= 3) known |= truncate;
    if (version >= 5) known |= device_ioctl;
    return known;
}

/// A set of rules: whatever it does not allow is forbidden once it is enforced.
class ruleset {
  public:
    ruleset() : known_(known_rights(landlock_version())) {
        const landlock_ruleset_attr forbidden{.handled_access_fs = known_};
        descriptor_ = unique_fd(
            static_cast<int>(::syscall(SYS_landlock_create_ruleset, &forbidden, sizeof forbidden, 0)));
        if (!descriptor_) throw_startup_error("--sandbox: cannot confine the program to its files");
    }

    /// False if `path` cannot be opened; errno says why.
    [[nodiscard]] bool try_allow(const std::filesystem::path& path, access_rights rights) {
        const unique_fd opened(::open(path.c_str(), O_PATH | O_CLOEXEC));
        struct stat status {};
        if (!opened || ::fstat(opened.get(), &status) != 0) return false;
        if (!S_ISDIR(status.st_mode)) rights &= rights_of_files;
        const landlock_path_beneath_attr rule{.allowed_access = rights & known_, .parent_fd = opened.get()};
        return ::syscall(SYS_landlock_add_rule, descriptor_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    }

    void allow(const std::filesystem::path& path, access_rights rights) {
        if (!try_allow(path, rights)) throw_startup_error("--sandbox: cannot allow " + path.string());
    }

    void enforce() {
        if (::syscall(SYS_landlock_restrict_self, descriptor_.get(), 0) != 0)
            throw_startup_error("--sandbox: cannot confine the program to its files");
    }

  private:
    access_rights known_;
    unique_fd descriptor_;
};

}  // namespace

int landlock_version() noexcept {
    const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : static_cast<int>(version);
}

void confine_to(const sandbox_paths& paths) {
    ruleset rules;
    for (const auto& path : paths.readable)
        static_cast<void>(rules.try_allow(path, read_rights));
    for (const auto& path : paths.writable)
        rules.allow(path, write_rights);
    for (const auto& path : paths.removable)
        rules.allow(path, LANDLOCK_ACCESS_FS_REMOVE_FILE);
    rules.enforce();
}

}  // namespace rtpproxy
