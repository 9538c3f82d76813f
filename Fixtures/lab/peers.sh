# SPDX-License-Identifier: MIT
# Two peers on one device, each a node: the active one has the AllowedIPs. It dies, and they move to the other in one call; a flow that both
# relays carry goes on, and lookups go on. Nothing goes elsewhere.
. "$(dirname "$0")/claims.sh"

config=/etc/sluice/peers.toml
pid_of() { pgrep -f "^(/[a-z/]*)?wireguard-go wgr${1#relay}\$" | head -1; }
on_relay() { local relay=$1; shift; nsenter -t "$(pid_of "$relay")" -m -n "$@"; }
key() { sed -n 's/^PublicKey = //p' "/etc/wireguard/wg$1.conf"; }
own=$(sed -n 's/^PrivateKey = //p' /etc/wireguard/wg1.conf | wg pubkey)
# The second relay serves the same client at the same addresses.
on_relay relay2 wg set wgr2 peer "$own" allowed-ips 10.64.1.2/32
ip -n relay2 address add 10.64.1.1/32 dev lo
ip -n relay2 route add 10.64.1.2/32 dev wgr2
ip netns exec relay2 nft -f - <<<'table ip same { chain prerouting { type nat hook prerouting priority dstnat; ip daddr 10.64.1.1 meta l4proto { tcp, udp } th dport 53 dnat to 10.64.2.1; }; }'
cat >/etc/wireguard/both.conf <<CONF
[Interface]
PrivateKey = $(sed -n 's/^PrivateKey = //p' /etc/wireguard/wg1.conf)
Address = 10.64.1.2/32
DNS = 10.64.1.1
[Peer]
PublicKey = $(key 1)
Endpoint = 203.0.113.130:51820
AllowedIPs = 0.0.0.0/0
[Peer]
PublicKey = $(key 2)
Endpoint = 203.0.113.134:51820
AllowedIPs = 0.0.0.0/0
CONF
chmod 600 /etc/wireguard/both.conf
cat >$config <<'TOML'
[dns]
system_servers = ["198.51.100.53", "192.168.77.1"]
[[tunnel]]
name = "both"
config = "/etc/wireguard/both.conf"
nodes = "peers"
[health]
interval = "100ms"
[rules]
files = ["/etc/sluice/rules.d/*.rules"]
TOML
allowed() { wg show both allowed-ips | awk -v k="$(key "$1")" '$1 == k { print $2 }'; }
by() { [[ $(dig +short +tries=1 +time=1 "n$RANDOM$RANDOM.corp.example") == "$1" ]]; }

same "check finds nothing to complain of" "" "$(sluice check $config 2>&1 | grep -i 'error\|allowedips\|nodes')"
eyes_are_open
start_connected
wait_for 3000 by 203.0.113.11 >/dev/null || fail "the first peer does not answer: $(sluice tunnels --config $config)"
same "the first peer has the AllowedIPs" "0.0.0.0/0 (none)" "$(allowed 1) $(allowed 2)"
wait_for 30000 eval "[[ \$(wg show both latest-handshakes | awk '\$2 > 0' | wc -l) == 2 ]]" >/dev/null || fail "the second peer is not warm: $(wg show both)"
ok "the second is warm"
contains "and told of" "peer 1 of 2" "$(sluice tunnels --config $config)"
contains "the second, too" "peer 2 waits: handshake " "$(sluice tunnels --config $config)"
watch_outside "$steered or port 53 or port 853"
# What both relays know goes on, from the same socket: its address here is the same.
echo 'tunnel 10.64.1.1/32' >/etc/sluice/rules.d/peers.rules
sluice reload --config $config >/dev/null || fail "no reload"
echoes=()
for relay in relay1 relay2; do
    ip netns exec $relay python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('10.64.1.1', 7777))
while True: s.sendto(b'$relay', s.recvfrom(100)[1])" &
    echoes+=($!)
done
python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(('10.64.1.1', 7777))
s.settimeout(0.05)
while True:
    try:
        s.send(b'who')
        print(s.recv(100).decode(), flush=True)
    except TimeoutError:
        pass
    except OSError as error:
        print(error, flush=True)
    time.sleep(0.02)" >"$scratch/one-socket" &
echoes+=($!)
wait_for 5000 grep -q relay1 "$scratch/one-socket" >/dev/null || fail "no echo by the first: $(cat "$scratch/one-socket")"
"$SLUICE_PROBE" through 100 10 corp.example 203.0.113.11:80 >"$scratch/through" &
through=$!
sleep 1
began=$(now)
ip -n inet link set relay1 down
wait_for 5000 grep -q "^answer .* 203.0.113.12" "$scratch/through" >/dev/null || fail "no answer by the second: $(sluice tunnels --config $config; tail -3 "$scratch/through"; wg show both)"
first() { awk -v since="$began" -v word="$1" -v who="$2" '$1 == word && $2 >= since && $3 == who { print $2 - since; exit }' "$scratch/through"; }
at_most "milliseconds to the first answer by the second" 400 "$(first answer 203.0.113.12)"
wait_for 3000 grep -q "^connect .* 203.0.113.134" "$scratch/through" >/dev/null || fail "no connection by the second"
at_most "and to the first connection" 500 "$(first connect 203.0.113.134)"
same "the AllowedIPs have moved" "(none) 0.0.0.0/0" "$(allowed 1) $(allowed 2)"
wait_for 2000 grep -q relay2 "$scratch/one-socket" >/dev/null || fail "a flow does not go on: $(tail -2 "$scratch/one-socket")"
same "what was connected goes on, without an error" "relay1 relay2" "$(sed -n '/relay1/,$p' "$scratch/one-socket" | uniq | flat)"
kill "${echoes[@]}"
contains "which is told" "peer 2 of 2" "$(sluice tunnels --config $config)"
same "the state was never another" 0 "$(grep -c 'connected → ' "$scratch/daemon.log")"
sleep 1
kill $through
wait $through 2>/dev/null
echo >"$scratch/faults"
nothing_steered_outside
stop_daemon
same "nothing of ours is left" "" "$(ip link show both 2>/dev/null)"
