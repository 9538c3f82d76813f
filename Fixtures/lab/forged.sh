# SPDX-License-Identifier: MIT
# One packet from outside "from" a steered address makes conntrack take an app's own packet for a reply. It goes in the tunnel all the same,
# and another program's own DNS stays refused.
. "$(dirname "$0")/claims.sh"

begin
dig +short git.corp.example >/dev/null
send() { "$SLUICE_PROBE" datagram "$@"; }
round() { # PORT, of the ephemeral range and below it
    watch_links "udp and host 203.0.113.11" eth0 wg1
    ip netns exec inet "$SLUICE_PROBE" datagram 203.0.113.11:443 "198.51.100.10:$1" forged >/dev/null
    sleep 0.1
    same "an app's datagram from port $1" "ok sent" "$(send "0.0.0.0:$1" 203.0.113.11:443 "SECRET-$1")"
    stop_watching
    same "the forged packet came by eth0" 1 "$(bytes_seen eth0 forged)"
    same "the app's left by the tunnel" 1 "$(bytes_seen wg1 "SECRET-$1")"
    same "and not by eth0" 0 "$(bytes_seen eth0 "SECRET-$1")"
}
for filter in 0 1; do
    sysctl -q "net.ipv4.conf.all.rp_filter=$filter" "net.ipv4.conf.eth0.rp_filter=$filter"
    round "4100$filter"
    round "3100$filter"
done
ip netns exec inet "$SLUICE_PROBE" datagram 203.0.113.20:53 198.51.100.10:42000 forged >/dev/null
watch_links "udp port 53" eth0
contains "DNS of another program" "refused" "$(dig +tries=1 +time=1 -b 0.0.0.0#42000 @203.0.113.20 x.corp.example 2>&1)"
stop_watching
same "and nothing of it was sent" 0 "$(bytes_seen eth0 corp)"
stop_daemon

# With more than one node a packet leaves by a tunnel only under its address, which one that looks like an answer does not get: it is refused.
start_daemon /etc/sluice/sluice.toml
wait_for 8000 eval '[[ $(state) == connected ]]' >/dev/null || fail "not connected: $(sluice status)"
dig +short git.corp.example >/dev/null
watch_links "udp and host 203.0.113.11" eth0 wg1 wg2
ip netns exec inet "$SLUICE_PROBE" datagram 203.0.113.11:443 198.51.100.10:41005 forged >/dev/null
sleep 0.1
same "an app's datagram with two nodes" "not sent: errno 1" "$(send 0.0.0.0:41005 203.0.113.11:443 SECRET-41005)"
stop_watching
same "the forged packet came by eth0" 1 "$(bytes_seen eth0 forged)"
for link in eth0 wg1 wg2; do same "nothing of the app's on $link" 0 "$(bytes_seen $link SECRET-41005)"; done
stop_daemon
