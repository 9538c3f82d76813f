# SPDX-License-Identifier: MIT
# The tunnel's device is taken away: its names are refused at once, its addresses unreachable, nothing of either on any other link.
# It comes back, and both work again within 2 s. Once with a device that somebody else brings up, once with one of ours.
. "$(dirname "$0")/claims.sh"

begin() { # what stands in [[tunnel]]
    cat >/etc/sluice/one.toml <<TOML
[dns]
system_servers = ["198.51.100.53", "192.168.77.1"]
[[tunnel]]
name = "one"
$1
TOML
    sluice run --config /etc/sluice/one.toml >"$scratch/daemon.log" 2>&1 &
    daemon=$!
    wait_for 3000 connected >"$scratch/time" || fail "not connected: $(state --config /etc/sluice/one.toml)"
    ok "connected in $(cat "$scratch/time") ms"
}
connected() { [[ $(state --config /etc/sluice/one.toml) == connected ]]; }
refused() { [[ $(state --config /etc/sluice/one.toml) == error ]]; }
works() { [[ $(curl -4 -sS --max-time 1 http://git.corp.example/) == *"client 203.0.113.130"* ]]; }
finish() { kill "$daemon"; wait "$daemon"; }
bring_up() {
    wireguard-go wg1 >/dev/null 2>&1
    sed '/^\(Address\|DNS\|MTU\)/d' /etc/wireguard/wg1.conf >"$scratch/wg1.conf"
    wg setconf wg1 "$scratch/wg1.conf"
    ip address add 10.64.1.2/32 dev wg1
    ip link set wg1 mtu 1420 up
}

echo "# interface ="
bring_up
begin 'interface = "wg1"
dns = ["10.64.1.1"]'
works || fail "the tunnel does not carry: $(curl -4 -sS --max-time 1 http://git.corp.example/ 2>&1)"
token=$(random)
watch_links "host 203.0.113.11 or port 53 or port 80" eth0 lan0
ip link delete wg1
for n in 1 2 3 4 5; do
    time=$(milliseconds dig +tries=1 +time=2 "$n$token.corp.example")
    contains "refused" SERVFAIL "$(cat "$scratch/output")"
    contains "with its reason" "EDE: 22" "$(cat "$scratch/output")"
    # dig itself takes 10 to 25 ms to start and end here.
    at_most "in milliseconds" 250 "$time"
done
contains "the cached name too" SERVFAIL "$(dig git.corp.example)"
contains "by TCP too" SERVFAIL "$(dig +tcp "6$token.corp.example")"
time=$(milliseconds curl -sS --max-time 5 http://203.0.113.11/)
contains "its address is unreachable" "connect" "$(cat "$scratch/output")"
at_most "and says so in milliseconds" 400 "$time"
ping -c 1 -W 1 203.0.113.11 >/dev/null 2>&1 && fail "ping reaches it"
sleep 1
stop_watching
for link in eth0 lan0; do
    same "no packet of either on $link" 0 "$(packets_on "$link")"
done
wait_for 1000 refused >/dev/null || fail "the state is $(state --config /etc/sluice/one.toml)"
contains "all other names are answered" 203.0.113.13 "$(dig +short www.example)"
start=$(date +%s%N)
bring_up
wait_for 2000 works >/dev/null || fail "two seconds after the device came back: $(sluice status --config /etc/sluice/one.toml)"
ok "name and traffic work again after $((($(date +%s%N) - start) / 1000000)) ms"
finish
ip link show wg1 >/dev/null 2>&1 || fail "somebody else's device was taken away"
ip link delete wg1

echo "# config ="
begin 'config = "/etc/wireguard/wg1.conf"'
works || fail "the tunnel does not carry"
watch_links "host 203.0.113.11 or port 53 or port 80" eth0 lan0
for round in 1 2 3; do
    ip link delete wg1
    contains "refused" SERVFAIL "$(dig +tries=1 "$round$token.corp.example")"
    curl -sS --max-time 1 http://203.0.113.11/ >/dev/null 2>&1 && fail "the address is reached"
    time=$(wait_for 2000 works) || fail "not back within 2 s: $(sluice status --config /etc/sluice/one.toml)"
    ok "made again, both work after $time ms"
done
stop_watching
for link in eth0 lan0; do
    same "no packet of either on $link" 0 "$(packets_on "$link")"
done
finish
