# SPDX-License-Identifier: MIT
# Rules are exchanged again and again under questions: none is lost, each is answered by the one version or the other as a whole, a broken list
# keeps the last good one. RELOADS=1000 NAMES=100000 for the figures of the README; the questions come at 2,000 a second.
. "$(dirname "$0")/claims.sh"

reloads=${RELOADS:-60}
names=${NAMES:-20000}
rules=/etc/sluice/rules.d/swap.rules
list=/etc/sluice/swap.txt
pid=$(cat /run/sluice/pid)
log=$scratch/monitor
sluice monitor >"$log" 2>&1 &
monitor=$!

# Replaces a file as editors do.
put() { cat >"$1~" && mv "$1~" "$1"; }
names() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print "n" i ".swap.example" }'; }
version() { # 0: the public resolver answers; 1: the one in the LAN
    case $1 in
        0) echo "direct include plain $list via 203.0.113.53" ;;
        1) echo "lan include plain $list via 192.168.77.1" ;;
    esac | put $rules
}
address() { case $1 in 0) echo 203.0.113.14 ;; 1) echo 192.168.77.15 ;; esac; }
asked() { dig +tries=1 +time=2 +short "n$((RANDOM % names)).swap.example"; }
resident() { awk '/^VmRSS/ { print $2 }' /proc/"$pid"/status; }
total() { awk -v key="$1" '/^total/ { for (i = 2; i < NF; i++) if ($i == key) print $(i + 1) }' "$scratch/versions"; }
ask_all_the_time() { # SECONDS
    "$SLUICE_PROBE" versions "$1" 2000 500 203.0.113.14 192.168.77.15 swap.example >"$scratch/versions" &
    questions=$!
    wait_for 2000 grep -q '^versions' "$scratch/versions" >/dev/null || fail "no questions"
}

# By itself: a new rule file and its list, both written as programs do.
names "$names" | put $list
version 0
time=$(wait_for 8000 eval '[[ $(asked) == 203.0.113.14 ]]') || fail "a new rule file is not taken by itself: $(cat "$log")"
ok "a new rule file is in force by itself after $time ms"
contains "and status names the list" "$names" "$(sluice status | flat | grep "$list")"
contains "the difference is told" "$names added" "$(grep reload "$log" | tail -1)"
echo 'direct one.swap2.example via 203.0.113.53' >>$rules
wait_for 4000 eval '[[ $(dig +short one.swap2.example) == 203.0.113.14 ]]' >/dev/null || fail "a line written in place is not taken"
ok "a line written in place is in force"
contains "its difference too" "1 added (direct one.swap2.example via 203.0.113.53:53), none removed" "$(grep reload "$log" | tail -1)"
before=$(grep -c ' reload ' "$log")
for ((i = 0; i < 100; i++)); do version 0; sleep 0.02; done
sleep 1.5
storms=$(($(grep -c ' reload ' "$log") - before))
at_most "readings of a file that is written a hundred times in two seconds" 3 "$storms"
((storms >= 1)) || fail "none at all"

# Not one of these is in force; what was stays.
for harm in "" "<html>404</html>" "n1.swap.example"; do
    echo "$harm" | put $list
    output=$(sluice reload 2>&1); status=$?
    same "a list that is '$harm' ends reload with 2" 2 "$status"
    contains "and it says so" "stays in force" "$output"
    same "and names go as before" 203.0.113.14 "$(asked)"
done
rm $list
same "a list that is gone ends reload with 2" 2 "$(sluice reload >/dev/null 2>&1; echo $?)"
contains "status tells" "not taken: there is no such file" "$(sluice status | flat)"
contains "monitor tells" "$list: there is no such file" "$(grep ' list ' "$log" | tail -1)"
contains "check tells it too" "its last good version, of $names entries, stays in force" "$(sluice check 2>&1)"
names "$names" | put $list
sluice reload >/dev/null || fail "not reloaded: $(sluice status)"
contains "monitor tells that it is taken again" "$list is taken again" "$(grep ' list ' "$log" | tail -1)"
echo 'tunel corp.example' | put /etc/sluice/rules.d/bad.rules
same "a rule file with an error ends reload with 2" 2 "$(sluice reload >/dev/null 2>&1; echo $?)"
same "and all stays" 203.0.113.14 "$(asked)"
rm /etc/sluice/rules.d/bad.rules

# A rule file whose writer broke off does not open what it closed: only who asks for it gets it.
mine=/etc/sluice/rules.d/mine.rules
echo 'block mine.swap2.example' | put $mine
sluice reload >/dev/null || fail "not reloaded: $(sluice status)"
blocked() { [[ $(dig +noall +comments mine.swap2.example) == *NXDOMAIN* ]]; }
blocked || fail "no rule to lose"
for harm in ": >$mine" "rm $mine" "mkdir /etc/sluice/away; mv /etc/sluice/rules.d/* /etc/sluice/away"; do
    before=$(grep -c 'not reloaded' "$log")
    eval "$harm"
    wait_for 4000 eval '(($(grep -c "not reloaded" "$log") > before))' >/dev/null || fail "'$harm' is not told: $(cat "$log")"
    contains "'$harm' is not taken by itself, and status says what takes it" "'sluice reload' takes it" "$(sluice status | flat)"
    blocked || fail "'$harm' opened what was blocked"
    [[ -d /etc/sluice/away ]] && mv /etc/sluice/away/* /etc/sluice/rules.d/ && rmdir /etc/sluice/away
    echo 'block mine.swap2.example' >$mine
    wait_for 4000 eval '[[ $(sluice status | flat) != *rejected* ]]' >/dev/null || fail "the good file is not taken: $(sluice status)"
    ok "the next good writing is"
done
mv $mine /etc/sluice/rules.d/other.rules
wait_for 4000 eval '[[ $(sluice status) == *other.rules* ]]' >/dev/null || fail "a new name is not taken: $(sluice status)"
ok "a rule file may have another name"
: >/etc/sluice/rules.d/other.rules
contains "who asks for it gets it, and is told" "1 removed (block mine.swap2.example)" "$(sluice reload)"
blocked && fail "it is blocked still"
rm /etc/sluice/rules.d/other.rules
sluice reload >/dev/null

# Without reloads, to compare.
ask_all_the_time 10
wait $questions
quiet=$(total p99)
echo "# at rest:      $(grep ^total "$scratch/versions")"
same "no question is lost at rest" 0 "$(total lost)"
sluice reload >/dev/null
first=$(resident)

# As many reloads, every second one with the other version, every tenth with a broken list.
ask_all_the_time 3600
broken=0
wrong=0
began=$(now)
for ((i = 0; i < reloads; i++)); do
    if ((i % 10 == 9)); then
        case $((i / 10 % 3)) in
            0) : | put $list ;;
            1) echo '<!DOCTYPE html>' | put $list ;;
            2) names 3 | put $list ;;
        esac
    elif ((i % 10 == 0)); then
        names "$names" | put $list
    fi
    version $((i % 2))
    if [[ $((i % 3)) == 0 ]]; then
        kill -HUP "$pid"
        wait_for 20000 eval '[[ $(asked) == $(address $((i % 2))) ]]' >/dev/null || wrong=$((wrong + 1))
    else
        sluice reload >"$scratch/output" 2>&1 || broken=$((broken + 1))
        [[ $(asked) == $(address $((i % 2))) ]] || wrong=$((wrong + 1))
    fi
    ((i == reloads / 10)) && first=$(resident)
done
took=$((($(now) - began) / reloads))
kill -TERM $questions
wait $questions
last=$(resident)
echo "# with reloads: $(grep ^total "$scratch/versions")"
echo "# datagrams that found a full socket: $(awk '/^Udp:/ && $6 ~ /^[0-9]+$/ { print $6 }' /proc/net/snmp)"
echo "# $reloads reloads of $names names, one every $took ms; a reading took $(grep -o 'in [0-9]* ms' "$log" | awk '{ print $2 }' | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] " ms in the middle, " a[NR] " at most" }')"
echo "# resident: $first KiB after the first tenth, $last KiB at the end"
same "questions lost" 0 "$(total lost)"
same "answers of neither version" 0 "$(total other)"
same "reloads after which a name went the former way" 0 "$wrong"
((broken >= reloads / 30)) || fail "only $broken reloads told of a broken list"
ok "$broken reloads told that a list was broken"
(($(total first) > 0 && $(total second) > 0)) || fail "only one version was seen"
ok "both versions were seen"
at_most "growth of the process, in KiB" $((first / 10 + 4096)) $((last - first))
at_most "p99 of an answer's time with reloads, in microseconds" $((quiet * 20 + 20000)) "$(total p99)"

# A daemon that is killed and starts again while the list is broken has it still.
echo '<html>' | put $list
kill -KILL "$pid"
wait_for 3000 test ! -d /proc/"$pid" >/dev/null || fail "it does not die"
start_daemon /etc/sluice/sluice.toml
wait_for 5000 eval '[[ -n $(state) ]]' >/dev/null || fail "no daemon: $(cat "$scratch/daemon.log")"
wait_for 5000 eval '[[ $(asked) == $(address $(((reloads - 1) % 2))) ]]' >/dev/null || fail "the last good list is lost: $(sluice status)"
ok "the last good list survives the daemon"
kill $monitor 2>/dev/null || true
stop_daemon
