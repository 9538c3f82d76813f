# SPDX-License-Identifier: MIT
# default = "tunnel": in no state but disconnected does anything leave outside but local networks, direct rules, WireGuard's packets, and what
# a machine needs to stay reachable: neighbours, DHCP, answers to those who came in. Both families; with a device of ours, and with wg-quick's.
. "$(dirname "$0")/claims.sh"

# What may leave in every state, by link.
plumbing="arp or igmp or ip6 proto 0 or (icmp6 and ip6[40] >= 130 and ip6[40] <= 143)"
relays="(dst host 203.0.113.130 or dst host 203.0.113.134)"
# A relay that still sends to the port of a device that is gone hears so from the kernel, about its own packet.
gone="(icmp[icmptype] = icmp-unreach and icmp[28:2] = 51820 and $relays)"
declare -A allowed=(
    [eth0]="$plumbing or (udp dst port 51820 and $relays) or $gone or udp dst port 67 or tcp src port 2222
        or (dst port 53 and dst host 198.51.100.53) or dst host 203.0.113.13"
    [lan0]="$plumbing or dst net 192.168.77.0/24 or dst net fd77::/64 or dst net 224.0.0.0/4 or dst net ff00::/8"
)
configuration() { # what stands in [[tunnel]]
    cat >/etc/sluice/all.toml <<TOML
[dns]
system_servers = ["198.51.100.53", "192.168.77.1"]
[routing]
default = "tunnel"
[[tunnel]]
name = "one"
$1
[rules]
files = ["/etc/sluice/rules.d/*.rules"]
TOML
}
state_is() { [[ $(state --config /etc/sluice/all.toml) == "$1" ]]; }
through() { [[ $(curl -4 -sS --max-time 1 http://203.0.113.20/) == *"client $1"* ]]; }
fails() { curl -sS -o /dev/null --max-time 3 "$@" 2>"$scratch/errors" && return 1; return 0; }
relay() { # down | up
    ip netns exec relay1 ip link set eth0 "$1"
    [[ $1 == down ]] || ip netns exec relay1 ip route add default via 203.0.113.129
    [[ $1 == down ]] || ip netns exec relay1 ip -6 route add default via 2001:db8:130::1
}
# All that an app may try, also with a link or an address of its own choice.
token=$(random)
try_all() {
    local address
    for address in 203.0.113.20 '[2001:db8:203::20]'; do
        curl -sS -o /dev/null --max-time 0.5 "http://$address/"
        curl -sS -o /dev/null --max-time 0.5 --interface eth0 "http://$address/"
    done
    curl -sS -o /dev/null --max-time 0.5 --interface 198.51.100.10 http://203.0.113.20/
    ping -c 1 -W 0.3 203.0.113.20
    ping -c 1 -W 0.3 -I eth0 203.0.113.20
    ping -6 -c 1 -W 0.3 2001:db8:203::20
    for address in 203.0.113.20:9 203.0.113.20:443 203.0.113.130:51820 198.51.100.1:9; do
        "$SLUICE_PROBE" datagram "0.0.0.0:$((40000 + RANDOM % 1000))" $address "$token"
        "$SLUICE_PROBE" datagram "198.51.100.10:$((40000 + RANDOM % 1000))" $address "$token"
    done
    dig +time=1 +tries=1 "$token.www.example"
    dig +time=1 +tries=1 "@198.51.100.53" "$token.foreign.example"
    dig +tcp +time=1 +tries=1 "@203.0.113.53" "$token.foreign.example"
} >/dev/null 2>&1
greeted() { # PLACE ADDRESS: somebody comes in
    [[ $(ip netns exec "$1" timeout 2 bash -c "exec 3<>/dev/tcp/$2/2222; head -1 <&3" 2>/dev/null) == hello* ]]
}
still_there() { # the session that began at first
    local before
    before=$(stat -c %s "$scratch/session")
    sleep 0.6
    (($(stat -c %s "$scratch/session") > before))
}
# What must go on whatever the state.
goes_on() { # STATE
    ip neigh flush all
    ip -6 neigh flush all
    greeted inet 198.51.100.10 || fail "$1: nobody comes in"
    greeted inet 2001:db8:51::10 || fail "$1: nobody comes in by IPv6"
    [[ $1 == *silent* ]] || greeted relay1 198.51.100.10 || fail "$1: nobody comes in from further away"
    ok "$1: TCP from outside comes in, with neighbours asked anew, in both families"
    still_there || fail "$1: the session from outside has ended"
    ok "$1: the session that began at first goes on"
    contains "$1: the LAN is reached" "client 192.168.77.10" "$(curl -sS --max-time 2 http://192.168.77.15/ 2>&1)"
    contains "$1: and a direct name, outside" "client 198.51.100.10" "$(curl -4 -sS --max-time 2 http://tv.video.example/ 2>&1)"
    same "$1: DHCP can be renewed" "ok sent" "$("$SLUICE_PROBE" datagram 198.51.100.10:68 198.51.100.1:67 RENEW)"
}
begin() { # STATE
    watch_outside ""
    wait_for 3000 state_is "${1%%[, ]*}" >/dev/null || fail "$1: the state is $(state --config /etc/sluice/all.toml)"
}
# While no tunnel can be entered.
closed() { # STATE
    begin "$1"
    try_all
    local time
    time=$(milliseconds fails http://203.0.113.20/)
    at_most "$1: refused, in milliseconds" 300 "$time"
    time=$(milliseconds fails 'http://[2001:db8:203::20]/')
    at_most "$1: by IPv6" 300 "$time"
    goes_on "$1"
    state_is "${1%%[, ]*}" || fail "$1: the state has become $(state --config /etc/sluice/all.toml)"
    finish "$1"
}
finish() { # STATE
    local link
    stop_watching
    for link in eth0 lan0; do
        grep -q '^0 packets dropped by kernel' "$scratch/tcpdump-$link" || fail "packets on $link were missed: $(cat "$scratch/tcpdump-$link")"
        same "$1: packets on $link that should not be there" "" "$(tcpdump -nn -r "$scratch/seen-$link" "not ($(tr '\n' ' ' <<<"${allowed[$link]}"))" 2>/dev/null | head -5)"
        same "$1: lines with an app's words on $link" 0 "$(bytes_seen $link "$token")"
    done
    same "$1: the DHCP packet was seen" 1 "$(tcpdump -nn -r "$scratch/seen-eth0" 'udp dst port 67' 2>/dev/null | wc -l)"
}
open() { # STATE V4-CLIENT V6-CLIENT
    begin "$1"
    try_all
    contains "$1: any address arrives from the relay" "client $2" "$(curl -4 -sS --max-time 3 http://203.0.113.20/ 2>&1)"
    contains "$1: by IPv6" "client $3" "$(curl -6 -sS --max-time 3 'http://[2001:db8:203::20]/' 2>&1)"
    same "$1: any name is asked at the relay" '"relay1"' "$(dig +short TXT "$(random).example")"
    goes_on "$1"
    finish "$1"
}

ip netns exec relay1 sysctl -q net.ipv6.conf.eth0.keep_addr_on_down=1
"$SLUICE_PROBE" greet 0.0.0.0:2222 >"$scratch/greet4" &
"$SLUICE_PROBE" greet '[2001:db8:51::10]:2222' >"$scratch/greet6" &
wait_for 2000 grep -q ready "$scratch/greet4" "$scratch/greet6" >/dev/null || fail "no listener"
session() { ip netns exec inet bash -c "exec 3<>/dev/tcp/198.51.100.10/2222; cat <&3 >$scratch/session" & }
watch_outside ""
try_all
stop_watching
((10 < $(tcpdump -nn -r "$scratch/seen-eth0" "not ($(tr '\n' ' ' <<<"${allowed[eth0]}"))" 2>/dev/null | wc -l))) || fail "the eye on eth0 is blind"
ok "without the daemon all of it leaves"

echo "# config ="
configuration 'config = "/etc/wireguard/wg1.conf"'
relay down
export SLUICE_LAB_SLOW_DOWN=6000
start_daemon /etc/sluice/all.toml
wait_for 3000 state_is connecting >/dev/null || fail "not connecting"
session
closed "connecting, the relay silent"
relay up
wait_for 15000 through 203.0.113.130 >/dev/null || fail "no tunnel: $(sluice status --config /etc/sluice/all.toml)"
open "connected" 203.0.113.130 2001:db8:130::2
sluice down --config /etc/sluice/all.toml >/dev/null &
closed "disconnecting"
wait_for 8000 state_is disconnected >/dev/null || fail "not disconnected"
contains "disconnected: all goes outside" "client 198.51.100.10" "$(curl -4 -sS --max-time 2 http://203.0.113.20/ 2>&1)"
contains "by IPv6 too" "client 2001:db8:51::10" "$(curl -6 -sS --max-time 2 'http://[2001:db8:203::20]/' 2>&1)"
still_there || fail "disconnected: the session from outside has ended"
# Flows that began outside end with `up`.
"$SLUICE_PROBE" load 3600 0 30 203.0.113.20:80 '[2001:db8:203::20]:80' >"$scratch/load" &
load=$!
sleep 1
relay down
sluice up --config /etc/sluice/all.toml >/dev/null 2>&1 &
wait_for 2000 state_is connecting >/dev/null || fail "not connecting"
closed "connecting again, the relay silent, with flows of before"
relay up
wait_for 15000 through 203.0.113.130 >/dev/null || fail "no tunnel again"
stop_load
open "connected again" 203.0.113.130 2001:db8:130::2

# No IPv6 on the LAN: the tunnel's is enough.
ip -6 route del default
for link in eth0 lan0; do ip -6 address flush dev $link scope global; done
contains "no IPv6 outside: the tunnel has it" "client 2001:db8:130::2" "$(curl -6 -sS --max-time 3 'http://[2001:db8:203::20]/' 2>&1)"
contains "by name" "client 2001:db8:130::2" "$(curl -6 -sS --max-time 3 http://git.corp.example/ 2>&1)"
for link in eth0:2001:db8:51::10 lan0:fd77::10; do ip address add "${link#*:}/64" dev "${link%%:*}"; done
ip -6 route add default via 2001:db8:51::1
stop_daemon

echo "# a tunnel without IPv6"
configuration 'config = "/etc/wireguard/wg2.conf"'
start_daemon /etc/sluice/all.toml
wait_for 8000 through 203.0.113.134 >/dev/null || fail "no tunnel"
begin connected
try_all
time=$(milliseconds fails 'http://[2001:db8:203::20]/')
at_most "IPv6 is refused, in milliseconds" 300 "$time"
contains "IPv4 goes in the tunnel" "client 203.0.113.134" "$(curl -4 -sS --max-time 3 http://203.0.113.20/ 2>&1)"
same "a name has no IPv6 address then" "" "$(dig +short AAAA "$(random).corp.example")"
goes_on "connected"
finish "without IPv6"
stop_daemon

echo "# what began before us"
configuration 'config = "/etc/wireguard/wg1.conf"'
session
ip netns exec inet "$SLUICE_PROBE" greet 203.0.113.20:2223 >/dev/null &
sleep 0.3
bash -c "exec 3<>/dev/tcp/203.0.113.20/2223; cat <&3 >$scratch/download" &
wait_for 2000 test -s "$scratch/session" -a -s "$scratch/download" >/dev/null || fail "no session, or no download"
start_daemon /etc/sluice/all.toml
wait_for 8000 through 203.0.113.130 >/dev/null || fail "no tunnel"
watch_outside "tcp port 2223"
if still_there; then ok "a session from outside goes on"; else fail "a session from outside has ended with our start"; fi
sleep 2
stop_watching
nothing_outside "a download that began outside"
stop_daemon

echo "# wg-quick"
sed '/^DNS/d' /etc/wireguard/wg1.conf >/etc/wireguard/quick.conf
quick() { WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go wg-quick "$1" quick >"$scratch/quick" 2>&1 || fail "wg-quick $1: $(cat "$scratch/quick")"; }
quick up
configuration 'interface = "quick"
dns = ["10.64.1.1"]'
start_daemon /etc/sluice/all.toml
wait_for 8000 through 203.0.113.130 >/dev/null || fail "wg-quick's device: $(sluice status --config /etc/sluice/all.toml)"
open "connected by wg-quick" 203.0.113.130 2001:db8:130::2
quick down
closed "error, wg-quick's device down"
quick up
time=$(wait_for 8000 through 203.0.113.130) || fail "wg-quick's device again: $(sluice status --config /etc/sluice/all.toml)"
ok "up again, it works after $time ms"
# Its rules have come before ours: not all gets through, but nothing leaves that should not.
begin "connected by wg-quick again"
try_all
contains "any address arrives from the relay" "client 203.0.113.130" "$(curl -4 -sS --max-time 3 http://203.0.113.20/ 2>&1)"
contains "by IPv6" "client 2001:db8:130::2" "$(curl -6 -sS --max-time 3 'http://[2001:db8:203::20]/' 2>&1)"
same "DHCP can be renewed" "ok sent" "$("$SLUICE_PROBE" datagram 198.51.100.10:68 198.51.100.1:67 RENEW)"
finish "connected by wg-quick again"
stop_daemon
contains "without us wg-quick's own routes stand" "client 203.0.113.130" "$(curl -4 -sS --max-time 3 http://203.0.113.20/ 2>&1)"
quick down
same "what is left of wg-quick and us" "" "$(nft list tables)"
