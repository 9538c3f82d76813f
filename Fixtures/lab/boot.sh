# SPDX-License-Identifier: MIT
# Before the daemon is there and after it has stopped: the blocking ruleset of the last run, the one for when there is none to read, on_stop.
. "$(dirname "$0")/claims.sh"

block="$(dirname "$0")/../../Packaging/systemd/block"
web() { curl "$@" -sS --max-time 2 http://203.0.113.11/ 2>&1; }

"$block" /var/lib/none
same "where the daemon has never run nothing is blocked" "" "$(nft list tables)"

routing='[leases]
grace = "1s"
[routing]'
begin '' "$routing
on_stop = \"block\""
dig +short git.corp.example >/dev/null
contains "it works" "client 203.0.113.130" "$(web)"
stop_daemon
same "on_stop = block: after the stop its address is not reached" 7 "$(curl -sS --max-time 2 http://203.0.113.11/ >/dev/null 2>&1; echo $?)"
watch_links "host 203.0.113.11 or net 10.20.0.0/16" eth0 lan0
for n in 1 2 3; do web >/dev/null; done
curl -sS --max-time 2 http://10.20.0.5/ >/dev/null 2>&1
stop_watching
same "and nothing of it leaves by eth0" 0 "$(packets_on eth0)"
same "nor by lan0" 0 "$(packets_on lan0)"
contains "others are" "client 198.51.100.10" "$(curl -4 -sS --max-time 2 http://203.0.113.13/)"
same "the tunnel's device is gone" 0 "$(ip link | grep -c wg1)"

begin '' "$routing"
contains "the next start takes it over and works" "client 203.0.113.130" "$(dig +short git.corp.example >/dev/null; web)"
stop_daemon
same "and its stop leaves nothing" "" "$(nft list tables)"

echo "# at boot: default = tunnel"
begin '' "$routing
default = \"tunnel\""
contains "all traffic is in the tunnel" "client 203.0.113.130" "$(curl -4 -sS --max-time 2 http://203.0.113.13/)"
stop_daemon
contains "outside without us" "client 198.51.100.10" "$(curl -4 -sS --max-time 2 http://203.0.113.13/)"
"$block" || fail "the ruleset kept by the last run is not taken"
watch_links "host 203.0.113.13 or port 53" eth0
curl -4 -sS --max-time 2 http://203.0.113.13/ >/dev/null 2>&1 && fail "reached before the daemon is there"
dig +tries=1 +time=1 @198.51.100.53 www.example >/dev/null 2>&1 && fail "a lookup got out"
stop_watching
same "blocked at boot: nothing on eth0" 0 "$(packets_on eth0)"
contains "the LAN is reached" "server 192.168.77.15" "$(curl -sS --max-time 2 http://192.168.77.15/ 2>&1)"
begin '' "$routing
default = \"tunnel\""
contains "the daemon opens it" "client 203.0.113.130" "$(curl -4 -sS --max-time 2 http://203.0.113.13/)"
sluice down --config $config >/dev/null
stop_daemon
"$block"
contains "after 'down' the boot blocks no one" "client 198.51.100.10" "$(curl -4 -sS --max-time 2 http://203.0.113.13/)"
nft delete table inet sluice

echo "# at boot: state that cannot be read"
echo garbage >/var/lib/sluice/block.nft
echo garbage >/var/lib/sluice/wish
cp /var/lib/sluice/block.nft "$scratch/garbage"
: >/var/lib/sluice/block.nft
"$block" 2>/dev/null || fail "no blocking ruleset"
curl -4 -sS --max-time 1 http://203.0.113.13/ >/dev/null 2>&1 && fail "reached after an empty ruleset"
ok "an empty ruleset blocks"
nft delete table inet sluice
cp "$scratch/garbage" /var/lib/sluice/block.nft
"$block" 2>/dev/null || fail "no blocking ruleset"
watch_links "ip or ip6" eth0 lan0
curl -4 -sS --max-time 1 http://203.0.113.13/ >/dev/null 2>&1 && fail "reached"
curl -sS --max-time 1 http://192.168.77.15/ >/dev/null 2>&1 && fail "reached"
ping -c 1 -W 1 203.0.113.13 >/dev/null 2>&1
ip netns exec inet timeout 2 bash -c 'exec 3<>/dev/tcp/198.51.100.10/1' 2>/dev/null
stop_watching
tcpdump -nn -r "$scratch/seen-eth0" 2>/dev/null | grep -v "ICMP6, \(neighbor\|router\)\|HBH ICMP6\|198.51.100.1\.[0-9]* > 198.51.100.10.1\|198.51.100.10.1 > 198.51.100.1\." >"$scratch/rest"
same "everything is blocked" "" "$(cat "$scratch/rest")"
contains "but who calls is answered" "198.51.100.10.1 > 198.51.100.1" "$(tcpdump -nn -r "$scratch/seen-eth0" 2>/dev/null)"
begin '' "$routing
default = \"tunnel\""
contains "and the daemon begins, connecting" "client 203.0.113.130" "$(curl -4 -sS --max-time 2 http://203.0.113.13/)"
stop_daemon
