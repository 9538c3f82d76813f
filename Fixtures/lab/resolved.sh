# SPDX-License-Identifier: MIT
# The real systemd-resolved has 127.0.0.53: it is named, gives way, keeps the machine's lookups going meanwhile, and gets its place back.
. "$(dirname "$0")/claims.sh"

servers=${SLUICE_LAB_SERVERS:-$(dirname "$0")/../../.build/lab-servers}
program=$servers/lib/systemd/systemd-resolved
[[ -x $program ]] || fail "no $program: run Packaging/lab/fetch-servers"
echo 'systemd-resolve:x:997:997::/:/usr/sbin/nologin' >>/etc/passwd
echo 'systemd-resolve:x:997:' >>/etc/group
mkdir -p /run/systemd/resolve /etc/systemd
chown 997:997 /run/systemd/resolve
rm -rf /etc/systemd/resolved.conf.d
printf '[Resolve]\nDNS=198.51.100.53\nFallbackDNS=\nLLMNR=no\nMulticastDNS=no\nDNSSEC=no\n' >/etc/systemd/resolved.conf
ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf

writes() { [[ -e /run/systemd/resolve/resolv.conf ]]; }
resolved_starts() { # There is no systemd in the lab: what `systemctl restart` would do is done by hand.
    rm -f /run/systemd/resolve/*.conf
    LD_LIBRARY_PATH=$(echo "$servers"/usr/lib/*/systemd) "$program" >"$scratch/resolved.log" 2>&1 &
    resolved=$!
    wait_for 5000 writes >/dev/null || fail "systemd-resolved does not start: $(tail -3 "$scratch/resolved.log")"
    sleep 0.3
}
resolved_stops() { kill "$resolved"; wait "$resolved" 2>/dev/null; }
holder() { ss -lnupH 'src 127.0.0.53 and sport = 53' | grep -o '"[^"]*"' | tr -d '"' | sort -u; }

resolved_starts
same "systemd-resolved has 127.0.0.53" systemd-resolve "$(holder)"
sluice run >"$scratch/daemon.log" 2>&1
same "the daemon does not start beside it" 1 $?
sluice activate >"$scratch/said" 2>&1
same "activate without a daemon is refused" 3 $?
contains "who stands in the way is named" "systemd-resolve (pid $resolved)" "$(cat "$scratch/said")"
contains "and what to type" "sluice activate --free-stub" "$(cat "$scratch/said")"
same "nothing was written" 0 "$(ls /etc/systemd/resolved.conf.d 2>/dev/null | wc -l)"

sluice activate --free-stub >"$scratch/said" 2>&1
same "without systemd it is not done yet" 1 $?
contains "and it is said what to type" "systemctl restart systemd-resolved" "$(cat "$scratch/said")"
same "the drop-in" "DNSStubListener=no" "$(tail -1 /etc/systemd/resolved.conf.d/50-sluice.conf)"
resolved_stops
resolved_starts
same "after its restart it has left" "" "$(holder)"
same "its stub file leads to the network's servers meanwhile" "nameserver 198.51.100.53" "$(grep ^nameserver /etc/resolv.conf)"

sluice run >"$scratch/daemon.log" 2>&1 &
daemon=$!
connected() { [[ $(state) == connected ]]; }
wait_for 8000 connected >/dev/null || fail "the daemon does not connect"
sluice activate >"$scratch/said" 2>&1 || fail "activate: $(cat "$scratch/said")"
same "resolv.conf names us" "nameserver 127.0.0.53" "$(grep ^nameserver /etc/resolv.conf)"
contains "a tunnel name is answered by us" 203.0.113.11 "$(getent ahostsv4 git.corp.example)"
resolved_stops
resolved_starts
same "it starts again, and does not take the place back" sluice "$(holder)"
contains "nor does it ask us round in a circle" "198.51.100.53" "$(grep ^nameserver /run/systemd/resolve/resolv.conf)"

sluice deactivate >"$scratch/said" 2>&1 || fail "deactivate: $(cat "$scratch/said")"
same "the link is back" ../run/systemd/resolve/stub-resolv.conf "$(readlink /etc/resolv.conf)"
contains "while we have the address it is not given back" "when 127.0.0.53:53/udp by sluice" "$(cat "$scratch/said")"
same "lookups go on by the network's servers" "nameserver 198.51.100.53" "$(grep ^nameserver /etc/resolv.conf)"
kill "$daemon"
wait "$daemon" 2>/dev/null
sluice repair >/dev/null 2>&1 || fail "repair"
same "no drop-in is left, nor its folder" 0 "$(ls -d /etc/systemd/resolved.conf.d 2>/dev/null | wc -l)"
resolved_stops
resolved_starts
same "systemd-resolved has its place again" systemd-resolve "$(holder)"
same "resolv.conf is the link to its stub" "nameserver 127.0.0.53" "$(grep ^nameserver /etc/resolv.conf)"
resolved_stops
exit 0
