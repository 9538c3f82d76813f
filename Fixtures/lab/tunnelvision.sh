# SPDX-License-Identifier: MIT
# TunnelVision (CVE-2024-3661): what a DHCP server or a LAN can put into the main routing table pulls nothing of the tunnel out. And nothing an
# app sends to the relay's own address and port leaves beside WireGuard's packets.
. "$(dirname "$0")/claims.sh"

public="host 203.0.113.20 or host 2001:db8:203::20"
push() { # ACTION: each such route, and on lan0 a neighbour who claims to be the address
    local action=$1
    for to in 0.0.0.0/1 128.0.0.0/1 203.0.113.11/32 10.20.0.0/16 10.64.1.1/32 203.0.113.20/32; do
        ip route $action "$to" via 198.51.100.1 dev eth0 metric 5
    done
    for to in ::/1 8000::/1 2001:db8:203::11/128 fd64:1::1/128 2001:db8:203::20/128; do
        ip route $action "$to" via 2001:db8:51::1 dev eth0 metric 5
    done
}
fake_lan() { # ACTION: a "LAN" of public addresses, where somebody has them
    ip address $1 203.0.113.99/25 dev lan0
    ip netns exec lan ip address $1 203.0.113.11/32 dev lan0
    ip netns exec lan ip address $1 203.0.113.20/32 dev lan0
    ip address $1 2001:db8:203::99/64 dev lan0
    ip netns exec lan ip address $1 2001:db8:203::11/128 dev lan0
}
steered_works() { # WHEN
    contains "$1: a tunnel address arrives from the relay" "client 203.0.113.130" "$(curl -4 -sS --max-time 3 http://203.0.113.11/ 2>&1)"
    contains "$1: by IPv6" "client 2001:db8:130::2" "$(curl -6 -sS --max-time 3 'http://[2001:db8:203::11]/' 2>&1)"
    contains "$1: the company's network" "client 10.64.1.2" "$(curl -sS --max-time 3 http://10.20.0.5/ 2>&1)"
    contains "$1: a tunnel name" '"relay1"' "$(dig +short TXT "$(random).corp.example")"
}

echo "# default = direct"
eyes_are_open
start_daemon /etc/sluice/sluice.toml
wait_for 5000 curl -sS -o /dev/null --max-time 1 http://10.20.0.5/ >/dev/null || fail "no tunnel"
dig +short git.corp.example >/dev/null
dig +short AAAA git.corp.example >/dev/null
watch_outside "$steered"
steered_works "before"
push add
contains "the routes count for other traffic" "via 198.51.100.1 dev eth0" "$(ip route get 203.0.113.20)"
steered_works "routes pushed"
fake_lan add
contains "so does the fake LAN" "dev lan0" "$(ip route get 203.0.113.12)"
steered_works "a public range as LAN"
push del
steered_works "that alone"
ip -4 rule add pref 1 to 203.0.113.11 lookup main
[[ $(curl -4 -sS --max-time 1 http://203.0.113.11/ 2>&1) == *"client 203.0.113.130"* ]] || ok "a foreign rule before ours can stop it, no more"
ip -4 rule del pref 1
fake_lan del
stop_watching
nothing_outside "tunnel addresses"
stop_daemon

echo "# default = tunnel"
cat >/etc/sluice/all.toml <<'TOML'
[dns]
system_servers = ["198.51.100.53", "192.168.77.1"]
[routing]
default = "tunnel"
[[tunnel]]
name = "relay1"
config = "/etc/wireguard/wg1.conf"
TOML
eyes_are_open "$public or $steered"
start_daemon /etc/sluice/all.toml
through() { [[ $(curl -4 -sS --max-time 1 http://203.0.113.20/) == *"client 203.0.113.130"* ]]; }
wait_for 5000 through >/dev/null || fail "no tunnel"
watch_outside "$public or $steered"
for what in push fake_lan; do
    $what add
    contains "$what: any address arrives from the relay" "client 203.0.113.130" "$(curl -4 -sS --max-time 3 http://203.0.113.20/ 2>&1)"
    contains "$what: by IPv6" "client 2001:db8:130::2" "$(curl -6 -sS --max-time 3 'http://[2001:db8:203::20]/' 2>&1)"
    steered_works "$what"
    $what del
done
stop_watching
nothing_outside "any address"

# The endpoint is no hole: neither by address, nor by port, nor for root.
secret=SECRET$(random)
as() { # USER: TCP and UDP to the relay's own address and port, and to others of its ports; prints how many datagrams were taken
    local port sent=0 user=65534
    [[ $1 == root ]] && user=0
    for port in 51820 53 443; do
        [[ $(setpriv --reuid $user $probe datagram 0.0.0.0:4000$((user > 0)) 203.0.113.130:$port "$secret" 2>&1) == "ok sent" ]] && sent=$((sent + 1))
        setpriv --reuid $user timeout 1 bash -c "echo $secret >/dev/tcp/203.0.113.130/$port" 2>/dev/null
    done
    echo $sent
}
# Where an ordinary user can run it.
probe=/var/lib/sluice-probe
install -m 755 "$SLUICE_PROBE" $probe
watch_outside "host 203.0.113.130 or icmp"
# 53 is refused to apps.
for user in root nobody; do same "datagrams to the relay that $user could send" 2 "$(as $user)"; done
ip netns exec relay1 ip link set eth0 down
for user in root nobody; do as $user >/dev/null; done
ip link delete wg1
for user in root nobody; do as $user >/dev/null; done
ip netns exec relay1 ip link set eth0 up
ip netns exec relay1 ip route add default via 203.0.113.129
wait_for 8000 through >/dev/null || fail "the tunnel does not come back: $(sluice status)"
for user in root nobody; do as $user >/dev/null; done
stop_watching
((0 < $(tcpdump -nn -r "$scratch/seen-eth0" "udp port 51820" 2>/dev/null | wc -l))) || fail "not even WireGuard's own packets were seen"
same "to the relay's own address, whatever the state: packets that are not WireGuard's" "" \
    "$(tcpdump -nn -r "$scratch/seen-eth0" "host 203.0.113.130 and not udp port 51820" 2>/dev/null | head -3)"
same "lines with an app's words" 0 "$(bytes_seen eth0 "$secret")"
stop_daemon
watch_outside "host 203.0.113.130"
same "without the daemon all of them" 3 "$(as nobody)"
stop_watching
((0 < $(bytes_seen eth0 "$secret"))) || fail "and they are not seen: this test proves nothing"
ok "and they are seen"
