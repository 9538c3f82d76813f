# SPDX-License-Identifier: MIT
# Five per cent of all packets lost each way and round trips that vary by 50 ms to either side: no node is changed for it, under load. Then 300 ms
# more at the node in use: another is used within 3 intervals × failures; and, when it has been well again for a while, that one again, once.
# SLUICE_CALM: seconds of the first part (20).
. "$(dirname "$0")/claims.sh"

config=/etc/sluice/nodes.toml
two_nodes $config
start_wire relay1 203.0.113.130 51821
start_wire relay2 203.0.113.134 51822
set_wires() { local wire; for wire in relay1 relay2; do printf '%s\n' "$@" >"$scratch/wire-$wire"; done; }
set_wires 'delay 60' 'jitter 50'
start_connected
wait_for 10000 all_well >/dev/null || fail "not both are well: $(nodes)"
wait_for 5000 uses relay1 >/dev/null || fail "the first in order is not used: $(nodes)"
dig +short git.corp.example >/dev/null
"$SLUICE_PROBE" through 100 10 corp.example 203.0.113.11:80 >"$scratch/through" &
through=$!
set_wires 'loss 5'
before=$(changes)
sleep "${SLUICE_CALM:-20}"
echo "# $(nodes | paste -sd' ' -)"
same "changes without cause in ${SLUICE_CALM:-20} s" 0 $(($(changes) - before))
same "and the first is still used" relay1 "$(in_use)"
lost=$(sluice tunnels --json --config $config | python3 -c 'import json, sys; print(round(100 * json.load(sys.stdin)["tunnels"][0]["loss"]))')
((lost > 0)) || fail "the wire loses nothing: $lost"
ok "of a hundred probes $lost were lost"

set_wires 'loss 0' 'jitter 0' 'delay 10'
sleep 3
before=$(changes)
echo 'delay 310' >"$scratch/wire-relay1"
time=$(wait_for 5000 uses relay2) || fail "the slow node is still used: $(nodes)"
at_most "another node is used after milliseconds" 900 "$time"
sleep 5
contains "the first is slow" "relay1 slow" "$(nodes)"
echo 'delay 10' >"$scratch/wire-relay1"
time=$(wait_for 15000 uses relay1) || fail "the first is not used again: $(nodes)"
ok "used again after $time ms"
sleep 5
same "changes in all: there and back" 2 $(($(changes) - before))
kill $through
stop_daemon

echo "# by latency"
two_nodes $config 'select = "latency"'
echo 'delay 60' >"$scratch/wire-relay1"
echo 'delay 10' >"$scratch/wire-relay2"
start_connected
wait_for 10000 all_well >/dev/null || fail "not both are well: $(nodes)"
time=$(wait_for 10000 uses relay2) || fail "the fastest is not used: $(nodes)"
ok "the fastest is used after $time ms"
echo 'delay 10' >"$scratch/wire-relay1"
echo 'delay 60' >"$scratch/wire-relay2"
time=$(wait_for 20000 uses relay1) || fail "the fastest now is not used: $(nodes)"
ok "the one that has become it after $time ms"
contains "which is why" " s: the fastest" "$(sluice tunnels --config $config)"
stop_daemon

echo "# spread"
two_nodes $config 'select = "balance"'
echo 'delay 10' >"$scratch/wire-relay2"
start_connected
places() { nft list map inet sluice balance4 | grep -o "goto to_node$1" | wc -l; }
both() { [[ $(places 0) == 120 && $(places 1) == 120 ]]; }
wait_for 15000 both >/dev/null || fail "not by both: $(nodes; places 0)"
ok "by both"
echo 'delay 310' >"$scratch/wire-relay1"
other() { [[ $(places 0) == 0 && $(places 1) == 240 ]]; }
time=$(wait_for 10000 other) || fail "new flows still begin on the slow one: $(nodes; places 0)"
ok "new flows begin on no slow one after $time ms"
kill $(cat "$scratch/wires")
stop_daemon
