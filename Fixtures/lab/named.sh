# SPDX-License-Identifier: MIT
# A network whose rule names a tunnel goes by that tunnel, also while another is in use, and by no other: while it is down, nowhere. Names of such
# a rule are refused while another is in use.
. "$(dirname "$0")/claims.sh"

cat >/etc/sluice/rules.d/named.rules <<'RULES'
tunnel:relay2 203.0.113.16/30
tunnel:relay2 named.corp.example
tunnel 203.0.113.14/32
RULES
config=/etc/sluice/named.toml
cat >$config <<'TOML'
[dns]
system_servers = ["198.51.100.53", "192.168.77.1"]
[[tunnel]]
name = "relay1"
config = "/etc/wireguard/wg1.conf"
[[tunnel]]
name = "relay2"
config = "/etc/wireguard/wg2.conf"
[rules]
files = ["/etc/sluice/rules.d/*.rules"]
TOML
status() { sluice status --config $config; }
by() { [[ $(curl -4 -sS --max-time 1 "http://$1/" 2>"$scratch/errors") == *"client $2"* ]]; }
both() { [[ $(status | grep -c 'relay[12] .* connected') == 2 ]]; }
start_daemon $config
wait_for 8000 is_connected >/dev/null || fail "not connected: $(status)"
wait_for 8000 both >/dev/null || fail "relay2 is not connected: $(status)"
contains "relay1 is in use" "tunnel  * relay1" "$(status)"
watch_outside "net 203.0.113.16/30 or host 203.0.113.14"
watch_links "net 203.0.113.16/30" wg1
by 203.0.113.14 203.0.113.130 || fail "a network without a name: $(cat "$scratch/errors")"
ok "a network without a name goes by relay1"
by 203.0.113.17 203.0.113.134 || fail "one that names relay2: $(cat "$scratch/errors")"
ok "one that names relay2 by that"
contains "its name is refused while relay1 is in use" "status: SERVFAIL" "$(dig +time=2 +tries=1 named.corp.example)"

python3 "$hostile/flows.py" "$scratch/stop" 6 6 203.0.113.17 203.0.113.14 >"$scratch/flows" 2>&1 &
flowing=$!
wait_for 10000 grep -q ready "$scratch/flows" >/dev/null || fail "no flows: $(cat "$scratch/flows")"
ip link set wg2 down
refused() { curl -4 -sS -o /dev/null --max-time 2 http://203.0.113.17/ 2>"$scratch/errors" && return 1; grep -q 'Failed to connect\|refused\|route' "$scratch/errors"; }
wait_for 2000 refused >/dev/null || fail "not refused: $(cat "$scratch/errors")"
at_most "refused at once, in milliseconds" 500 "$(milliseconds refused)"
by 203.0.113.14 203.0.113.130 || fail "relay1 does not carry on"
ok "relay1 carries on"
sleep 2
ip link set wg2 up
again() { by 203.0.113.17 203.0.113.134; }
time=$(wait_for 10000 again) || fail "not by relay2 again: $(status)"
ok "by relay2 again, after $time ms"
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
named_answers() { [[ $(dig +time=2 +tries=1 named.corp.example) != *"status: SERVFAIL"* ]]; }
wait_for 3000 named_answers >/dev/null || fail "its name is not asked: $(dig named.corp.example)"
ok "and its name is looked up"
stop_watching
for link in eth0 lan0 wg1; do same "on $link" 0 "$(packets_on $link)"; done
stop_daemon
