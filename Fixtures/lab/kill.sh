# SPDX-License-Identifier: MIT
# SIGKILL at any moment, again and again, under load: nothing leaves, nothing is half written, the next start takes over. Dead for longer than
# every lease: still nothing leaves. SLUICE_KILLS: how many (100).
. "$(dirname "$0")/claims.sh"

rounds=${SLUICE_KILLS:-100}
RANDOM=${SLUICE_SEED:-$$}
cat >>/etc/sluice/sluice.toml <<'TOML'
[leases]
grace = "1s"
TOML
state=/var/lib/sluice
pause() { sleep "0.$(printf %03d $((RANDOM % $1)))"; }
works() {
    [[ $(dig @127.0.0.53 +short +time=1 +tries=1 "n$RANDOM$RANDOM.corp.example" 2>&1) == 203.0.113.1[12] ]] &&
        curl -sS -o /dev/null --max-time 1 http://203.0.113.11/ && curl -sS -o /dev/null --max-time 1 http://10.20.0.5/
}
# Every file under the state folder is whole: each has its form, none is empty.
whole() {
    local file
    for file in "$state"/*; do
        case ${file##*/} in
            wish) [[ $(cat "$file") == up || $(cat "$file") == down ]] ;;
            src_valid_mark) [[ $(cat "$file") == [01] ]] ;;
            block.nft) nft -c -f "$file" ;;
            # What is being written, before it takes the name of the file; the next one writes it anew.
            *.new) true ;;
            *) [[ -d $file || -s $file ]] ;;
        esac || { echo "$file: $(head -c 300 "$file")"; return 1; }
    done
}

printf 'nameserver 198.51.100.53\noptions timeout:1\n' >/etc/resolv.conf
original=$(cat /etc/resolv.conf)
eyes_are_open
start_daemon /etc/sluice/sluice.toml
wait_for 5000 works >/dev/null || fail "the daemon does not work"
dig @127.0.0.53 +short AAAA git.corp.example >/dev/null
sluice activate >/dev/null || fail "activate: $(sluice activate 2>&1)"
taken=$(cat /etc/resolv.conf)
[[ $taken != "$original" ]] || fail "activate changed nothing"
watch_outside "$steered or port 53 or port 853"
start_load
touch "$scratch/faults"
broken=0
slowest=0
for ((round = 1; round <= rounds; round++)); do
    # While it works, while it starts, while it is told to go up and down.
    case $((round % 4)) in
        0) pause 300 ;;
        1) wait_for 8000 works >/dev/null || fail "round $round: no service after the next start" ;;
        2) (sluice down; sluice up) >/dev/null 2>&1 & ;;
        3) sluice reload >/dev/null 2>&1 & ;;
    esac
    pause 200
    kill -9 $daemon
    wait $daemon 2>/dev/null
    began=$(now)
    problem=$(whole) || fail "round $round: half written: $problem"
    [[ $(cat /etc/resolv.conf) == "$taken" ]] || fail "round $round: resolv.conf is $(cat /etc/resolv.conf)"
    nft list table inet sluice >/dev/null 2>&1 || broken=$((broken + 1))
    ((round % 5)) || pause 400
    echo "$began $(now) kill" >>"$scratch/faults"
    start_daemon /etc/sluice/sluice.toml
    if ((round % 4 == 2)); then wait_for 2000 sluice up >/dev/null || fail "round $round: sluice up: $(sluice up 2>&1)"; fi
done
time=$(wait_for 8000 works) || fail "no service after the last start: $(sluice status)"
ok "after $rounds kills it works, $time ms after the last start"
same "times that the table was not there when it died" 0 $broken
ok "after each of $rounds kills every file of the state was whole"
same "resolv.conf is whole" "$taken" "$(cat /etc/resolv.conf)"
stop_load

# Dead for longer than any address is owed (60 s at least, DESIGN.md "Leases").
start_load
dig @127.0.0.53 +short git.corp.example >/dev/null
sleep 0.5
kill -9 $daemon
wait $daemon 2>/dev/null
loaded=(203.0.113.11:80 '[2001:db8:203::11]:80' 10.20.0.5:80)
died=$(now)
contains "dead: steered addresses go in the tunnel as before" "client 203.0.113.130" "$(curl -4 -sS --max-time 2 http://203.0.113.11/ 2>&1)"
stop_load
ip link delete wg1
ip link delete wg2
start_load
sleep $((64 - ($(now) - died) / 1000))
stop_load
same "without the devices nothing is reached, after 64 s neither" 0 "$(grep '^total tcp' "$scratch/load" | grep -c ' connected')"
curl -4 -sS --max-time 1 http://203.0.113.11/ >/dev/null 2>&1 && fail "reached outside"
contains "while other addresses are" "client 198.51.100.10" "$(curl -4 -sS --max-time 2 http://203.0.113.20/ 2>&1)"
start_daemon /etc/sluice/sluice.toml
time=$(wait_for 8000 works) || fail "no service after a minute dead: $(sluice status)"
ok "the next start works after $time ms"
same "resolv.conf still leads to us" "$taken" "$(cat /etc/resolv.conf)"
kill -9 $daemon
wait $daemon 2>/dev/null
sluice repair >"$scratch/output" 2>&1 || fail "repair: $(cat "$scratch/output")"
same "repair gives resolv.conf back while nobody runs" "$original" "$(cat /etc/resolv.conf)"
start_daemon /etc/sluice/sluice.toml
wait_for 8000 works >/dev/null || fail "no service at last"
nothing_steered_outside
stop_daemon
same "an ordinary stop leaves nothing" "" "$(nft list tables)"
same "and resolv.conf as it was" "$original" "$(cat /etc/resolv.conf)"
