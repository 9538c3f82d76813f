# SPDX-License-Identifier: MIT
# The relay's resolver is silent, then answers too late: nothing of the question leaves by another way, not even quoted in an ICMP error.
. "$(dirname "$0")/claims.sh"

# With another node, that one would be asked.
begin
resolver=$(ip netns pids relay1 | while read -r pid; do [[ $(cat /proc/$pid/comm) == unbound ]] && echo "$pid"; done)
[[ -n $resolver ]] || fail "no resolver in relay1"
token=$(random)
watch_links "" eth0 lan0 wg1
kill -STOP $resolver
time=$(milliseconds dig +tries=1 +time=8 "$token.corp.example")
contains "refused" SERVFAIL "$(cat "$scratch/output")"
contains "with its reason" "EDE: 22" "$(cat "$scratch/output")"
at_most "within five seconds, in milliseconds" 5200 "$time"
same "a name of the system's resolver is answered meanwhile" 203.0.113.13 "$(dig +tries=1 +time=1 +short www.example)"
kill -CONT $resolver
sleep 1
stop_watching
asked=$(tcpdump -nn -r "$scratch/seen-wg1" "udp dst port 53" 2>/dev/null | grep -ci "$token")
at_most "questions sent in the tunnel" 5 "$asked"
((asked >= 2)) || fail "the resolver was asked only $asked times"
answers=$(tcpdump -nn -r "$scratch/seen-wg1" "udp src port 53" 2>/dev/null | wc -l)
((answers >= 1)) || fail "no late answer came: this test proves nothing"
ok "late answers came: $answers"
for link in eth0 lan0; do same "nothing with the name on $link" 0 "$(bytes_seen $link "$token")"; done
stop_daemon
