# SPDX-License-Identifier: MIT
# Clients by TCP: questions in one piece, answers as they come, connections that idle, end half way, or are more than there is room for; answers as
# large as they can be; and few descriptors.
. "$(dirname "$0")/claims.sh"

config=/etc/sluice/one.toml
one_tunnel $config
echo 'direct tcp.example via 198.51.100.53:5301' >/etc/sluice/rules.d/lab.rules
start_upstream inet 198.51.100.53
start_connected
client() { python3 "$hostile/tcp.py" 127.0.0.53 tcp.example "$@" >"$scratch/client" 2>&1 || fail "$(cat "$scratch/client")"; }
found() { sed -n "s/^$1 //p" "$scratch/client"; }

watch_links "tcp port 53" lo
client idle+order+pipelined+half+lengths
stop_watching
same "what is kept does not wait behind a slow name on the same connection" "3 2 True True" "$(found order)"
same "100 questions in one piece: answers, and true ones" "100 100" "$(found pipelined)"
same "who asks no more is answered, then let go" "True True" "$(found half)"
same "a message of no bytes" closed "$(found 'length 0')"
same "of one" closed "$(found 'length 1')"
same "of eleven" closed "$(found 'length 11')"
same "a header alone is told so" "code 1" "$(found 'length 12')"
same "the largest question is answered" "code 0" "$(found 'length 65535' | head -1)"
same "the largest nonsense too" "code 1" "$(found 'length 65535' | tail -1)"
found idle | sed 's/^/# closed after /'
same "the time that is announced, in seconds" 10.0 "$(found keepalive)"
for what in mute half-asked byte-a-second asked; do contains "$what: closed after about as long" True "$(found "idle $what")"; done
pieces() { tcpdump -nn -r "$scratch/seen-$1" "$2" 2>/dev/null | grep -c 'length [12]\(:\|$\| \)'; } # LINK FILTER: of one byte or two
same "no reply is sent behind its length" 0 "$(pieces lo 'src port 53')"
((0 < $(pieces lo 'dst port 53'))) || fail "the eye does not see a byte a second"

watch_links "tcp dst port 5301" eth0
client large
stop_watching
same "the largest answer: bytes, records, right ones, end" "65535 245 245 65535" "$(found large)"
same "with EDNS it does not fit, which is told: whole records" "cut 65441 True" "$(found too-large)"
same "whoever is asked by TCP gets whole questions, too" 0 "$(pieces eth0 'dst port 5301')"
((0 < $(tcpdump -nn -r "$scratch/seen-eth0" 'greater 90' 2>/dev/null | wc -l))) || fail "no question by TCP was seen"

client crowd
same "100 that wait are answered, though 500 come after them" 100 "$(found crowd)"
same "one more is served" True "$(found one-more)"
at_most "of the others so many were closed" 120 "$(found mute-closed)"
(($(found mute-closed) >= 89)) || fail "$(found mute-closed) of 601 were closed: there is room for 512"
client all-asking
echo "# of 600 that all wait, answered and cut off: $(found all-asking)"
at_most "of 600 that all wait, as many are cut off as there is no room for" 100 "$(found all-asking | cut -d' ' -f2)"
same "UDP is none the worse" "ok 500" "$(python3 "$hostile/questions.py" 127.0.0.53 now.tcp.example n 5000 500 20)"
stop_daemon

echo "# with 64 descriptors"
prlimit --nofile=64:64 sluice run --config $config >>"$scratch/daemon.log" 2>&1 &
daemon=$!
wait_for 8000 is_connected >/dev/null || fail "not connected: $(sluice status --config $config)"
same "that is all it may have" 64 "$(awk '/^Max open files/ { print $5 }' "/proc/$daemon/limits")"
python3 "$hostile/questions.py" 127.0.0.53 slow.tcp.example n 6000 300 300 >"$scratch/many" &
many=$!
client crowd
echo "# of 100 by TCP, answered: $(found crowd); one more: $(found one-more); of 300 slow names by UDP: $(cat "$scratch/many")"
wait $many
# What had no descriptor is told at once, and is no failure that lasts: a second.
sleep 1.2
same "afterwards it answers as before, by UDP" "ok 200" "$(python3 "$hostile/questions.py" 127.0.0.53 now.tcp.example n 7000 200 10)"
same "and by TCP" 203.0.113.13 "$(dig +tcp +short +tries=1 www.example)"
same "status is told" connected "$(state --config $config)"
stop_daemon
kill "${upstreams[@]}"
