# SPDX-License-Identifier: MIT
# What becomes of answers: names that lead inside without a rule, rules by an alias, rules that come when their names have been answered, and names
# that rules name exactly.
. "$(dirname "$0")/claims.sh"

rules() { printf '%s\n' "$@" >/etc/sluice/rules.d/lab.rules; sluice reload --config $config >/dev/null || fail "reload: $(sluice reload --config $config 2>&1)"; }
in_set() { nft get element inet sluice "$1" "{ $2 }" >/dev/null 2>&1 && echo yes || echo no; } # SET ADDRESS
status() { sluice status --json --config $config; }
late() { status | grep -o '"late":{[^}]*}' | field "$1"; }

echo "# rebinding"
echo "" >/etc/sluice/rules.d/lab.rules
begin 'setting = "default"'
sluice monitor --json --config $config >"$scratch/events" &
listening() { grep -q '"event":"monitor"' "$scratch/events"; }
wait_for 2000 listening >/dev/null || fail "nothing to hear"
output=$(dig intranet.corp.example)
contains "a name without a rule does not lead inside" SERVFAIL "$output"
contains "and is told what lets it" rebind_allow "$output"
contains "why says so of its address" "left out" "$(sluice why intranet.corp.example --config $config)"
same "counted" 1 "$(status | field rebinding)"
heard() { grep '"event":"rebinding"' "$scratch/events" | grep -q "intranet.corp.example 10.20.0.5"; }
wait_for 1000 heard >/dev/null || fail "monitor: $(cat "$scratch/events")"
ok "monitor shows it"
stop_daemon
begin 'setting = "default"
rebind_allow = ["corp.example"]'
same "a name that may" 10.20.0.5 "$(dig +short intranet.corp.example)"
stop_daemon

echo "# rules that come late"
begin 'setting = "system"'
same "outside, as without a rule" 203.0.113.13 "$(dig +short www.late.example)"
same "and nothing steered" no "$(in_set tunnel4 203.0.113.13)"
rules 'block late.example'
same "late: a client still knows the way of a blocked name" 1 "$(late names)"
(($(late seconds) > 0 && $(late seconds) <= 60)) || fail "until $(late seconds)"
ok "and until when"
rules 'tunnel late.example'
same "what a client holds is the tunnel's before it asks again" yes "$(in_set tunnel4 203.0.113.13)"
same "nobody is late then" 0 "$(late names)"
rules 'tunnel other.example'
same "with its rule it goes" no "$(in_set tunnel4 203.0.113.13)"

echo "# names that rules name exactly"
same "not known yet" no "$(in_set tunnel4 203.0.113.11)"
rules 'tunnel =exact.example'
is_in() { [[ $(in_set tunnel4 203.0.113.11) == yes ]]; }
wait_for 2000 is_in >/dev/null || fail "not looked up: $(nft list set inet sluice tunnel4)"
ok "looked up in the tunnel before anybody asks"
stop_daemon

echo "# a rule by an alias"
begin 'setting = "system"'
rules 'block end.corp.example'
output=$(dig a.crossing.film.video.example)
contains "blocked by what it is an alias of" NXDOMAIN "$output"
contains "and is told so" end.corp.example "$output"
rules 'tunnel end.corp.example'
address=$(dig +short b.crossing.film.video.example | tail -1)
same "an alias's addresses are the tunnel's" yes "$(in_set tunnel4 "${address:-none}")"
stop_daemon
