# SPDX-License-Identifier: MIT
# A peer's endpoint is given by name: we look it up, outside, whatever rules say, before wg sees the file; false answers are refused; the last good
# address outlasts a restart; a relay that has moved is found again. No key is shown anywhere.
. "$(dirname "$0")/claims.sh"

file=/etc/wireguard/wg1.conf
kept=/var/lib/sluice/endpoints
config=/etc/sluice/one.toml
cp $file "$scratch/by-address.conf"
sed -i 's/^Endpoint = .*/Endpoint = relay.vpn.example:51820/' $file
bootstrap='[tunnels]
bootstrap = ["198.51.100.53:5301"]'
cat >/etc/sluice/rules.d/lab.rules <<'RULES'
tunnel corp.example
block vpn.example
RULES

say() { printf 'relay.vpn.example %s\n' "$@" >"$scratch/known.new"; mv "$scratch/known.new" "$scratch/known"; }
start_server() {
    ip netns exec inet python3 "$hostile/endpoints.py" 198.51.100.53 5301 "$scratch/known" >"$scratch/server" 2>&1 &
    server=$!
    wait_for 5000 grep -q ready "$scratch/server" >/dev/null || fail "no server: $(cat "$scratch/server")"
}
stop_server() { kill $server; wait $server 2>/dev/null; }
endpoint() { wg show wg1 endpoints 2>/dev/null | cut -f2; }
is_at() { [[ $(endpoint) == "$1" ]]; }
said() { grep -qF "$1" "$scratch/daemon.log"; }
works() { [[ $(curl -4 -sS --max-time 1 http://git.corp.example/) == *"client 203.0.113.130"* ]]; }
again() { # with an empty log
    : >"$scratch/daemon.log"
    start_daemon $config
}
questions() { tcpdump -nn -r "$scratch/seen-$1" 'udp dst port 5301' 2>/dev/null | wc -l; }

echo "# Looked up outside, at bootstrap; no rule stops it"
one_tunnel $config '' "$bootstrap"
say 203.0.113.130
start_server
watch_links 'port 53 or port 5301' eth0 lan0 lo any
start_connected
stop_watching
same "where the name is" 203.0.113.130:51820 "$(endpoint)"
works || fail "the tunnel does not carry"
asked=$(questions eth0)
((asked >= 1)) || fail "nobody was asked"
same "questions on all links are those on eth0" "$asked" "$(questions any)"
same "the name on lo: lines of the capture" 0 "$(bytes_seen lo vpn)"
same "the name on lan0: lines of the capture" 0 "$(bytes_seen lan0 vpn)"
contains "monitor and log say so" "relay.vpn.example is 203.0.113.130, says 198.51.100.53:5301" "$(cat "$scratch/daemon.log")"
contains "the rule holds for all others" NXDOMAIN "$(dig relay.vpn.example)"
wait_for 3000 grep -q 'relay.vpn.example 203.0.113.130' $kept >/dev/null || fail "not kept: $(cat $kept)"
same "what is kept is root's" "600 root" "$(stat -c '%a %U' $kept)"

echo "# No key is shown"
secrets=$(sed -n 's/^\(PrivateKey\|PresharedKey\) = //p' $file)
{
    for verb in status leases rules conflicts; do sluice $verb --config $config; sluice $verb --json --config $config; done
    sluice check $config; sluice check --json $config; sluice why git.corp.example --config $config; sluice query git.corp.example --config $config
    cat "$scratch/daemon.log"
    find /var/lib/sluice /run/sluice -type f -exec cat {} +
} >"$scratch/shown" 2>&1
((0 < $(grep -c -a relay1 "$scratch/shown"))) || fail "nothing is shown"
for secret in $secrets; do same "the key in all that is shown and kept" 0 "$(grep -c -a -F "${secret:0:20}" "$scratch/shown")"; done
stop_daemon

echo "# Nobody answers at the next start: the last good address"
stop_server
again
time=$(wait_for 15000 is_connected) || fail "not connected: $(tail -5 "$scratch/daemon.log")"
ok "connected after $time ms"
contains "and says so" "relay.vpn.example is taken to be 203.0.113.130, as it was last: nobody answers" "$(cat "$scratch/daemon.log")"
stop_daemon

echo "# False answers"
rm $kept
refused() { # ANSWER WHY
    say "$1"
    again
    wait_for 8000 said "which is $2: refused" >/dev/null || fail "$1 is not refused: $(tail -5 "$scratch/daemon.log")"
    ok "$1 is refused: $2"
    same "the state" connecting "$(state --config $config)"
    ip link show wg1 >/dev/null 2>&1 && fail "there is a device, with an endpoint of $(endpoint)"
    contains "and what to do" "name a server that knows it in [tunnels] bootstrap" "$(cat "$scratch/daemon.log")"
    [[ -s $kept ]] && fail "it is kept: $(cat $kept)"
}
start_server
refused 10.20.0.5 private
say 10.20.0.5 203.0.113.130
wait_for 15000 is_connected >/dev/null || fail "a good one beside it is not taken: $(tail -5 "$scratch/daemon.log")"
same "a good one beside it is taken" 203.0.113.130:51820 "$(endpoint)"
stop_daemon
rm $kept
refused 198.51.100.10 "this machine's own, or its gateway's"
stop_daemon
refused 224.0.0.1 "nobody's"
stop_daemon
echo 'tunnel 203.0.113.128/25' >>/etc/sluice/rules.d/lab.rules
refused 203.0.113.130 "one that rules send into the tunnel"
stop_daemon
sed -i '/^tunnel 203/d' /etc/sluice/rules.d/lab.rules

echo "# While another tunnel is connected and takes everything"
cat >$config <<TOML
[dns]
system_servers = ["198.51.100.53:5301"]
[routing]
default = "tunnel"
[[tunnel]]
name = "relay2"
config = "/etc/wireguard/wg2.conf"
[[tunnel]]
name = "relay1"
config = "/etc/wireguard/wg1.conf"
TOML
say silent
again
wait_for 8000 is_connected >/dev/null || fail "relay2: $(tail -5 "$scratch/daemon.log")"
sluice monitor --json --config $config >"$scratch/monitor" &
monitor=$!
contains "an address of a tunnel name" 203.0.113.12 "$(dig +short +tries=1 a.corp.example)"
watch_links 'port 5301' eth0 wg2 lo any
sleep 3
say 203.0.113.12
wait_for 60000 said "203.0.113.12, which is one that rules send into the tunnel: refused" >/dev/null ||
    fail "owed to a rule, and not refused: $(tail -5 "$scratch/daemon.log")"
ok "what is owed to a tunnel rule is refused"
say 203.0.113.130
wait_for 60000 is_at 203.0.113.130:51820 >/dev/null || fail "not found: $(tail -5 "$scratch/daemon.log")"
stop_watching
asked=$(questions eth0)
((asked >= 2)) || fail "asked $asked times"
same "questions on all links are those on eth0" "$asked" "$(questions any)"
same "packets in the other tunnel" 0 "$(packets_on wg2)"
kill $monitor
contains "monitor tells" '"endpoint"' "$(cat "$scratch/monitor")"
contains "and why" 'which is one that rules send into the tunnel: refused' "$(cat "$scratch/monitor")"
stop_daemon

echo "# Nobody wants the tunnel"
one_tunnel $config '' "$bootstrap"
rm $kept
say silent
again
wait_for 5000 said "answering at" >/dev/null || fail "$(cat "$scratch/daemon.log")"
watch_links 'port 5301' eth0
sluice down --config $config >/dev/null || fail "down: $(tail -5 "$scratch/daemon.log")"
sleep 4
stop_watching
at_most "questions, all before it" 2 "$(questions eth0)"
say 203.0.113.130
sluice up --config $config >/dev/null
wait_for 8000 is_connected >/dev/null || fail "not connected: $(tail -5 "$scratch/daemon.log")"
ok "with up it is looked up, and connected"
stop_daemon

echo "# The relay has moved"
say 203.0.113.130
ip netns exec relay1 ip address add 203.0.113.200/32 dev eth0
ip netns exec inet ip route add 203.0.113.200/32 via 203.0.113.130
ip netns exec inet nft -f - <<'NFT'
table inet moved {
    chain forward {
        type filter hook forward priority 0
        ip daddr 203.0.113.130 udp dport 51820 drop
    }
}
NFT
again
is_dead() { [[ $(state --config $config) == error ]]; }
wait_for 20000 is_dead >/dev/null || fail "it answers: $(sluice status --config $config)"
say 203.0.113.200
before=$(grep -c 'says 198.51.100.53' "$scratch/daemon.log")
time=$(wait_for 45000 is_connected) || fail "not followed: $(tail -5 "$scratch/daemon.log")"
ok "followed $time ms later"
same "where it is now" 203.0.113.200:51820 "$(endpoint)"
works || fail "the tunnel does not carry"
same "told once" 1 $(($(grep -c 'says 198.51.100.53' "$scratch/daemon.log") - before))

echo "# Another network: asked again at once, the session goes on"
ip netns exec inet nft delete table inet moved
say 203.0.113.130
device=$(cat /sys/class/net/wg1/ifindex)
ip route replace default via 198.51.100.53
wait_for 5000 is_at 203.0.113.130:51820 >/dev/null || fail "not asked: $(tail -5 "$scratch/daemon.log")"
works || fail "the tunnel does not carry"
same "the device is the same" "$device" "$(cat /sys/class/net/wg1/ifindex)"
ip route replace default via 198.51.100.1
stop_daemon

echo "# IPv6"
say 2001:db8:130::2
again
wait_for 8000 is_connected >/dev/null || fail "not connected: $(tail -5 "$scratch/daemon.log")"
same "by IPv6" "[2001:db8:130::2]:51820" "$(endpoint)"
stop_daemon
rm $kept
ip -6 route del default
again
wait_for 10000 said "knows no address of it that can be reached from here" >/dev/null || fail "$(tail -5 "$scratch/daemon.log")"
ok "an address of IPv6 is no use where IPv6 has no way"
say 203.0.113.130 2001:db8:130::2
wait_for 15000 is_connected >/dev/null || fail "not connected: $(tail -5 "$scratch/daemon.log")"
same "of both, the one that has a way" 203.0.113.130:51820 "$(endpoint)"
stop_daemon
stop_server

echo "# What check says"
one_tunnel $config '' '[tunnels]
bootstrap = ["tls://9.9.9.9"]'
contains "who can be asked only in secret" "nobody can be asked where relay.vpn.example is" "$(sluice check $config | flat)"
