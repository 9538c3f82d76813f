# SPDX-License-Identifier: MIT
# A machine behind this one: what we learned steers its traffic too, both ways, whatever rp_filter says; nothing of it leaves by another link.
. "$(dirname "$0")/claims.sh"

sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip netns exec lan ip route add 203.0.113.0/24 via 192.168.77.10
ip netns exec lan ip -6 route add 2001:db8:203::/64 via fd77::10
dig +short git.corp.example >/dev/null
dig +short AAAA git.corp.example >/dev/null
from_lan() { ip netns exec lan curl -sS --max-time 3 "$1" 2>&1; }
watch_links "host 203.0.113.11 or host 2001:db8:203::11" eth0
for filter in 0 1 2; do
    for name in all lan0 wg1; do sysctl -q "net.ipv4.conf.$name.rp_filter=$filter"; done
    contains "rp_filter $filter: arrives from the relay" "client 203.0.113.130" "$(from_lan http://203.0.113.11/)"
    contains "and by IPv6" "client 2001:db8:130::2" "$(from_lan 'http://[2001:db8:203::11]/')"
done
ip link delete wg1
from_lan http://203.0.113.11/ | grep -q server && [[ $(state) != connected ]] && fail "it went another way"
stop_watching
same "no packet of it on eth0" 0 "$(packets_on eth0)"
