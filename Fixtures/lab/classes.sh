# SPDX-License-Identifier: MIT
# What a rule has its traffic bear: seen on the tunnel's device and on both others, from here and from behind us; a queueing discipline sorts by it.
. "$(dirname "$0")/claims.sh"

rules=/etc/sluice/rules.d/classes.rules
cat >$rules <<'RULES'
tunnel =git.corp.example     dscp=46 priority=1:10
tunnel 10.20.0.4/30          dscp=10
direct =cdn.video.example    dscp=8
RULES
begin
same "nothing to be warned of" "" "$(sluice check --config $config | grep -i 'dscp\|priority')"
ip netns exec lan ip route add 203.0.113.0/24 via 192.168.77.10
sysctl -qw net.ipv4.ip_forward=1
git=$(dig +short git.corp.example) cdn=$(dig +short cdn.video.example) other=$(dig +short leased.corp.example)
[[ $git && $cdn && $other && $other != "$git" ]] || fail "names: $git, $cdn, $other"
contains "why says so" "tunnel =git.corp.example dscp=46 priority=1:10" "$(sluice why git.corp.example --config $config | flat)"

# The way a program here, or one behind us, gets its answer; what it gives is not of interest.
here() { curl -4 -sS -o /dev/null --max-time 2 "http://$1/" || fail "no answer of $1"; }
behind() { ip netns exec lan curl -4 -sS -o /dev/null --max-time 2 "http://$1/" || fail "behind us no answer of $1"; }
# The code points of a call's packets with its address at this end, as they left by the link.
codes() { # LINK here|behind ADDRESS [dst|src]
    local end=${4:-dst}
    watch_links "tcp and host $3" "$1"
    $2 "$3"
    stop_watching
    tcpdump -nn -v -r "$scratch/seen-$1" "$end host $3" 2>/dev/null | grep -o 'tos 0x[0-9a-f]*' | sort -u | cut -d' ' -f2 | flat
}
same "here, in the tunnel" 0xb8 "$(codes wg1 here "$git")"
same "behind us" 0xb8 "$(codes wg1 behind "$git")"
same "and back to it" 0xb8 "$(codes lan0 behind "$git" src)"
same "another name's bear none" 0x0 "$(codes wg1 here "$other")"
same "a network's" 0x28 "$(codes wg1 here 10.20.0.5)"
same "outside" 0x20 "$(codes eth0 here "$cdn")"
watch_links "udp port 51820 and dst host 203.0.113.130" eth0
here "$git"
stop_watching
(($(packets_on eth0) > 4)) || fail "WireGuard sent nothing"
same "WireGuard does not show it" 0 "$(tcpdump -nn -v -r "$scratch/seen-eth0" 'ip[1] & 0xfc != 0' 2>/dev/null | grep -c 'tos 0xb8')"
watch_links "tcp and host $git" eth0
sluice exec --config $config --outside -- curl -4 -sS -o /dev/null --max-time 2 "http://$git/" || fail "no answer outside"
stop_watching
same "an excluded app's flow is no rule's" 0x0 "$(tcpdump -nn -v -r "$scratch/seen-eth0" "dst host $git" 2>/dev/null | grep -o 'tos 0x[0-9a-f]*' | sort -u | cut -d' ' -f2)"

echo "# a queueing discipline"
tc qdisc add dev wg1 root handle 1: htb default 20
tc class add dev wg1 parent 1: classid 1:1 htb rate 10mbit
tc class add dev wg1 parent 1:1 classid 1:10 htb rate 8mbit ceil 10mbit
tc class add dev wg1 parent 1:1 classid 1:20 htb rate 2mbit ceil 10mbit
sorted() { tc -s class show dev wg1 classid "$1" | awk '/Sent/ { print $4; exit }'; }
before=$(sorted 1:10)
here "$other"
same "another name's packets in the class of 1:10" 0 "$(($(sorted 1:10) - before))"
here "$git"
((($(sorted 1:10) - before) >= 4)) || fail "none of ours in the class: $(tc -s class show dev wg1)"
ok "those of the rule: $(($(sorted 1:10) - before))"

echo "# rules change"
nft flush set inet sluice tunnel4_class0
stands() { nft list set inet sluice tunnel4_class0 | grep -q "$git"; }
wait_for 3000 stands >/dev/null || fail "the set is not filled again"
ok "what another has emptied is written again"
sed -i 's/dscp=46 priority=1:10/dscp=34/' $rules
sluice reload --config $config >/dev/null || fail "no reload"
same "another class, without a question" 0x88 "$(codes wg1 here "$git")"
rm $rules
sluice reload --config $config >/dev/null || fail "no reload"
same "and none" 0x0 "$(codes wg1 here "$git")"
stop_daemon
