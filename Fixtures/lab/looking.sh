# SPDX-License-Identifier: MIT
# What those who look are told: who owns an address and until when, what claims it twice, why a name or an address goes where it goes, as the
# kernel has it; by root, by a member of the group and by others; and that 65,000 leases told to one keep nobody else waiting.
. "$(dirname "$0")/claims.sh"

narrow() { awk 'length > 80 { print; wide = 1 } END { exit wide }'; }
fits() { # WHAT COMMAND…
    local what=$1
    shift
    "$@" >"$scratch/output" 2>&1
    if narrow <"$scratch/output" >"$scratch/wide"; then ok "$what fits 80 columns"; else fail "$what is wider: $(cat "$scratch/wide")"; fi
}
has() { contains "$1" "$2" "$(cat "$scratch/output")"; }
json() { # COMMAND… : one object of schema 1, left in $scratch/output
    "$@" --json >"$scratch/output" 2>"$scratch/errors"
    local code=$?
    [[ $(wc -l <"$scratch/output") == 1 && $(cat "$scratch/output") == '{'*'"schema":1'*'}' ]] || fail "$* --json: $(cat "$scratch/output")"
    return $code
}

echo "# leases"
same "nothing owed at first" "no rule owns an address now" "$(sluice leases)"
token=$(random)
dig +short "www.corp.example" "a.video.example" "nas.home" >/dev/null
dig +short AAAA "www.corp.example" >/dev/null
fits "leases" sluice leases
has "with route and name" "203.0.113.11      tunnel"
same "and nothing else" 5 "$(wc -l <"$scratch/output")"
fits "leases of a name" sluice leases www.corp.example
has "with its rule's place" "(/etc/sluice/rules.d/lab.rules:2)"
has "and what the kernel has" "in its set"
same "both addresses" 2 "$(grep -c '^[0-9a-f]*[.:]' "$scratch/output")"
fits "leases of an address" sluice leases 2001:db8:203::11
has "with its owner" "www.corp.example"
same "an address nobody owns" "192.0.2.1 is owed to no rule" "$(sluice leases 192.0.2.1)"
json sluice leases || fail "leases --json ends with $?"
same "all in JSON" 4 "$(grep -o '"in_kernel":true' "$scratch/output" | wc -l)"

echo "# why"
fits "why of a name" sluice why www.corp.example
has "its addresses" "203.0.113.11"
has "the set of the second family" "tunnel6"
has "the kernel's way with the mark" "mark 0x01: by wg1 from 10.64.1.2 table 5151"
has "and without it" "no mark: by eth0 via 198.51.100.1 from 198.51.100.10 table main"
has "for IPv6 too" "mark 0x01: by wg1 from fd64:1::2 table 5151"
said=$(ip route get 203.0.113.11 mark 0x01000000)
contains "as ip says" "dev wg1 table 5151 src 10.64.1.2" "$said"
fits "why of an address" sluice why 203.0.113.11
has "who owns it" "www.corp.example"
contains "a network's" "tunnel 10.20.0.0/16" "$(sluice why 10.20.9.9)"
contains "nobody's" "nobody" "$(sluice why 192.0.2.1)"
contains "this machine's" "it is this machine's" "$(sluice why 198.51.100.10)"
contains "a name nobody has asked for" "nobody has asked for its addresses lately" "$(sluice why "$token.corp.example")"
ip rule add pref 5 to 203.0.113.11 unreachable
contains "what the kernel would not send" "mark 0x01: unreachable" "$(sluice why 203.0.113.11)"
ip rule del pref 5
json sluice why 203.0.113.11 || fail "why --json ends with $?"
has "the verdict in JSON" '"interface":"wg1"'

echo "# conflicts"
sluice conflicts >"$scratch/output"
same "none: 0" 0 $?
echo "direct other.corp.example" >>/etc/sluice/rules.d/lab.rules
sluice reload >/dev/null
# The system's resolver answers names outside with one address, which a tunnel rule then claims too.
echo "tunnel clash.example via 198.51.100.53" >>/etc/sluice/rules.d/lab.rules
sluice reload >/dev/null || fail "$(sluice reload)"
dig +short x.clash.example >/dev/null
dig +short b.video.example >/dev/null
fits "conflicts" sluice conflicts
sluice conflicts >"$scratch/output" 2>&1
same "some: 2" 2 $?
has "with the tunnel's name" "x.clash.example"
has "and the other's" "b.video.example"
has "and what is done" "goes in the tunnel"
json sluice conflicts
same "2 in JSON too" 2 $?
same "the kernel's word is the same" 1 "$(nft list set inet sluice tunnel4 | grep -c 203.0.113.13)"

echo "# rules, flush, status"
fits "rules" sluice rules
has "by file" "/etc/sluice/rules.d/lab.rules"
has "by action" "3 tunnel, 2 direct, 1 lan, 1 block"
json sluice rules || fail "rules --json ends with $?"
before=$(sluice status --json | field total)
dig +short www.corp.example >/dev/null
contains "flush says how many, and that addresses stay owed" "stay owed" "$(sluice flush www.corp.example)"
same "the leases are still there" 2 "$(sluice leases www.corp.example | grep -c '^[0-9a-f]*[.:]')"
contains "flush of all" "forgotten: " "$(sluice flush)"
contains "and again: nothing" "forgotten: 0 answers" "$(sluice flush)"
fits "status" sluice status
at_most "its lines: one screen" 24 "$(wc -l <"$scratch/output")"

echo "# errors are JSON where JSON was asked for"
json sluice leases --config /dev/null
same "leases of no name" 64 "$(json sluice leases a..b; echo $?)"
has "says what" '"error":"'
json sluice status --config "$scratch/none.toml" || true
printf '[paths]\nrun = "%s/nowhere"\n' "$scratch" >"$scratch/other.toml"
for verb in status leases conflicts rules flush reload up down monitor "query a.example" "exec --pid 1"; do
    same "$verb without a daemon: 3" 3 "$(json sluice $verb --config "$scratch/other.toml"; echo $?)"
    has "$verb: an error and a hint" '"hint":"start it'
done

echo "# who may see what"
as() { # USER GROUP COMMAND…
    local user=$1 group=$2
    shift 2
    setpriv --reuid "$user" --regid "$group" --clear-groups sluice "$@" >"$scratch/output" 2>&1
}
as 65534 65534 leases
same "leases for another: 4" 4 $?
as 65534 65534 why www.corp.example || fail "why for another: $(cat "$scratch/output")"
has "why tells another the rule" "tunnel corp.example"
has "and what they may not see" "you may not read it"
as 65534 65534 why 203.0.113.11 || fail "why ADDRESS for another: $(cat "$scratch/output")"
has "the sets are root's" "only root may read"
has "the routes are everybody's" "by eth0"
ended() { ! kill -0 "$1" 2>/dev/null; }
former=$(cat /run/sluice/pid)
kill "$former"
wait_for 5000 ended "$former" >/dev/null || fail "the daemon does not end"
sed -i '1i [control]\ngroup = "games"' /etc/sluice/sluice.toml
config=/etc/sluice/sluice.toml
start_daemon $config
wait_for 5000 is_connected >/dev/null || fail "not connected again"
dig +short www.corp.example >/dev/null
games=$(getent group games | cut -d: -f3)
as 65534 "$games" why www.corp.example || fail "why for a member: $(cat "$scratch/output")"
has "a member of the group is told by the daemon: the servers" "10.64.1.1:53"
has "the sets" "tunnel4"
as 65534 "$games" leases || fail "leases for a member"
has "and the leases" "203.0.113.11"
as 65534 "$games" flush || fail "flush for a member: $(cat "$scratch/output")"
stop_daemon

echo "# without a daemon"
fits "why" sluice why www.corp.example
has "the decision" "path      tunnel"
has "what is not known" "no daemon to ask"
fits "why of an address" sluice why 203.0.113.11
has "the kernel's way" "by eth0 via 198.51.100.1"
has "who owns it is not known" "not known: no daemon to ask"

echo "# 65,000 leases"
ip netns exec relay1 "$SLUICE_PROBE" serve 10.64.1.1:5300 >"$scratch/serve" &
server=$!
wait_for 2000 grep -q ready "$scratch/serve" >/dev/null || fail "no server"
echo "tunnel many.example via 10.64.1.1:5300" >>/etc/sluice/rules.d/lab.rules
start_daemon $config
wait_for 5000 is_connected >/dev/null || fail "not connected again"
"$SLUICE_PROBE" ask 127.0.0.53:53 many.example 0 65000 >"$scratch/ask" || fail "$(cat "$scratch/ask")"
# While it is told: the longest wait of those who ask for names meanwhile.
"$SLUICE_PROBE" wait 127.0.0.53:53 2000 >"$scratch/calm" || fail "$(cat "$scratch/calm")"
for verb in "leases --json" "leases --all" conflicts "leases n77.many.example" "why n77.many.example"; do
    "$SLUICE_PROBE" wait 127.0.0.53:53 3000 >"$scratch/wait" &
    waiter=$!
    sleep 0.2
    took=$(milliseconds sluice $verb)
    wait $waiter || fail "$(cat "$scratch/wait")"
    longest=$(awk '{ print $4 }' "$scratch/wait")
    echo "# $verb: $took ms; longest wait of others $longest µs, without it $(awk '{ print $4 }' "$scratch/calm") µs"
    at_most "$verb of 65,000: the longest wait of others in ms" 60 $((longest / 1000))
done
sluice leases --json >"$scratch/output"
same "all of them" 65000 "$(grep -o '"name":"n[0-9]*.many.example"' "$scratch/output" | sort -u | wc -l)"
sluice leases >"$scratch/output" 2>"$scratch/errors"
same "a table has the first 500" 501 "$(wc -l <"$scratch/output")"
contains "and says so" "the first 500 of 65,0" "$(cat "$scratch/errors")"
stop_daemon
kill $server
