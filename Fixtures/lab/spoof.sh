# SPDX-License-Identifier: MIT
# Replies that somebody else sends before the true one comes: on the right socket with everything right but one thing, a thousand of each kind, outside
# and in the tunnel; and with everything right but the port. The truth is all that clients and the kernel's sets get. Then what there is to guess:
# ids and ports of many questions, as the upstream sees them.
. "$(dirname "$0")/claims.sh"

config=/etc/sluice/one.toml
one_tunnel $config
cat >/etc/sluice/rules.d/lab.rules <<'RULES'
direct outside.example via 198.51.100.53:5301
tunnel inside.example via 10.64.1.1:5301
RULES
start_upstream inet 198.51.100.53
start_upstream relay1 10.64.1.1
start_connected
ask() { python3 "$hostile/questions.py" 127.0.0.53 "$@" || tail -3 "$scratch"/*/log; } # SUFFIX LETTER FIRST COUNT OPEN
tell() { rm -f "$scratch"/*/counts; kill -USR1 "${upstreams[@]}"; wait_for 2000 test -s "$scratch/inet/counts" -a -s "$scratch/relay1/counts" >/dev/null; }
counted() { awk -v kind="$2" -v way="$3" '$1 == kind && $2 == way { print $3 }' "$scratch/$1/counts"; } # PLACE KIND TRANSPORT
status() { sluice status --json --config $config; }
foreign() { status | field foreign_replies; }

echo "# a lie before the truth"
first=0
for place in inet:outside relay1:inside; do
    for kind in wrong-id wrong-name wrong-type wrong-class no-question no-reply opcode cut formerr servfail refused garbage; do
        same "${place#*:}, $kind: the truth" "ok 1000" "$(ask "$kind.${place#*:}.example" n $first 1000 20)"
        first=$((first + 1000))
    done
done
# What a wrong id comes with is asked for by TCP: where nothing else tells the truth, each time.
for kind in wrong-id cut formerr servfail refused; do
    same "$kind and no truth by UDP: the truth by TCP" "ok 200" "$(ask $kind.outside.example t $first 200 20)"
    first=$((first + 200))
done
tell
for kind in wrong-id cut formerr servfail refused; do
    (($(counted inet $kind tcp) >= 200)) || fail "$kind: $(counted inet $kind tcp) by TCP"
    same "$kind: lies that were told" 1200 "$(counted inet $kind forged)"
done
for kind in wrong-name wrong-type wrong-class no-question no-reply opcode garbage; do
    same "$kind: lies that were told" 1000 "$(counted inet $kind forged)"
    same "$kind: nothing by TCP" "" "$(counted inet $kind tcp)"
done
echo "# foreign replies counted: $(foreign)"
leased() { nft list set inet sluice "$1" | grep -o "$2[0-9.]*" | sort -u | wc -l; } # SET START
same "the tunnel's set has the truth" 12000 "$(leased tunnel4 '198\.\(18\|19\)\.')"
same "no set has a lie" 0 "$(nft list table inet sluice | grep -c '11\.66\.')"

echo "# everything right but the port"
before=$(foreign)
same "the truth" "ok 1" "$(ask flood.outside.example n $first 1 1)"
tell
same "beside 131,072 forged replies" 131072 "$(counted inet flood forged)"
same "none came as far as the daemon" "$before" "$(foreign)"
same "no set has a lie" 0 "$(nft list table inet sluice | grep -c '11\.66\.')"

echo "# sockets while questions wait"
ask slow.outside.example n 0 200 200 >"$scratch/slow" &
asking=$!
waiting() { (($(ss -Huanp dst 198.51.100.53:5301 | grep -c "pid=$daemon,") >= 200)); }
wait_for 1500 waiting >/dev/null || fail "sockets: $(ss -Huanp | head)"
sockets=$(ss -Huanp | grep "pid=$daemon,")
same "each question has a socket of its own, which knows its server" 200 "$(awk '$1 == "ESTAB" && $5 == "198.51.100.53:5301"' <<<"$sockets" | wc -l)"
# Those of apps have ports of their own.
same "others are the listeners, on loopback" "127.0.0.53 [::1]" "$(awk '$1 != "ESTAB" { sub(/:[0-9]*$/, "", $4); print $4 }' <<<"$sockets" | sort -u | flat)"
wait $asking
same "all answered" "ok 200" "$(cat "$scratch/slow")"

echo "# what there is to guess"
# SLUICE_GUESSES=100000: as many as one likes.
same "questions" "ok ${SLUICE_GUESSES:=20000}" "$(ask seen.outside.example n 0 "$SLUICE_GUESSES" 50)"
tell
python3 "$hostile/entropy.py" "$scratch/inet/seen" "$SLUICE_GUESSES" $(</proc/sys/net/ipv4/ip_local_port_range) >"$scratch/entropy"
sed 's/^/# /' "$scratch/entropy"
same "claims of ports and ids that do not hold" 0 "$(grep -c '^no' "$scratch/entropy")"
same "those that do" 11 "$(grep -c '^yes' "$scratch/entropy")"

stop_daemon
kill "${upstreams[@]}"
