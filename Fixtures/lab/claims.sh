# SPDX-License-Identifier: MIT
# What the lab's tests share. A test is a script that makes claims on the lab's host; the first false one ends it with 1.

[[ ${SLUICE_LAB:-} == 1 ]] || { echo "run it in the lab: sluice lab -- bash $0" >&2; exit 64; }
set -u
scratch=$(mktemp -d -p /run)
claims=0

ok() { claims=$((claims + 1)); echo "ok $1"; }
fail() { echo "FAILED: $1"; [[ -f $scratch/daemon.log ]] && tail -20 "$scratch/daemon.log"; exit 1; }
same() { if [[ $2 == "$3" ]]; then ok "$1"; else fail "$1: expected '$2', found '$3'"; fi; }
contains() { if [[ $3 == *"$2"* ]]; then ok "$1"; else fail "$1: expected '$2' in '$3'"; fi; }
at_most() { if (($3 <= $2)); then ok "$1: $3 (at most $2)"; else fail "$1: $3 is more than $2"; fi; }
# Prints the milliseconds a command takes; its output goes to $scratch/output.
milliseconds() {
    local start end
    start=$(date +%s%N)
    "$@" >"$scratch/output" 2>&1
    end=$(date +%s%N)
    echo $(((end - start) / 1000000))
}
# Waits until a command succeeds; prints the milliseconds, fails after the limit.
wait_for() { # LIMIT COMMAND…
    local limit=$1 start now
    shift
    start=$(date +%s%N)
    until "$@" >/dev/null 2>&1; do
        now=$(date +%s%N)
        (((now - start) / 1000000 > limit)) && return 1
        sleep 0.02
    done
    now=$(date +%s%N)
    echo $(((now - start) / 1000000))
}
# Packets on these links, in $scratch/seen-LINK; at once, since tcpdump otherwise holds them for a second and loses them when it is ended.
watch_links() { # FILTER LINK…
    local filter=$1 link
    shift
    for link; do
        rm -f "$scratch/tcpdump-$link"
        tcpdump --immediate-mode -i "$link" -nn -U -w "$scratch/seen-$link" "$filter" 2>"$scratch/tcpdump-$link" &
        echo $! >>"$scratch/watchers"
        wait_for 5000 grep -qs listening "$scratch/tcpdump-$link" >/dev/null || fail "tcpdump: $(cat "$scratch/tcpdump-$link")"
    done
}
stop_watching() { sleep 0.3; kill $(cat "$scratch/watchers") 2>/dev/null; rm -f "$scratch/watchers"; sleep 0.2; }
packets_on() { tcpdump -nn -r "$scratch/seen-$1" 2>/dev/null | wc -l; }
bytes_seen() { grep -c -a -i -F "$2" "$scratch/seen-$1"; } # LINK TEXT: how many lines of the capture hold it
random() { od -An -N5 -tx1 /dev/urandom | tr -d ' \n'; }
flat() { paste -sd' ' - | tr -s ' '; } # what is wrapped on 80 columns, in one line
state() { sluice status "$@" | sed -n '1s/^sluice  \([a-z]*\).*/\1/p'; }
now() { date +%s%3N; } # milliseconds since 1970

# For an unbound of a test's own: it keeps to $scratch, and ends with its script.
unbound_of_ours() {
    printf '    %s\n' 'do-daemonize: no' 'chroot: ""' 'username: ""' 'pidfile: ""' "directory: \"$scratch\"" 'use-syslog: no' 'module-config: "iterator"'
}

# Where the lab's tunnel addresses are, as a filter of tcpdump: none of these has anything to do on another link.
steered="host 203.0.113.11 or host 203.0.113.12 or net 10.20.0.0/16 or net 10.64.0.0/16 or net 198.18.0.0/15"
steered+=" or host 2001:db8:203::11 or host 2001:db8:203::12 or net fd64::/16"
# What a load asks for: two of them only the first relay reaches.
loaded=(corp.example 203.0.113.11:80 '[2001:db8:203::11]:80' 10.20.0.5:80)

# What this machine sends by eth0 and lan0, seen from their other ends, which stay up whatever becomes of ours: in $scratch/seen-eth0 and
# seen-lan0.
watch_outside() { # FILTER
    local place link
    for place in inet/host/eth0 lan/lan0/lan0; do
        link=${place##*/}
        rm -f "$scratch/tcpdump-$link"
        ip netns exec "${place%%/*}" tcpdump --immediate-mode -B 8192 -Q in -i "$(cut -d/ -f2 <<<"$place")" -nn -U -w "$scratch/seen-$link" \
            "$1" 2>"$scratch/tcpdump-$link" &
        echo $! >>"$scratch/watchers"
        wait_for 5000 grep -qs listening "$scratch/tcpdump-$link" >/dev/null || fail "tcpdump: $(cat "$scratch/tcpdump-$link")"
    done
}
# An eye that sees nothing proves nothing: one datagram to such an address, from a machine without sluice, is seen on each link.
eyes_are_open() {
    watch_outside "${1:-$steered}"
    ip route add 10.20.0.0/16 via 192.168.77.1 dev lan0
    "$SLUICE_PROBE" datagram 0.0.0.0:40000 203.0.113.11:9 EYES >/dev/null
    "$SLUICE_PROBE" datagram 0.0.0.0:40000 10.20.0.5:9 EYES >/dev/null
    ip route del 10.20.0.0/16 via 192.168.77.1 dev lan0
    stop_watching
    for link in eth0 lan0; do ((0 < $(bytes_seen $link EYES))) || fail "the eye on $link is blind"; done
    ok "the eyes on eth0 and lan0 see"
}
nothing_outside() { # WHAT
    local link
    for link in eth0 lan0; do
        grep -q '^0 packets dropped by kernel' "$scratch/tcpdump-$link" || fail "packets on $link were missed: $(cat "$scratch/tcpdump-$link")"
        same "$1: packets on $link" "" "$(tcpdump -nn -r "$scratch/seen-$link" 2>/dev/null | head -5)"
    done
}

nothing_steered_outside() { # ends a watch: no packet for a tunnel's address and no tunnel name on another link
    local link
    stop_watching
    for link in eth0 lan0; do
        same "tunnel addresses on $link: packets" "" "$(packets_by_kind $link "$steered")"
        same "tunnel names on $link: lines of the capture" 0 "$(bytes_seen $link corp)"
        same "missed by the eye on $link" "0 packets dropped by kernel" "$(grep 'dropped by kernel' "$scratch/tcpdump-$link")"
    done
}

# Questions and connections at a steady rate; $scratch/load tells their outcome and when nothing got through.
start_load() { # [RATE]
    "$SLUICE_PROBE" load 3600 "${1:-100}" "${1:-100}" "${loaded[@]}" >"$scratch/load" &
    load=$!
    wait_for 2000 grep -q '^load' "$scratch/load" >/dev/null || fail "no load"
}
stop_load() {
    kill -TERM $load
    wait $load
    load=
    sed 's/^/# /' <<<"$(grep '^total\|^ok' "$scratch/load")"
}
# What was done stands in $scratch/faults: BEGAN REPAIRED KIND, in order. Per kind: how often, and how many milliseconds after the repair a
# service that had a gap was back at the latest; `unexpected` for gaps that began before their fault.
gaps_by_kind() {
    awk 'NR == FNR { began[NR] = $1; repaired[NR] = $2; kind[NR] = $3; times[$3]++; worst[$3] += 0; n = NR; next }
        $1 == "gap" {
            for (i = n; i > 0 && began[i] - 100 > $3; i--);
            at = i ? kind[i] : "unexpected"; late = i ? $4 - repaired[i] : $5; times[at] += !i
            if (late > worst[at]) worst[at] = late
        }
        END { for (at in times) print at, times[at], worst[at] }' "$scratch/faults" "$scratch/load" | sort
}
# Packets of a capture, counted by the kind of the fault before them, and the first three.
packets_by_kind() { # LINK FILTER
    tcpdump -tt -nn -r "$scratch/seen-$1" "$2" 2>/dev/null >"$scratch/packets"
    awk 'NR == FNR { began[NR] = $1; kind[NR] = $3; n = NR; next }
        { for (i = n; i > 0 && began[i] > $1 * 1000; i--); count[i ? kind[i] : "before"]++ }
        END { for (at in count) print at, count[at] }' "$scratch/faults" "$scratch/packets"
    head -3 "$scratch/packets"
}
# A configuration with one tunnel alone.
one_tunnel() { # FILE [LINES UNDER DNS] [OTHER SECTIONS]
    cat >"$1" <<TOML
[dns]
system_servers = ["198.51.100.53", "192.168.77.1"]
${2:-}
[[tunnel]]
name = "relay1"
config = "/etc/wireguard/wg1.conf"
[rules]
files = ["/etc/sluice/rules.d/*.rules"]
${3:-}
TOML
}
# The daemon with a configuration, in the background.
start_daemon() { # FILE
    sluice run --config "$1" >>"$scratch/daemon.log" 2>&1 &
    daemon=$!
}
stop_daemon() { kill "$daemon"; wait "$daemon"; }
# Upstreams that lie, loiter and cut, at port 5301; what they note is in $scratch/PLACE.
hostile=$(dirname "${BASH_SOURCE[0]}")/../hostile
upstreams=()
start_upstream() { # PLACE ADDRESS
    mkdir -p "$scratch/$1"
    ip netns exec "$1" python3 "$hostile/upstream.py" "$2" 5301 "$scratch/$1" >"$scratch/$1/log" 2>&1 &
    upstreams+=($!)
    wait_for 10000 grep -q ready "$scratch/$1/log" >/dev/null || fail "no upstream: $(cat "$scratch/$1/log")"
}
# One with one tunnel, connected.
begin() { # [LINES UNDER DNS] [OTHER SECTIONS]
    config=/etc/sluice/one.toml
    one_tunnel $config "${1:-}" "${2:-}"
    start_connected
}
start_connected() { # of $config
    start_daemon $config
    wait_for 8000 is_connected >/dev/null || fail "not connected: $(sluice status --config $config)"
}
is_connected() { [[ $(state --config $config) == connected ]]; }
field() { grep -o "\"$1\":[^,}]*" | head -1 | cut -d: -f2 | tr -d '"'; } # of JSON on standard input
repairs() { sluice status --json "$@" | field repairs; }

# Both relays as nodes, a tenth of a second between probes unless said otherwise.
two_nodes() { # FILE [LINES UNDER tunnels] [INTERVAL]
    cat >"$1" <<TOML
[dns]
system_servers = ["198.51.100.53", "192.168.77.1"]
[[tunnel]]
name = "relay1"
config = "/etc/wireguard/wg1.conf"
[[tunnel]]
name = "relay2"
config = "/etc/wireguard/wg2.conf"
[tunnels]
${2:-}
[health]
interval = "${3:-100ms}"
[rules]
files = ["/etc/sluice/rules.d/*.rules"]
TOML
}
# A line each: NAME CONDITION used|spare LATENCY.
nodes() { sluice tunnels --json --config "$config" | python3 -c '
import json, sys
for t in json.load(sys.stdin)["tunnels"]: print(t["name"], t["condition"], "used" if t["in_use"] else "spare", t["latency"])'; }
in_use() { nodes | awk '$3 == "used" { print $1 }'; }
all_well() { [[ $(nodes | awk '$2 == "alive"' | wc -l) == 2 ]]; }
uses() { [[ $(in_use) == "$1" ]]; }
# How often another node was used, so far: the daemon's log tells of each.
changes() { grep -c 'is in use' "$scratch/daemon.log"; }
# A wire between host and a relay that can be long and bad: `echo 'delay 300' >"$scratch/wire-relay1"`. Before the daemon is started.
start_wire() { # RELAY ADDRESS PORT
    mkfifo "$scratch/wire-$1"
    ip netns exec inet python3 "$hostile/wire.py" "$3" "$2" 51820 "$scratch/wire-$1" >"$scratch/wire-$1.log" 2>&1 &
    echo $! >>"$scratch/wires"
    ip netns exec inet nft -f - <<<"table ip wire$3 { chain prerouting { type nat hook prerouting priority dstnat; iifname host ip daddr $2 udp dport 51820 redirect to :$3; }; }"
    wait_for 10000 grep -q ready "$scratch/wire-$1.log" >/dev/null || fail "no wire: $(cat "$scratch/wire-$1.log")"
}
