# SPDX-License-Identifier: MIT
# From what the kernel tells of a lost tunnel to its own rules refusing it: at most a millisecond, also beside somebody's set of 100,000 intervals.
. "$(dirname "$0")/claims.sh"

one_tunnel /etc/sluice/sluice.toml
open() { [[ $(nft list map inet sluice tunnel_enter 2>/dev/null) == *ipv4* ]]; }
# Each transition's microseconds, sorted, in $scratch/times.
measure() { # TIMES COMMAND…
    local count=$1 round probe
    shift
    : >"$scratch/times"
    for ((round = 0; round < count; round++)); do
        wait_for 8000 open >/dev/null || fail "the tunnel does not open: $(sluice status)"
        sleep 0.3 # for what follows from opening
        chrt -f 1 "$SLUICE_PROBE" transition >"$scratch/transition" &
        probe=$!
        wait_for 2000 grep -q ready "$scratch/transition" >/dev/null || fail "no probe"
        sleep 0.05
        "$@"
        wait $probe || fail "$(cat "$scratch/transition")"
        sed -n 's/^ok \([0-9]\)/\1/p' "$scratch/transition" >>"$scratch/times"
        [[ $* != *down* ]] || ip link set wg1 up
    done
    sort -n -o "$scratch/times" "$scratch/times"
}
# Of three series one must hold: the lab's own WireGuard, in user space, has to end with its device on the same processors.
takes_a_millisecond() { # WHAT TIMES COMMAND…
    local what=$1 try count median
    shift
    for try in 1 2 3; do
        measure "$@"
        count=$(wc -l <"$scratch/times")
        ((count >= 3)) || fail "$what: only $count transitions were seen"
        median=$(sed -n "$(((count + 1) / 2))p" "$scratch/times")
        echo "# $what: $(tr '\n' ' ' <"$scratch/times")microseconds, load $(cut -d' ' -f1 /proc/loadavg)"
        ((median > 1000)) || break
    done
    at_most "$what: median of $count in microseconds, of which 1000 are the goal" 5000 "$median"
}

# Before other programs: what else runs on this machine is not what is measured.
chrt -f 2 sluice run >"$scratch/daemon.log" 2>&1 &
daemon=$!
takes_a_millisecond "link down" 20 ip link set wg1 down
takes_a_millisecond "device deleted" 5 ip link delete wg1
start_load 50
takes_a_millisecond "link down under load" 10 ip link set wg1 down
stop_load

# Somebody else's list of a hundred thousand networks.
tables() { sluice status --json | field table; }
repaired=$(tables)
awk 'BEGIN {
    print "table inet foreign {\n set many {\n type ipv4_addr\n flags interval\n elements = {"
    for (i = 0; i < 100000; i++) printf "%d.%d.%d.%d/30%s\n", 60 + i / 16384 / 256, i / 16384 % 256, i / 64 % 256, i % 64 * 4, i < 99999 ? "," : ""
    print "}\n}\n}" }' >"$scratch/foreign.nft"
nft -f "$scratch/foreign.nft" || fail "the foreign set cannot be loaded"
same "intervals in the foreign set" 100000 "$(nft list set inet foreign many | tr ',' '\n' | grep -c /30)"
takes_a_millisecond "beside 100,000 foreign intervals" 20 ip link set wg1 down
contains "new names are steered there too" "ok 500 answers" "$("$SLUICE_PROBE" order 500)"
nft flush set inet foreign many
nft delete table inet foreign
sleep 0.5
at_most "times that our table was built again for what others did to theirs" 1 $(($(tables) - repaired))
stop_daemon
