# SPDX-License-Identifier: MIT
# The only tunnel dies after much went through it: it is dead at once, and stays so whatever its counters had come to; its names are refused, nothing
# goes elsewhere. Its relay is back, and so is it.
. "$(dirname "$0")/claims.sh"

begin '' '[health]
interval = "100ms"'
dig +short git.corp.example >/dev/null
"$SLUICE_PROBE" through 100 10 corp.example 203.0.113.11:80 >"$scratch/through" &
through=$!
wait_for 5000 grep -q ^connect "$scratch/through" >/dev/null || fail "nothing goes through"
sleep 2
watch_outside "$steered or port 53 or port 853"
is_dead() { [[ $(state --config $config) == error ]]; }
ip -n inet link set relay1 down
time=$(wait_for 3000 is_dead) || fail "it is not dead: $(sluice tunnels --config $config)"
at_most "dead after milliseconds" 1000 "$time"
kill $through
wait $through 2>/dev/null
# `wg` is asked every half minute while a tunnel is well, and sooner when it is not.
for ((second = 0; second < 36; second++)); do
    is_dead || fail "alive again after $second s: $(sluice tunnels --config $config; tail -3 "$scratch/daemon.log")"
    sleep 1
done
same "times it was taken for alive" 0 "$(grep -c 'error → connected' "$scratch/daemon.log")"
contains "its names are refused" "EDE: 22" "$(dig +tries=1 +time=2 refused.corp.example)"
echo "$(now) $(now) dead" >"$scratch/faults"
nothing_steered_outside
ip -n inet link set relay1 up
ip -n inet address add 2001:db8:130::1/64 dev relay1 2>/dev/null
time=$(wait_for 15000 is_connected) || fail "not connected again: $(sluice tunnels --config $config)"
ok "connected again after $time ms"
stop_daemon

echo "# both of two"
config=/etc/sluice/two.toml
two_nodes $config
start_connected
wait_for 10000 all_well >/dev/null || fail "not both are well: $(nodes)"
watch_outside "$steered or port 53 or port 853"
began=$(now)
for relay in relay1 relay2; do ip -n inet link set $relay down; done
time=$(wait_for 3000 is_dead) || fail "they are not dead: $(nodes)"
at_most "both dead after milliseconds" 1000 "$time"
contains "their names are refused" "EDE: 22" "$(dig +tries=1 +time=2 refused.corp.example)"
curl -4 -sS -o /dev/null --max-time 1 http://203.0.113.11/ 2>/dev/null && fail "their addresses are reached"
ok "their addresses too"
sleep 10
echo "$began $(now) dead" >"$scratch/faults"
nothing_steered_outside
ip -n inet link set relay2 up
ip -n inet address add 2001:db8:134::1/64 dev relay2 2>/dev/null
time=$(wait_for 15000 is_connected) || fail "not connected: $(nodes)"
uses relay2 || fail "the second is not used: $(nodes)"
ok "by the second again after $time ms"
stop_daemon
