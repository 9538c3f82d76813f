# SPDX-License-Identifier: MIT
# Bytes that a terminal obeys, in names, in answers and in reasons: whoever looks sees them spelled out, and no log holds them.
. "$(dirname "$0")/claims.sh"

config=/etc/sluice/one.toml
one_tunnel $config
printf '%s\n' 'tunnel corp.example' 'tunnel rude.corp.example via 10.64.1.1:5301' >/etc/sluice/rules.d/lab.rules
start_upstream relay1 10.64.1.1
start_connected
sluice monitor --config $config >"$scratch/monitor" 2>&1 &
sluice monitor --json --config $config >"$scratch/monitor.json" 2>&1 &
listening() { grep -q '"event":"monitor"' "$scratch/monitor.json"; }
wait_for 2000 listening >/dev/null || fail "nothing to hear"

clean() { # WHAT FILE: it says something, and has no control characters but the ends of lines, nor those of ISO 8859 or for text from right to left
    [[ -s $2 ]] || fail "$1 says nothing"
    if LC_ALL=C grep -q -a -P '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$2"; then fail "$1: $(od -c "$2" | head -40)"; else ok "$1"; fi
}
shown() { # WHAT COMMAND…: and its JSON
    local what=$1
    shift
    "$@" --config $config >"$scratch/shown" 2>&1
    clean "$what" "$scratch/shown"
    "$@" --json --config $config >"$scratch/shown.json" 2>&1
    clean "$what, as JSON" "$scratch/shown.json"
}
name='n\027[31m\010\013\000\127\194\155.corp.example'
same "such a name has an address" 203.0.113.11 "$(dig +short "$name" | tail -1)"
shown "query" sluice query "$name"
contains "which says the name" '\027[31m\010' "$(cat "$scratch/shown")"
shown "leases" sluice leases
contains "which says the name, too" '\027[31m\010' "$(cat "$scratch/shown")"
shown "leases of the name" sluice leases "$name"
shown "why" sluice why "$name"
shown "why of its address" sluice why 203.0.113.11
shown "flush" sluice flush "$name"
shown "a text" sluice query n1.rude.corp.example TXT
contains "which is spelled out" '\027[31m' "$(cat "$scratch/shown")"
shown "an alias" sluice query n2.rude.corp.example CNAME
contains "which is spelled out, too" '\027[31m' "$(cat "$scratch/shown")"
shown "a reason" sluice query n3.rude.corp.example A
contains "which is there" "SERVFAIL  (6: " "$(cat "$scratch/shown")"
shown "conflicts" sluice conflicts
shown "rules" sluice rules
shown "status" sluice status
# A rule with such bytes.
printf 'tunnel x\033[31m.example\n' >>/etc/sluice/rules.d/lab.rules
sluice reload --config $config >"$scratch/reload" 2>&1
same "a rule with such bytes is refused" 2 $?
contains "and told" "lab.rules:3:" "$(cat "$scratch/reload")"
clean "how it is told" "$scratch/reload"
sluice check $config >"$scratch/check" 2>&1
clean "check" "$scratch/check"
shown "status with it" sluice status
sleep 0.5
clean "what monitor said" "$scratch/monitor"
clean "as JSON" "$scratch/monitor.json"
clean "the log" "$scratch/daemon.log"
stop_daemon
kill "${upstreams[@]}"
