# SPDX-License-Identifier: MIT
# Answers that outlast a restart, if they are to: nobody is asked again, their time goes on, their addresses stay steered; after SIGKILL too; on another
# network only those of the tunnel. A file that is harmed gives none.
. "$(dirname "$0")/claims.sh"

image=/var/lib/sluice/cache
config=/etc/sluice/one.toml
one_tunnel $config '' '[cache]
keep = true'
cat >/etc/sluice/rules.d/lab.rules <<'RULES'
direct outside.example via 198.51.100.53:5301
tunnel inside.example via 10.64.1.1:5301
RULES
start_upstream inet 198.51.100.53
start_upstream relay1 10.64.1.1
again() {
    : >"$scratch/daemon.log"
    start_connected
}
die() { kill -9 $daemon; wait $daemon 2>/dev/null; }
# Questions that came to the two, outside and inside.
asked() {
    rm -f "$scratch"/*/counts
    kill -USR1 "${upstreams[@]}"
    wait_for 2000 test -s "$scratch/inet/counts" -a -s "$scratch/relay1/counts" >/dev/null || fail "no counts"
    awk '$2 == "udp" { count[FILENAME] += $3 } END { for (n = 1; n < ARGC; n++) printf "%d ", count[ARGV[n]] }' "$scratch"/{inet,relay1}/counts
}
ask() { # FIRST COUNT: of each kind
    local kind said
    for kind in outside inside; do
        said=$(python3 "$hostile/questions.py" 127.0.0.53 "now.$kind.example" n "$1" "$2" 20)
        [[ $said == "ok $2" ]] || fail "$kind: $said"
    done
    ok "$2 names of each are answered"
}
ttl() { dig +noall +answer "$1" | awk '{ print $2 }'; }
steered() { nft list set inet sluice "$1" | grep -o '198\.\(18\|19\)\.[0-9.]*' | sort -u | wc -l; }

again
ask 0 200
same "asked" "200 200 " "$(asked)"
sleep 2
stop_daemon
same "what was written is root's" "600 root" "$(stat -c '%a %U' $image)"
again
contains "known from the last run" "400 answers are known" "$(cat "$scratch/daemon.log")"
same "in the tunnel's set before anybody asks" 200 "$(steered tunnel4)"
ask 0 200
same "nobody is asked again" "200 200 " "$(asked)"
same "in the tunnel's set" 200 "$(steered tunnel4)"
same "in that of direct rules" 200 "$(steered direct4)"
for kind in outside inside; do
    left=$(ttl "n7.now.$kind.example")
    ((left > 200 && left <= 298)) || fail "$kind: $left s of 300 are left"
done
ok "their time goes on"
contains "query says where from" "from the cache" "$(sluice query n7.now.inside.example --config $config)"

echo "# SIGKILL"
ask 200 100
before=$(asked)
former=$(stat -c '%i %y' $image)
is_written() { [[ $(stat -c '%i %y' $image) != "$former" && $(stat -c %s $image) -gt 50000 ]]; }
sluice flush nothing.example --config $config >/dev/null
# A flush is written within a second, and so is what came until then.
wait_for 5000 is_written >/dev/null || fail "nothing is written: $(ls -la $image)"
ask 300 100
die
nft flush ruleset
again
before=$(asked)
ask 0 300
same "what had been written down is known" "$before" "$(asked)"
ask 300 100
same "what had not is asked again" "500 500 " "$(asked)"
same "all in the tunnel's set" 400 "$(steered tunnel4)"

echo "# another network"
stop_daemon
ip route replace default via 198.51.100.53
ping -c 1 -W 1 198.51.100.53 >/dev/null 2>&1
again
ask 0 400
same "what is not the tunnel's is asked again" "900 500 " "$(asked)"
stop_daemon
ip route replace default via 198.51.100.1
again
ask 0 400
same "and back" "1300 500 " "$(asked)"
stop_daemon
cp $image "$scratch/whole"

echo "# a file that is none"
for kind in empty cut flipped foreign; do
    before=$(asked)
    case $kind in
    empty) : >$image ;;
    cut) head -c -9 "$scratch/whole" >$image ;;
    # An address in an answer: the sum tells.
    flipped) python3 -c "import sys
data = bytearray(open(sys.argv[1], 'rb').read())
at = data.index(bytes([0, 4, 198, 18, 0, 7]))
data[at + 5] ^= 1
open(sys.argv[2], 'wb').write(data)" "$scratch/whole" $image ;;
    foreign) head -c 5000 /dev/urandom >$image ;;
    esac
    again
    contains "$kind: passed over, with a warning" "answers of the last run are not known any more" "$(cat "$scratch/daemon.log")"
    ask 0 20
    same "$kind: all are asked" "$(awk '{ print $1 + 20, $2 + 20, "" }' <<<"$before")" "$(asked)"
    stop_daemon
done

echo "# if they are not to"
[[ -s $image ]] || fail "nothing was written"
sed -i 's/keep = true/keep = false/' $config
again
before=$(asked)
ask 0 20
same "all are asked" "$(awk '{ print $1 + 20, $2 + 20, "" }' <<<"$before")" "$(asked)"
stop_daemon
[[ -e $image ]] && fail "the file is still there"
ok "and the file is gone"
kill "${upstreams[@]}"
