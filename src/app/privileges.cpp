#include "rtpproxy/app/privileges.hpp"

#include "rtpproxy/app/startup_error.hpp"

#include <boost/asio/ip/address.hpp>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

namespace rtpproxy {
namespace {

std::string as_option(const credentials& who) {
    return "-u " + who.user + (who.group.empty() ? "" : ":" + who.group);
}

gid_t login_group(const credentials& who) {
    const passwd* entry = ::getpwuid(*who.uid);
    if (entry == nullptr) throw startup_error(as_option(who) + ": no such user");
    return entry->pw_gid;
}

bool is_already(uid_t user, gid_t group) {
    return ::getuid() == user && ::geteuid() == user && ::getgid() == group && ::getegid() == group;
}

void take_supplementary_groups(const credentials& who, gid_t group) {
    const int failed = who.uid ? ::initgroups(who.user.c_str(), group) : ::setgroups(1, &group);
    if (failed != 0) throw_startup_error(as_option(who) + ": cannot set the groups; start as root");
}

void take_ids(const credentials& who, uid_t user, gid_t group) {
    if (::setresgid(group, group, group) != 0)
        throw_startup_error(as_option(who) + ": cannot set the group; start as root");
    if (::setresuid(user, user, user) != 0)
        throw_startup_error(as_option(who) + ": cannot set the user; start as root");
}

// Real, effective and saved ids are the wanted ones, and root is out of reach.
bool is_final(uid_t user, gid_t group) {
    uid_t users[3];
    gid_t groups[3];
    if (::getresuid(&users[0], &users[1], &users[2]) != 0) return false;
    if (::getresgid(&groups[0], &groups[1], &groups[2]) != 0) return false;
    const bool taken = std::ranges::all_of(users, [=](uid_t id) { return id == user; }) &&
                       std::ranges::all_of(groups, [=](gid_t id) { return id == group; });
    if (user == 0) return taken;
    return taken && ::setuid(0) != 0 && (group == 0 || ::setgid(0) != 0);
}

bool is_loopback(const std::string& host) {
    if (host == "localhost") return true;
    boost::system::error_code failure;
    const auto address = boost::asio::ip::make_address(host, failure);
    return !failure && address.is_loopback();
}

bool is_reachable_udp(const control_socket_spec& socket) {
    return socket.transport == control_socket_spec::kind::udp && !is_loopback(socket.host);
}

}  // namespace

void drop_privileges(const credentials& who) {
    if (!who.wanted()) return;
    const uid_t user = who.uid.value_or(::getuid());
    const gid_t group = who.gid ? *who.gid : login_group(who);
    if (::geteuid() != 0 && is_already(user, group)) return;
    take_supplementary_groups(who, group);
    take_ids(who, user, group);
    if (!is_final(user, group))
        throw startup_error(as_option(who) + ": privileges could be regained; giving up");
}

superuser_verdict judge_superuser(bool is_superuser, const settings& wanted) {
    using kind = superuser_verdict::kind;
    if (!is_superuser || wanted.no_root_check || wanted.run_as.wanted()) return {};
    const auto reachable = std::ranges::find_if(wanted.control_sockets, is_reachable_udp);
    if (reachable == wanted.control_sockets.end())
        return {kind::warn, "running as superuser; give it a user of its own with -u"};
    return {kind::refuse, "running as superuser with the UDP control socket " + reachable->text +
                              " open to other hosts is not safe; use -u USER, or -F to do it nevertheless"};
}

}  // namespace rtpproxy
