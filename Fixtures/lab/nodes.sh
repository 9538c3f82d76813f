# SPDX-License-Identifier: MIT
# The node in use dies, under load: its link is cut, its process is killed, what it sends is dropped, or its resolver says nothing more while the
# tunnel lives. How long until the first answer and the first new connection by the other; and nothing goes anywhere else.
# SLUICE_BLACKOUTS: how often of each kind (3); SLUICE_FAULTS: of which kinds; SLUICE_MEDIAN, SLUICE_P99: milliseconds that are allowed (2000: figures are
# for Packaging/bench/nodes); SLUICE_REFUSED: lookups that may be refused in all (20).
. "$(dirname "$0")/claims.sh"

rounds=${SLUICE_BLACKOUTS:-3}
read -ra faults <<<"${SLUICE_FAULTS:-link killed oneway resolver}"
config=/etc/sluice/nodes.toml
two_nodes $config
# The address that a relay's resolver answers with, and the one that web servers see.
declare -A answers=([relay1]=203.0.113.11 [relay2]=203.0.113.12) clients=([relay1]=203.0.113.130 [relay2]=203.0.113.134)
declare -A devices=([relay1]=wg1 [relay2]=wg2)
pid_of() { pgrep -f "^(/[a-z/]*)?wireguard-go wgr${1#relay}\$" | head -1; }

fault() { # KIND RELAY
    case $1 in
        link) ip -n inet link set "$2" down ;;
        killed) kill -9 "$(pid_of "$2")" ;;
        oneway) ip netns exec inet nft -f - <<<"table inet cut { chain forward { type filter hook forward priority 0; iifname \"$2\" drop; }; }" ;;
        resolver) ip netns exec "$2" nft -f - <<<"table inet mute { chain input { type filter hook input priority 0; meta l4proto { tcp, udp } th dport 53 drop; }; }" ;;
    esac
}
repair() { # KIND RELAY
    case $1 in
        link)
            ip -n inet link set "$2" up
            case $2 in relay1) ip -n inet address add 2001:db8:130::1/64 dev relay1 ;; relay2) ip -n inet address add 2001:db8:134::1/64 dev relay2 ;; esac ;;
        killed)
            local number=${2#relay}
            ip netns exec "$2" unshare --mount sh -c "mount -t tmpfs tmpfs /run/wireguard && wireguard-go wgr$number &&
                wg setconf wgr$number /run/lab/wgr$number.conf &&
                wg set wgr$number peer $(wg show "${devices[$2]}" public-key) persistent-keepalive 1 endpoint 198.51.100.10:$(wg show "${devices[$2]}" listen-port)" >/dev/null 2>&1
            ip -n "$2" address add "10.64.$number.1/24" dev "wgr$number"
            [[ $2 == relay1 ]] && ip -n "$2" address add fd64:1::1/64 dev wgr1
            ip -n "$2" link set "wgr$number" up ;;
        oneway) ip netns exec inet nft delete table inet cut ;;
        resolver) ip netns exec "$2" nft delete table inet mute ;;
    esac 2>/dev/null
}
# Milliseconds from $1 to the first line `WORD TIME WHO` behind it.
first() { awk -v since="$1" -v word="$2" -v who="$3" '$1 == word && $2 >= since && $3 == who { print $2 - since; exit }' "$scratch/through"; }
both() { [[ -n $(first "$began" answer "${answers[$other]}") && -n $(first "$began" connect "${clients[$other]}") ]]; }

eyes_are_open
start_connected
wait_for 5000 all_well >/dev/null || fail "not both are well: $(nodes)"
dig +short git.corp.example >/dev/null
dig +short www.corp.example >/dev/null
same "the first in order is used" relay1 "$(in_use)"
watch_outside "$steered or port 53 or port 853"
sluice monitor --config $config >"$scratch/monitor" &
monitor=$!
figures() { sluice tunnels --json --config $config | python3 -c '
import json, sys
for t in json.load(sys.stdin)["tunnels"]:
    known = t["latency"] <= t["p99"] and 0 <= t["loss"] <= 1 and t["handshake"] >= 0 and min(t["received"], t["sent"]) > 0 and t["since"] is not None
    why = (t["chosen"] is not None) == t["in_use"]
    print(t["name"], "known" if known else t, "told" if why else t)'; }
tested() { sluice tunnels test --config $config; }
contains "a test of both: ten probes each" "relay1      wg1       10 of 10 answered" "$(tested)"
contains "and the other" "relay2      wg2       10 of 10 answered" "$(tested)"

# What goes through the node in use ends with it, at once, so that programs begin anew.
python3 "$hostile/flows.py" "$scratch/stop" 10 10 203.0.113.11 >"$scratch/flows" 2>&1 &
flowing=$!
wait_for 10000 grep -q ready "$scratch/flows" >/dev/null || fail "no flows: $(cat "$scratch/flows")"
began=$(now)
fault link relay1
wait_for 5000 uses relay2 >/dev/null || fail "relay2 is not used: $(nodes)"
sleep 1
touch "$scratch/stop"
wait $flowing
same "its flows end" "20" "$(grep -c "^[bi][a-z]* ${clients[relay1]} 0 E[A-Z]* " "$scratch/flows")"
at_most "the last after milliseconds" "${SLUICE_P99:-2000}" "$(awk -v since="$began" '/^busy|^idle/ { if ($5 - since > last) last = $5 - since } END { print last }' "$scratch/flows")"
tested >"$scratch/test"
same "a test finds the dead one: exit code" 2 $?
contains "and says so" "0 of 10 answered" "$(cat "$scratch/test")"
contains "why the other is used" " s: relay1 did not carry" "$(sluice tunnels --config $config)"
repair link relay1

"$SLUICE_PROBE" through 100 10 corp.example 203.0.113.11:80 >"$scratch/through" &
through=$!
for kind in "${faults[@]}"; do
    for ((round = 1; round <= rounds; round++)); do
        wait_for 40000 all_well >/dev/null || fail "$kind, round $round: not both are well again: $(nodes)"
        sleep "0.$(printf %03d $((RANDOM % 300)))"
        used=$(in_use)
        case $used in relay1) other=relay2 ;; relay2) other=relay1 ;; *) fail "none is in use" ;; esac
        began=$(now)
        fault "$kind" "$used"
        wait_for 8000 both >/dev/null || fail "$kind, round $round: not through $other after 8 s: $(nodes; tail -5 "$scratch/through")"
        echo "$kind $(first "$began" answer "${answers[$other]}") $(first "$began" connect "${clients[$other]}")" >>"$scratch/blackouts"
        repair "$kind" "$used"
        echo "$began $(now) $kind" >>"$scratch/faults"
    done
done
at_most "lookups that were refused" "${SLUICE_REFUSED:-20}" "$(grep -c ^rcode "$scratch/through")"
same "all that is known of the nodes is told" "relay1 known told relay2 known told" "$(figures | flat)"
kill $through $monitor
wait $through $monitor 2>/dev/null
same "the monitor tells how each was at its beginning" 2 "$(head -3 "$scratch/monitor" | grep -c ' node .*relay[12] alive, .* ms, p99 .* ms, loss .* %; .* in, .* out')"
contains "and of a dead one" "node        relay1 dead, " "$(cat "$scratch/monitor")"
middle() { sort -n | awk -v p="$1" '{ a[NR] = $1 } END { i = int((NR * p + 99) / 100); print a[i < 1 ? 1 : i] }'; }
for kind in "${faults[@]}"; do
    for column in 2 3; do
        what=$([[ $column == 2 ]] && echo "the first answer" || echo "the first connection")
        of() { awk -v k="$kind" -v c=$column '$1 == k { print $c }' "$scratch/blackouts"; }
        echo "# $kind, $what after milliseconds: $(of | sort -n | paste -sd' ' -)"
        at_most "$kind, $rounds times, $what: median" "${SLUICE_MEDIAN:-2000}" "$(of | middle 50)"
        at_most "$kind: p99" "${SLUICE_P99:-2000}" "$(of | middle 99)"
    done
done
nothing_steered_outside
stop_daemon
