#!/bin/bash
# Makes the Debian package of a build, installs it, runs what was installed, and removes it again.
#
#   deb_test.sh BUILD_DIRECTORY
#
# Everything from the installation on happens on a copy-on-write view of this system, with a network and processes of
# its own, so nothing on the machine changes. Exits with 77 (skipped) where that is not possible.
set -euo pipefail

skip() {
    echo "SKIPPED: $*"
    exit 77
}
fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Outside: build the package, then run ourselves again in namespaces of our own.
if [[ "${1:-}" != --inside ]]; then
    build=$(realpath "$1")
    [[ -x "$build/rtpproxy" ]] || skip "there is no $build/rtpproxy; build the preset release first"
    [[ $(id -u) -eq 0 ]] || skip "needs root"
    for tool in cpack dpkg-deb dpkg-shlibdeps file ip setpriv unshare; do
        command -v "$tool" >/dev/null || skip "needs $tool"
    done
    work=$(mktemp --directory)
    trap 'rm -rf "$work"' EXIT
    cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/package"
    if command -v lintian >/dev/null; then
        # The maintainer's address is for whoever publishes packages to set (CPACK_PACKAGE_CONTACT).
        lintian --allow-root --fail-on error,warning --suppress-tags \
            bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs,maintainer-script-calls-systemctl \
            "$work"/package/*.deb
    fi
    mkdir "$work/view"
    unshare --mount --net --pid --fork --kill-child true || skip "cannot make namespaces here"
    unshare --mount --net --pid --fork --kill-child bash "$0" --inside "$work/view" "$work"/package/*.deb
    exit
fi

# Inside: the view. Its upper layer holds whatever changes.
view=$2
package=$3
mount -t tmpfs tmpfs "$view"
mkdir "$view"/{upper,work,root}
root=$view/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$view/upper,workdir=$view/work" "$root" ||
    skip "cannot mount an overlay here"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
chmod 1777 "$root/tmp"
ip link set lo up
chroot "$root" dpkg --version >/dev/null || skip "the system is spread over several file systems"
cp "$package" "$root/tmp/rtpproxy.deb"

# What the machine may have of an earlier installation is not ours to judge.
inside=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/ DEBIAN_FRONTEND=noninteractive chroot "$root")
as_service=("${inside[@]}" setpriv --reuid rtpproxy --regid rtpproxy --clear-groups --no-new-privs)
if "${inside[@]}" dpkg --status rtpproxy >/dev/null 2>&1; then "${inside[@]}" dpkg --purge rtpproxy; fi

configuration=/etc/rtpproxy/rtpproxy.conf

echo "--- install"
"${inside[@]}" dpkg --install /tmp/rtpproxy.deb
"${inside[@]}" getent passwd rtpproxy || fail "the user was not made"
[[ ! -e "$root/etc/systemd/system/multi-user.target.wants/rtpproxy.service" ]] || fail "the service was enabled"
"${inside[@]}" test -s /usr/share/man/man8/rtpproxy.8.gz || fail "the manual page is missing"
for tool in makeann extractaudio; do
    "${inside[@]}" "$tool" --help >/dev/null || fail "$tool does not start"
    "${inside[@]}" test -s "/usr/share/man/man1/$tool.1.gz" || fail "the manual page of $tool is missing"
done
! find "$root/usr/bin/rtpproxy" -perm /6000 | grep . || fail "the program is set-uid"

echo "--- units"
"${inside[@]}" systemd-analyze verify /usr/lib/systemd/system/rtpproxy.service /usr/lib/systemd/system/rtpproxy.socket
# Of 100; the remaining points are for what a relay must do, such as using the network.
"${inside[@]}" systemd-analyze security --offline=yes --no-pager --threshold=15 rtpproxy.service |
    grep 'Overall exposure'

echo "--- check the configuration"
settings=$("${as_service[@]}" rtpproxy --check-config)
grep -F "configuration file: $configuration" <<<"$settings" || fail "the configuration is not read"

# Answers to a question over UDP, or nothing.
ask() {
    exec 3<>/dev/udp/127.0.0.1/7722
    printf '%s %s' "cookie$1" "$2" >&3 || true
    timeout 20 head -n 1 <&3 || true
    exec 3>&-
} 2>/dev/null

echo "--- run"
"${as_service[@]}" rtpproxy --foreground &
service=$!
answer=
for ((attempt = 0; attempt < 300; ++attempt)); do
    answer=$(ask "$attempt" V)
    [[ -z "$answer" ]] || break
    sleep 0.1
done
[[ "$answer" == "cookie$attempt 20040107" ]] || fail "asked for its version it answered '$answer'"
port=$(ask call "U packaging-test 192.0.2.11 4000 tag-a")
[[ "$port" =~ ^cookiecall\ 1[0-9]{4}$ ]] || fail "no media port: '$port'"
kill -TERM "$service"
wait "$service" || fail "ended with status $? after SIGTERM"

echo "--- upgrade keeps the configuration"
echo 'ttl = 61' >>"$root$configuration"
"${inside[@]}" dpkg --install /tmp/rtpproxy.deb
grep -qx 'ttl = 61' "$root$configuration" || fail "the configuration was replaced"
settings=$("${as_service[@]}" rtpproxy --check-config)
grep -E '^ttl = 61' <<<"$settings" || fail "the changed configuration is not in force"

# Files and directories of ours in the upper layer; deleted ones are character devices there. dpkg's records and
# the cache of manual pages are not ours.
left_over() {
    find "$view/upper" \( -path "$view/upper/var/lib/dpkg" -o -path "$view/upper/var/cache" \) -prune -o \
        \( -type f -o -type l -o -type d \) -path '*rtpproxy*' -print
}

echo "--- remove"
"${inside[@]}" dpkg --remove rtpproxy
[[ "$(left_over)" == "$view/upper/etc/rtpproxy"$'\n'"$view/upper$configuration" ]] ||
    fail "left over after removal: $(left_over)"

echo "--- purge"
"${inside[@]}" dpkg --purge rtpproxy
[[ -z "$(left_over)" ]] || fail "left over after purging: $(left_over)"
echo "PASSED"
