# SPDX-License-Identifier: MIT
# What 'monitor' shows, as it happens: states, tunnels, gateways, servers, routes, repairs.
. "$(dirname "$0")/claims.sh"

sluice monitor --json >"$scratch/events" &
listening() { grep -q '"event":"monitor"' "$scratch/events"; }
wait_for 2000 listening >/dev/null || fail "nothing to hear"
ok "begins with what is: $(grep -o 'state connected' "$scratch/events")"
heard() { # EVENT TEXT
    check() { grep "\"event\":\"$1\"" "$scratch/events" | grep -q -- "$2"; }
    local time
    time=$(wait_for 1500 check "$1" "$2") || fail "$1: no '$2' in $(tail -5 "$scratch/events")"
    ok "$1: $2"
}
sluice down >/dev/null
heard state "connected → disconnecting"
heard state "disconnecting → disconnected"
heard tunnel "device wg1 is gone"
sluice up >/dev/null
heard state "disconnected → connecting"
heard state "connecting → connected"
ip route add 192.0.2.0/24 via 192.168.77.1
heard route "main has changed"
ip route replace default via 192.168.77.1
heard gateway "192.168.77.1"
ip rule del pref 10012
heard repair "routing rules"
ip route flush table 5151
heard repair "tunnel's routes"
ip route flush table 5152
heard repair "copied routes"
nft flush ruleset
heard repair "table inet sluice"
ip link set wg1 down
ip link set wg1 name stranger
heard repair "named wg1 again"
sluice reload >/dev/null
heard reload rules
same "each line is one object with schema" "$(wc -l <"$scratch/events")" "$(grep -c '^{.*"schema":1.*}$' "$scratch/events")"
kill "$(cat /run/sluice/pid)"
wait %1
same "and ends with 3 when the daemon does" 3 $?
