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
        tcpdump --immediate-mode -i "$link" -nn -U -w "$scratch/seen-$link" "$filter" 2>"$scratch/tcpdump-$link" &
        echo $! >>"$scratch/watchers"
        until grep -q listening "$scratch/tcpdump-$link"; do sleep 0.02; done
    done
}
stop_watching() { sleep 0.3; kill $(cat "$scratch/watchers") 2>/dev/null; rm -f "$scratch/watchers"; sleep 0.2; }
packets_on() { tcpdump -nn -r "$scratch/seen-$1" 2>/dev/null | wc -l; }
bytes_seen() { grep -c -a -i -F "$2" "$scratch/seen-$1"; } # LINK TEXT: how many lines of the capture hold it
random() { od -An -N5 -tx1 /dev/urandom | tr -d ' \n'; }
state() { sluice status "$@" | sed -n '1s/^sluice  \([a-z]*\).*/\1/p'; }
