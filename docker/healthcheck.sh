#!/bin/bash
# Asks the control socket for its version; succeeds if it answers. For UDP control sockets over IPv4.
#
#   healthcheck.sh [HOST PORT]
#
# Without arguments: the socket of RTPPROXY_CONTROL_SOCKET or CONTROL_SOCKET, else 127.0.0.1:7722.
set -euo pipefail

read -r socket _ <<<"${RTPPROXY_CONTROL_SOCKET:-${CONTROL_SOCKET:-udp:127.0.0.1:7722}}"
host=${1:-$(cut -d : -f 2 <<<"$socket")}
port=${2:-$(cut -s -d : -f 3 <<<"$socket")}
if [[ "$host" == "*" || "$host" == 0.0.0.0 ]]; then host=127.0.0.1; fi

exec 3<>"/dev/udp/$host/${port:-22222}"
cookie=health_$$_$RANDOM
printf '%s V' "$cookie" >&3
answer=$(timeout 2 head -n 1 <&3) # one read takes the datagram; bash's own would take its first octet
[[ "$answer" == "$cookie 20040107" ]]
