# SPDX-License-Identifier: MIT
# Another program flushes the whole ruleset: the table is built again within a second, with every address that is owed.
. "$(dirname "$0")/claims.sh"

dig +short git.corp.example >/dev/null
nft flush ruleset
held() { nft list set inet sluice tunnel4 2>/dev/null | grep -q 203.0.113.11; }
time=$(wait_for 1000 held) || fail "the set is not back within a second: $(nft list tables)"
ok "back with its address after $time ms"
contains "status counts it" '"repairs":1' "$(sluice status --json)"
contains "traffic goes in the tunnel" "client 203.0.113.130" "$(curl -4 -sS --max-time 5 http://203.0.113.11/)"
contains "a network of a rule too" "client 10.64.1.2" "$(curl -sS --max-time 5 http://10.20.0.5/)"
sluice leaktest --quick >/dev/null
same "the leak test is clean" 0 $?
ip rule del pref 10010
restored() { ip rule | grep -q 'fwmark 0x1000000/0xff000000 lookup 5151'; }
time=$(wait_for 1000 restored) || fail "a deleted rule is not back within a second"
ok "a deleted rule is back after $time ms"

# SIGKILL: what must not leave, does not, for as long as the daemon is dead; the next start takes over.
kill -9 "$(cat /run/sluice/pid)"
contains "with the daemon dead the address still goes in the tunnel" "client 203.0.113.130" "$(curl -4 -sS --max-time 5 http://203.0.113.11/)"
watch_links "host 203.0.113.11" eth0
ip link delete wg1
ip link delete wg2
curl -4 -sS --max-time 1 http://203.0.113.11/ >/dev/null 2>&1 && fail "reached without a tunnel"
stop_watching
same "and without the devices nowhere" 0 "$(packets_on eth0)"
sluice run >"$scratch/daemon.log" 2>&1 &
taken_over() { adopted=$(nft list set inet sluice tunnel4) && [[ -S /run/sluice/control ]] && sluice status >/dev/null; }
wait_for 3000 taken_over >/dev/null || fail "no status"
works() { [[ $(dig +short +time=1 +tries=1 git.corp.example) == 203.0.113.11 ]]; }
wait_for 3000 works >"$scratch/time" || fail "the next start does not answer"
ok "the next start answers after $(cat "$scratch/time") ms"
contains "and has taken over what was steered before anybody asked again" 203.0.113.11 "$adopted"
kill $!
wait $!
same "and its ordinary stop leaves nothing" "" "$(nft list tables)"
