# SPDX-License-Identifier: MIT
# What is owed lasts: over a restart, a flush, a SIGKILL and a boot, for clients that never ask again; and goes with the rule that wanted it.
. "$(dirname "$0")/claims.sh"

leases=/var/lib/sluice/leases
has() { nft get element inet sluice "$1" "{ $2 }" >/dev/null 2>&1; }
held() { if has "$2" "$3"; then ok "$1"; else fail "$1: $3 is not in $2: $(nft list set inet sluice "$2" 2>&1)"; fi; }
free() { if has "$2" "$3"; then fail "$1: $3 is in $2"; else ok "$1"; fi; }
web() { curl -4 -sS --max-time 2 "http://$1/" 2>&1; }
again() { start_daemon $config; wait_for 8000 is_connected >/dev/null || fail "not connected: $(sluice status --config $config)"; }
die() { kill -9 $daemon; wait $daemon 2>/dev/null; }
questions() { sluice status --json --config $config | field total; }

begin
dig +short git.corp.example >/dev/null
dig +short AAAA git.corp.example >/dev/null
dig +short www.video.example >/dev/null
held "an answer's address is steered" tunnel4 203.0.113.11
held "of the other family too" tunnel6 2001:db8:203::11
held "and that of a direct rule" direct4 203.0.113.13
same "the tunnel's never end by themselves" 0 "$(nft list set inet sluice tunnel4 | grep -c 'timeout [0-9]\|expires')"
contains "the direct one's do" "expires" "$(nft get element inet sluice direct4 '{ 203.0.113.13 }')"

echo "# an ordinary stop and a start, while the client keeps what it knows"
stop_daemon
same "the stop leaves no table" "" "$(nft list tables)"
[[ -s $leases ]] || fail "nothing is written down"
again
held "steered again before anybody has asked" tunnel4 203.0.113.11
held "of the other family too" tunnel6 2001:db8:203::11
held "and the direct one" direct4 203.0.113.13
contains "which ends by itself, as before" "expires" "$(nft get element inet sluice direct4 '{ 203.0.113.13 }')"
same "the tunnel's do not" 0 "$(nft list set inet sluice tunnel4 | grep -c 'timeout [0-9]\|expires')"
same "no question was asked" 0 "$(questions)"
contains "the warm client's connection goes in the tunnel" "client 203.0.113.130" "$(web 203.0.113.11)"

echo "# after another program's flush"
nft flush ruleset
back() { has tunnel4 203.0.113.11 && has direct4 203.0.113.13; }
time=$(wait_for 1000 back) || fail "not back within a second"
ok "back after $time ms, with nobody asking"

echo "# SIGKILL, and nothing left in the kernel"
dig +short wiki.corp.example >/dev/null
dig +short intranet.corp.example >/dev/null
held "the newest address" tunnel4 10.20.0.5
written() { grep -q -a "intranet" $leases; }
time=$(wait_for 12000 written) || fail "the newest is not written down"
ok "the newest name was written down after $time ms"
die
nft flush ruleset
again
held "steered from the file alone" tunnel4 203.0.113.11
held "the newest too" tunnel4 10.20.0.5
same "and nobody has asked" 0 "$(questions)"

echo "# SIGKILL before it was written down: what stands in the kernel is taken over"
dig +short h7.order.corp.example >/dev/null
die
again
held "an address that only the kernel knew" tunnel4 198.18.0.8

echo "# at boot, before the daemon"
stop_daemon
"$(dirname "$0")/../../Packaging/systemd/block" || fail "the blocking ruleset is not taken"
held "the blocking ruleset holds the learned address" tunnel4 203.0.113.11
watch_links "host 203.0.113.11" eth0 lan0
web 203.0.113.11 >/dev/null && fail "reached before the daemon is there"
stop_watching
same "nothing of it on eth0" 0 "$(packets_on eth0)"
contains "others are reached" "client 198.51.100.10" "$(web 203.0.113.20)"
again
contains "with the daemon it is reached in the tunnel" "client 203.0.113.130" "$(web 203.0.113.11)"

echo "# the rule goes"
stop_daemon
cp /etc/sluice/rules.d/lab.rules "$scratch/rules"
sed -i 's/^tunnel  *corp.example/tunnel wiki.corp.example/' /etc/sluice/rules.d/lab.rules
again
held "one of its owners has a rule still: it stays" tunnel4 203.0.113.11
free "the last owner of another has none: gone" tunnel4 10.20.0.5
cp "$scratch/rules" /etc/sluice/rules.d/lab.rules
sluice reload --config $config >/dev/null || fail "not reloaded"
dig +short intranet.corp.example >/dev/null
held "with the rule it is owed again" tunnel4 10.20.0.5
sed -i 's/^tunnel  *corp.example/tunnel wiki.corp.example/' /etc/sluice/rules.d/lab.rules
sluice reload --config $config >/dev/null || fail "not reloaded"
left() { ! has tunnel4 10.20.0.5; }
time=$(wait_for 2000 left) || fail "the rule went with a reload, the address stays"
ok "and goes with a reload, after $time ms"
held "while what has another owner stays" tunnel4 203.0.113.11
stop_daemon
cp "$scratch/rules" /etc/sluice/rules.d/lab.rules

echo "# a file that is none"
for kind in empty cut foreign; do
    case $kind in
        empty) : >$leases ;;
        cut) truncate -s -3 "$scratch/whole"; cp "$scratch/whole" $leases ;;
        foreign) head -c 5000 /dev/urandom >$leases ;;
    esac
    : >"$scratch/daemon.log"
    again
    contains "$kind: passed over, with a warning" "not known any more" "$(cat "$scratch/daemon.log")"
    contains "$kind: it works" 203.0.113.11 "$(dig +short git.corp.example)"
    stop_daemon
    cp $leases "$scratch/whole"
done
same "the last stop leaves nothing" "" "$(nft list tables)"
