# SPDX-License-Identifier: MIT
# An ordinary stop leaves nothing of ours: no table, rule, route, device, socket.
. "$(dirname "$0")/claims.sh"

daemon=$(sluice status --json | grep -o '"pid":[0-9]*' | cut -d: -f2)
before=$(cat /proc/sys/net/ipv4/conf/all/src_valid_mark)
same "src_valid_mark is on while it runs" 1 "$before"
dig +short git.corp.example >/dev/null
kill "$daemon"
gone() { ! kill -0 "$daemon" 2>/dev/null; }
wait_for 5000 gone >"$scratch/time" || fail "it does not stop"
ok "stopped in $(cat "$scratch/time") ms"
same "no table" "" "$(nft list tables)"
for family in -4 -6; do
    same "no rule $family" 0 "$(ip $family rule | grep -c 'proto 83\|51[56].')"
    same "no route $family" "" "$(ip $family route show table 5151 2>/dev/null)$(ip $family route show table 5152 2>/dev/null)$(ip $family route show table 5160 2>/dev/null)"
done
same "no device" 0 "$(ip link | grep -c 'wg[12]')"
same "no control socket" 0 "$(ls /run/sluice 2>/dev/null | grep -c control)"
same "src_valid_mark as it was" 0 "$(cat /proc/sys/net/ipv4/conf/all/src_valid_mark)"
sluice status >/dev/null 2>&1
same "status says that there is no daemon" 3 $?
contains "traffic is as without us" "client 198.51.100.10" "$(curl -4 -sS --max-time 5 http://203.0.113.11/)"
