# SPDX-License-Identifier: MIT
# A network whose rule names a tunnel goes by that tunnel, also while another is in use, and by no other: while it is down, nowhere. Names of such
# a rule are looked up there, and their addresses go there, too.
. "$(dirname "$0")/claims.sh"

cat >/etc/sluice/rules.d/named.rules <<'RULES'
tunnel:relay2 203.0.113.16/30
tunnel:relay2 named.corp.example
tunnel 203.0.113.14/32
RULES
config=/etc/sluice/named.toml
two_nodes $config "" 1s
status() { sluice status --config $config; }
by() { [[ $(curl -4 -sS --max-time 1 "http://$1/" 2>"$scratch/errors") == *"client $2"* ]]; }
both() { [[ $(status | grep -c 'relay[12] .* connected') == 2 ]]; }
start_daemon $config
wait_for 8000 is_connected >/dev/null || fail "not connected: $(status)"
wait_for 8000 both >/dev/null || fail "relay2 is not connected: $(status)"
contains "relay1 is in use" "tunnel  * relay1" "$(status)"
watch_outside "net 203.0.113.16/30 or host 203.0.113.14 or host 203.0.113.12 or host 10.64.2.1"
watch_links "net 203.0.113.16/30 or host 203.0.113.12 or host 10.64.2.1 or (udp port 53 and not dst host 10.64.1.1 and not src host 10.64.1.1)" wg1
by 203.0.113.14 203.0.113.130 || fail "a network without a name: $(cat "$scratch/errors")"
ok "a network without a name goes by relay1"
by 203.0.113.17 203.0.113.134 || fail "one that names relay2: $(cat "$scratch/errors")"
ok "one that names relay2 by that"
ask() { dig +time=2 +tries=1 +short "$@"; }
same "its name is asked at relay2" '"relay2"' "$(ask TXT named.corp.example)"
same "another name at relay1" '"relay1"' "$(ask TXT other.corp.example)"
same "with the address that relay2 knows" 203.0.113.12 "$(ask named.corp.example)"
by named.corp.example 203.0.113.134 || fail "its name does not go by relay2: $(cat "$scratch/errors")"
ok "and goes by that"
contains "why says so" "in the tunnel 'relay2'" "$(sluice why named.corp.example --config $config)"
contains "for its address, too" "go in the tunnel 'relay2'" "$(sluice why 203.0.113.12 --config $config)"
same "its address stands in that one's set" 1 "$(nft list set inet sluice named4_1 | grep -c '203.0.113.12')"
nft flush set inet sluice named4_1
stands() { nft list set inet sluice named4_1 | grep -q '203.0.113.12'; }
wait_for 3000 stands >/dev/null || fail "the set is not filled again"
ok "and is written again after a flush"

python3 "$hostile/flows.py" "$scratch/stop" 6 6 203.0.113.17 203.0.113.14 >"$scratch/flows" 2>&1 &
flowing=$!
wait_for 10000 grep -q ready "$scratch/flows" >/dev/null || fail "no flows: $(cat "$scratch/flows")"
ip link set wg2 down
refused() { curl -4 -sS -o /dev/null --max-time 2 http://203.0.113.17/ 2>"$scratch/errors" && return 1; grep -q 'Failed to connect\|refused\|route' "$scratch/errors"; }
wait_for 2000 refused >/dev/null || fail "not refused: $(cat "$scratch/errors")"
at_most "refused at once, in milliseconds" 500 "$(milliseconds refused)"
contains "its name is refused while relay2 is down" "status: SERVFAIL" "$(dig +time=2 +tries=1 named.corp.example)"
contains "by that tunnel's state" "tunnel relay2 " "$(dig +time=2 +tries=1 named.corp.example)"
by 203.0.113.12 . && fail "its address goes by another tunnel"
ok "its address is refused, too"
same "other names are asked" '"relay1"' "$(ask TXT more.corp.example)"
by 203.0.113.14 203.0.113.130 || fail "relay1 does not carry on"
ok "relay1 carries on"
sleep 2
ip link set wg2 up
again() { by 203.0.113.17 203.0.113.134; }
time=$(wait_for 10000 again) || fail "not by relay2 again: $(status)"
ok "by relay2 again, after $time ms"
named_again() { by named.corp.example 203.0.113.134; }
time=$(wait_for 10000 named_again) || fail "its name not by relay2 again: $(status)"
ok "its name, too, after $time ms"
touch "$scratch/stop"
wait $flowing
same "flows by relay1: changed or ended" "" "$(grep ' 203.0.113.130 ' "$scratch/flows" | grep -v ' 0 alive ')"
same "busy flows by relay2: not ended, or changed" "" "$(grep '^busy 203.0.113.134 ' "$scratch/flows" | grep -v ' 0 E[A-Z]* ')"
((3 <= $(grep -c '^busy 203.0.113.134 ' "$scratch/flows"))) || fail "too few flows: $(cat "$scratch/flows")"
ip link delete wg1
now_relay2() { status | grep -q 'tunnel  \* relay2'; }
wait_for 3000 now_relay2 >/dev/null || fail "relay2 is not in use: $(status)"
by 203.0.113.17 203.0.113.134 || fail "no more by relay2"
ok "still by relay2 when that is in use"
same "and its name is asked there" '"relay2"' "$(ask TXT last.named.corp.example)"
by named.corp.example 203.0.113.134 || fail "its name no more by relay2"
ok "its address, too"
stop_watching
for link in eth0 lan0 wg1; do same "on $link" 0 "$(packets_on $link)"; done
stop_daemon
