#!/bin/sh
# Starts rtpproxy in a container. The program reads its settings from RTPPROXY_* itself; these variables,
# common among media relay images, are translated:
#
#   LOCAL_ADDRESS      address for media                  -> RTPPROXY_LISTEN
#   EXTERNAL_ADDRESS   address to announce in its place   -> RTPPROXY_ADVERTISED
#   CONTROL_SOCKET     where commands arrive              -> RTPPROXY_CONTROL_SOCKET
#   MIN_PORT MAX_PORT  media ports                        -> RTPPROXY_MIN_PORT, RTPPROXY_MAX_PORT
#   LOG_LEVEL          DBUG, INFO, WARN, ERR or CRIT      -> RTPPROXY_LOG_LEVEL
#
# A RTPPROXY_ variable wins over its translation. Arguments are options of rtpproxy; an argument that does not
# begin with a dash is a command to run in its place.
set -eu

case "${1:--}" in
    -*) ;;
    *) exec "$@" ;;
esac

translate() { # NAME VALUE
    if [ -n "$2" ] && ! printenv "$1" >/dev/null; then
        export "$1=$2"
    fi
}
translate RTPPROXY_LISTEN "${LOCAL_ADDRESS:-}"
translate RTPPROXY_ADVERTISED "${EXTERNAL_ADDRESS:-}"
translate RTPPROXY_CONTROL_SOCKET "${CONTROL_SOCKET:-}"
translate RTPPROXY_MIN_PORT "${MIN_PORT:-}"
translate RTPPROXY_MAX_PORT "${MAX_PORT:-}"
translate RTPPROXY_LOG_LEVEL "${LOG_LEVEL:-}"

# Announcing needs an address that is not *: outside, nobody can tell which one the packets come from.
if [ -n "${RTPPROXY_ADVERTISED:-}" ] && [ -z "${RTPPROXY_LISTEN:-}${RTPPROXY_LISTEN6:-}" ]; then
    RTPPROXY_LISTEN=$(hostname -I | cut -d ' ' -f 1)
    export RTPPROXY_LISTEN
fi

exec rtpproxy --foreground "$@"
