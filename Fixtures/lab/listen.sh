# SPDX-License-Identifier: MIT
# Who is answered: loopback and connected private networks, from the address they asked; nobody else, by UDP or TCP. Then as allow_from says. And
# nothing is sent in pieces.
. "$(dirname "$0")/claims.sh"

begin() {
    cat >/etc/sluice/listen.toml <<TOML
[dns]
listen = ["127.0.0.53:53", "0.0.0.0:5300", "[::]:5300"]
system_servers = ["198.51.100.53", "192.168.77.1"]
$1
TOML
    sluice run --config /etc/sluice/listen.toml >"$scratch/daemon.log" 2>&1 &
    daemon=$!
    wait_for 3000 dig +short +time=1 +tries=1 www.example >/dev/null || fail "no daemon"
}
finish() { kill "$daemon"; wait "$daemon"; }
from() { # NAMESPACE SERVER [OPTION]
    ip netns exec "$1" dig +time=1 +tries=1 +short ${3:-} "@$2" -p 5300 www.example 2>&1
}

begin ""
same "a neighbour on the LAN, by UDP" 203.0.113.13 "$(from lan 192.168.77.10)"
same "by TCP" 203.0.113.13 "$(from lan 192.168.77.10 +tcp)"
same "by IPv6" 203.0.113.13 "$(from lan fd77::10)"
same "at an address that is not of its own link, answered from there" 203.0.113.13 \
    "$(ip netns exec lan ip route add 198.51.100.10 via 192.168.77.10; from lan 198.51.100.10)"
contains "a public client gets no answer" "no servers could be reached" "$(from inet 198.51.100.10)"
contains "by TCP neither" "no servers could be reached" "$(from inet 198.51.100.10 +tcp)"
contains "by IPv6 neither" "no servers could be reached" "$(from inet 2001:db8:51::10)"
same "no tunnel is configured: the state is disconnected" disconnected "$(state --config /etc/sluice/listen.toml)"
finish

begin 'allow_from = ["198.51.100.0/24"]'
same "allow_from lets it in" 203.0.113.13 "$(from inet 198.51.100.10)"
contains "and nobody else" "no servers could be reached" "$(from lan 192.168.77.10)"
finish

echo "# the loopback's address, routed here"
# A public client takes this machine for the way to 127.0.0.53, and this machine has been told to take such packets.
begin ""
for place in host/eth0 inet/host; do
    ip netns exec "${place%/*}" sysctl -q -w "net.ipv4.conf.${place#*/}.route_localnet=1" "net.ipv4.conf.all.rp_filter=0" "net.ipv4.conf.${place#*/}.rp_filter=0"
done
ip netns exec inet ip rule add pref 10 lookup local
ip netns exec inet ip rule del pref 0
ip netns exec inet ip rule add pref 5 to 127.0.0.53 lookup 100
ip netns exec inet ip route add 127.0.0.53 via 198.51.100.10 dev host src 198.51.100.1 table 100
token=$(random)
watch_links "host 127.0.0.53" eth0
for option in +notcp +tcp; do
    contains "$option: nothing comes back" "no servers could be reached" \
        "$(ip netns exec inet dig $option +time=1 +tries=1 +short -b 198.51.100.1 @127.0.0.53 "$token.example" 2>&1)"
done
stop_watching
((0 < $(bytes_seen eth0 "$token"))) || fail "the question does not come here: $(tcpdump -nn -r "$scratch/seen-eth0" 2>/dev/null | head)"
same "though it was asked: packets of ours with a word in them" 0 "$(tcpdump -nn -r "$scratch/seen-eth0" 'udp and src host 127.0.0.53 or tcp[tcpflags] & tcp-push != 0 and src host 127.0.0.53' 2>/dev/null | wc -l)"
finish
ip netns exec inet ip rule add pref 0 lookup local
ip netns exec inet ip rule del pref 10
ip netns exec inet ip rule del pref 5

echo "# the largest datagrams, where links take no more than 1,280 bytes"
start_upstream inet 198.51.100.53
echo 'direct full.example via 198.51.100.53:5301' >>/etc/sluice/rules.d/lab.rules
for place in host/eth0 inet/host host/lan0 lan/lan0; do ip netns exec "${place%/*}" ip link set "${place#*/}" mtu 1280; done
begin '[rules]
files = ["/etc/sluice/rules.d/*.rules"]'
watch_links 'ip[6:2] & 0x3fff != 0 or ip6 proto 44' eth0 lan0
for server in 192.168.77.10 fd77::10; do
    contains "at $server: as large as can be" "MSG SIZE  rcvd: 1232" \
        "$(ip netns exec lan dig +time=2 +tries=1 +notcp +ignore "@$server" -p 5300 TXT "n${#server}.full.full.example" 2>&1)"
done
stop_watching
for link in eth0 lan0; do same "pieces on $link" 0 "$(packets_on $link)"; done
finish
kill "${upstreams[@]}"
