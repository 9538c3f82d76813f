# SPDX-License-Identifier: MIT
# select = "balance": new flows are spread over both relays by weight, 2 to 1, and none changes its relay. One relay falls silent: exactly its
# flows end, and all go by the other; it is back: they are spread again. IPv6 goes by the one that has it. Nothing leaves outside.
. "$(dirname "$0")/claims.sh"

cat >/etc/sluice/rules.d/balance.rules <<'RULES'
tunnel 203.0.113.8/29
tunnel 203.0.113.16/30
tunnel 2001:db8:203::10/124
RULES
config=/etc/sluice/balance.toml
two_nodes $config 'select = "balance"' 200ms
sed -i '/wg1.conf/a weight = 2' $config
web=(203.0.113.{10..19})
first=203.0.113.130
second=203.0.113.134
places() { nft list map inet sluice balance4 | grep -o "goto to_node$1" | wc -l; }
both() { (($(places 1) > 0)); }
one() { (($(places 1) == 0 && $(places 0) == 240)); }
# How many of so many flows, each from a port of its own, came by each relay.
calls() { # COUNT URL
    curl -sS -Z --parallel-max 20 --max-time 20 -H 'Connection: close' "$2?[1-$1]" 2>"$scratch/errors" | sed -n 's/.*client //p' | sort | uniq -c \
        >"$scratch/calls"
}
came_by() { awk -v relay="$1" '$2 == relay { print $1; found = 1 } END { if (!found) print 0 }' "$scratch/calls"; }
flows() { awk -v relay="$2" -v kind="$1" '$1 == kind && $2 == relay' "$scratch/$3"; } # KIND RELAY FILE
# Few: the lab's web server has 256 connections, and closes idle ones when they are gone.
start_flows() { # FILE
    python3 "$hostile/flows.py" "$scratch/stop" 40 20 "${web[@]}" >"$scratch/$1" 2>&1 &
    flowing+=($!)
    wait_for 20000 grep -q ready "$scratch/$1" >/dev/null || fail "no flows: $(cat "$scratch/$1")"
}
flowing=()

start_daemon $config
wait_for 8000 is_connected >/dev/null || fail "not connected: $(sluice status --config $config)"
wait_for 8000 both >/dev/null || fail "relay2 is not used: $(nft list map inet sluice balance4)"
watch_outside "net 203.0.113.8/29 or net 203.0.113.16/30 or net 2001:db8:203::10/124"
same "places of relay1" 160 "$(places 0)"
same "places of relay2" 80 "$(places 1)"

# Chance alone moves a thousand by 15, five thousand by 33 (standard deviations): 5 % of what is due are 167 of these.
shares=()
for batch in 1 2 3 4 5; do
    calls 100 "http://203.0.113.[10-19]/"
    same "a thousand flows arrive" 1000 "$(($(came_by $first) + $(came_by $second)))"
    shares+=("$(came_by $first)")
done
all=$((${shares[*]/%/+}0))
echo "# of each thousand by relay1, 667 due: ${shares[*]}"
at_most "from the 3333 of 5000 that are due to relay1" 166 $((all > 3333 ? all - 3333 : 3333 - all))
calls 40 "http://[2001:db8:203::10]/"
same "IPv6 only by the relay that has it" "40 2001:db8:130::2" "$(awk '{ print $1, $2 }' "$scratch/calls")"

start_flows former
sleep 2
# Silent from here on: no handshake, no answer, the device still up.
wg showconf wg2 >"$scratch/wg2.conf"
wg set wg2 peer "$(wg show wg2 peers)" remove
time=$(wait_for 40000 one) || fail "relay2 is not seen dead: $(sluice status --config $config)"
echo "# relay2 seen dead after $time ms"
sleep 2
calls 10 "http://203.0.113.[10-19]/"
same "new flows all by relay1" "100 0" "$(came_by $first) $(came_by $second)$(grep '^curl:' "$scratch/errors" | head -3)"
start_flows between
wg setconf wg2 "$scratch/wg2.conf"
wait_for 10000 both >/dev/null || fail "relay2 is not used again: $(sluice status --config $config)"
calls 30 "http://203.0.113.[10-19]/"
echo "# after its return: $(came_by $first) by relay1, $(came_by $second) by relay2"
((60 <= $(came_by $second) && $(came_by $second) <= 140)) || fail "not spread again: $(cat "$scratch/calls")"
ok "spread again after its return"
sleep 2
touch "$scratch/stop"
wait "${flowing[@]}"
stop_watching
for kind in busy idle; do
    ((5 <= $(flows $kind $first former | wc -l) && 2 <= $(flows $kind $second former | wc -l))) || fail "too few: $(cat "$scratch/former")"
    same "$kind flows of relay1: changed or ended" "" "$(flows $kind $first former | grep -v ' 0 alive ')"
    same "$kind flows of relay2: not ended, or changed" "" "$(flows $kind $second former | grep -v ' 0 E[A-Z]* ')"
    same "$kind flows begun without relay2: all by relay1, to the end" "" "$(grep "^$kind" "$scratch/between" | grep -v "^$kind $first 0 alive ")"
done
echo "# ended: $(awk '/ E[A-Z]* / { print $1, $4 }' "$scratch/former" | sort | uniq -c | flat)"
for link in eth0 lan0; do same "steered packets on $link" 0 "$(packets_on $link)"; done
stop_daemon
