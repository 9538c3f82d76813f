# SPDX-License-Identifier: MIT
# 20,000 messages that are wrong in some way, as questions by UDP and TCP, and as replies of an upstream that lies, with the right id and then with
# the right question too. The daemon lives, sane questions are answered at once, and nobody gets what does not belong to its question.
. "$(dirname "$0")/claims.sh"

config=/etc/sluice/one.toml
one_tunnel $config
# What the liar is asked has no rule.
echo 'tunnel corp.example' >/etc/sluice/rules.d/lab.rules
sed -i 's/^system_servers.*/system_servers = ["198.51.100.53:5301"]/' $config
ip netns exec inet "$SLUICE_PROBE" lie 198.51.100.53:5301 >"$scratch/liar" &
liar=$!
wait_for 5000 grep -q ready "$scratch/liar" >/dev/null || fail "the liar does not start: $(cat "$scratch/liar")"
start_connected
resident() { awk '/^VmRSS/ { print $2 }' /proc/"$daemon"/status; }
processor() { awk '{ print $14 + $15 }' /proc/"$daemon"/stat; } # hundredths of a second

before=$(resident)
for way in "mutants udp" "mutants tcp" lied; do
    ticks=$(processor)
    output=$("$SLUICE_PROBE" $way 2>&1)
    same "$way" ok "${output%% *}"
    # 100 ms, but for a moment in which the machine does something else.
    at_most "sane questions of them that took longer than 100 ms" 2 "${output##*slow }"
    echo "# $output; the daemon: $(($(processor) - ticks)) hundredths of a second of processor time, $(resident) KiB"
    same "the daemon lives" connected "$(state --config $config)"
done
at_most "KiB that it grew" 40000 $(($(resident) - before))
# The worst messages: as replies by TCP a thousand owners that are chains of 126 pointers, a thousand of 120 labels each behind a pointer, a
# thousand addresses, CNAMEs and names, 4,000 addresses; as questions 16,000 options.
spent() { cat /proc/"$daemon"/task/*/schedstat | awk '{ sum += $1 } END { print int(sum / 1000) }'; } # µs of processor time
for kind in 0 1 2 3 4 5 6 7; do
    start=$(spent)
    output=$("$SLUICE_PROBE" heavy $kind 20 2>&1)
    same "heavy message $kind" ok "$(tail -1 <<<"$output")"
    echo "$output" | grep '^#'
    at_most "its processor time, in µs" "$((kind < 6 ? 20000 : 5000))" "$((($(spent) - start) / 20))"
done
same "a name of the tunnel is answered as before" 203.0.113.11 "$(dig +short git.corp.example)"
same "and nothing of the lies is steered" 0 "$(nft list table inet sluice | grep -c '11\.0\.')"
kill $liar
stop_daemon
