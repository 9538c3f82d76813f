# SPDX-License-Identifier: MIT
# 5,000 names that their servers never answer, asked at once: more than there is room for. New names of the same server are answered all the same, and at
# once; so are those of the tunnel; and what had no room is no failure that is kept.
. "$(dirname "$0")/claims.sh"

config=/etc/sluice/one.toml
one_tunnel $config
printf '%s\n' 'direct outside.example via 198.51.100.53:5301' 'tunnel corp.example' >/etc/sluice/rules.d/lab.rules
start_upstream inet 198.51.100.53
start_connected
ask() { python3 "$hostile/questions.py" 127.0.0.53 "$@"; } # SUFFIX LETTER FIRST COUNT OPEN
resident() { awk '/^VmRSS/ { print $2 }' /proc/"$daemon"/status; }
sockets() { ss -Huanp dst 198.51.100.53:5301 | grep -c "pid=$daemon,"; }

same "as it is otherwise" "ok 500" "$(ask now.outside.example n 0 500 20)"
before=$(resident)
for round in 1 2; do
    ask silent.outside.example "a$round" 0 5000 0
    # Room for 4,096.
    (($(sockets) >= 3000)) || fail "only $(sockets) are under way"
    same "500 new names of the same server, while they wait" "ok 500" "$(ask now.outside.example n "${round}000" 500 20)"
    same "200 that take 2 s" "ok 200" "$(ask slow.outside.example n "${round}000" 200 200)"
    same "one of the tunnel" 203.0.113.11 "$(dig +short +time=1 +tries=1 "x$round.corp.example")"
    sleep 5.2
    same "none is under way any more" 0 "$(sockets)"
done
# Those that made room for others are no failures that are kept: asked once more, they go upstream.
at_most "KiB that it grew" 60000 $(($(resident) - before))
same "descriptors are given back" 0 "$(ss -Huanp | grep "pid=$daemon," | grep -vc '127\.0\.0\.53:\|\[::1\]:')"
stop_daemon
kill "${upstreams[@]}"
