# SPDX-License-Identifier: MIT
# A list that its owner has signed with minisign: whatever else lies in its place is not taken, and what was taken before stays.
. "$(dirname "$0")/claims.sh"

minisign=${SLUICE_LAB_SERVERS:-$(dirname "$0")/../../.build/lab-servers}/usr/bin/minisign
[[ -x $minisign ]] || minisign=$(command -v minisign) || fail "no minisign: run Packaging/lab/fetch-servers"
folder=/etc/sluice/lists
list=$folder/work.txt
rules=/etc/sluice/rules.d/signed.rules
mkdir -p $folder
log=$scratch/monitor
sluice monitor >"$log" 2>&1 &
monitor=$!

key() { "$minisign" -G -W -f -s "$folder/$1.key" -p "$folder/$1.pub" >/dev/null; }
sign() { "$minisign" -S -s "$folder/${1:-owner}.key" -m $list "${@:2}" >/dev/null </dev/null; }
names() { printf 'n%s.signed.example\n' $(seq "${1:-20}"); }
put() { cat >"$1~" && mv "$1~" "$1"; }
asked() { dig +tries=1 +time=2 +short "$1.signed.example"; }
goes() { [[ $(asked "$1") == "$2" ]]; }
inside=203.0.113.11  # the relay answers
outside=203.0.113.13 # the system's resolver
kept() { sluice status | flat | grep "$list.*not taken: .*$1"; }
stays() { # WHY TEXT: what lies there now is not taken, by the watch alone
    wait_for 4000 kept "$2" >/dev/null || fail "$1: $(sluice status)"
    same "$1: the old list stays" "$inside $outside" "$(asked n1) $(asked evil)"
}

key owner
key stranger
names | put $list
sign
echo "tunnel include plain /etc/sluice/lists/work.txt signed $(tail -1 $folder/owner.pub)" | put $rules
wait_for 4000 goes n1 $inside >/dev/null || fail "not taken: $(sluice status; cat "$log")"
ok "a signed list is in force by itself"
contains "status says that it is signed" "(signed)" "$(sluice status | flat | grep $list)"

echo evil.signed.example >>$list
stays "a line more" "not of these bytes"
contains "monitor says so" "its signature is not of these bytes" "$(grep ' list ' "$log" | tail -1)"
sluice reload >"$scratch/output" 2>&1
same "reload ends with 2" 2 $?
contains "and says so" "not of these bytes" "$(cat "$scratch/output")"
names | put $list
rm $list.minisig
stays "no signature" "is missing"
sign stranger
stays "a stranger's signature" "it is signed by the key"
sign owner -t "timestamp:1000"
stays "an older signature" "it was signed at 1000"
sign
head -c 100 $list.minisig | put $list.minisig
stays "half a signature" "no signature of minisign"
head -c 1000000 /dev/zero | tr '\0' a | put $list.minisig
stays "a million bytes of signature" "more than 16 KiB"
{ names; echo evil.signed.example; } | put $list
sign stranger
stays "a list and its signature by a stranger" "it is signed by the key"

# The list comes first, its signature some seconds later.
{ names; echo new.signed.example; } | put $list
stays "a new list without its signature" ""
same "and none of it is in force" $outside "$(asked new)"
sign
wait_for 4000 goes new $inside >/dev/null || fail "the new list is not taken: $(sluice status)"
ok "with its signature it is in force by itself"
contains "monitor says that it is taken again" "$list is taken again" "$(grep ' list ' "$log" | tail -1)"
names 20 | put $list
"$minisign" -S -l -s $folder/owner.key -m $list >/dev/null </dev/null
wait_for 4000 goes new $outside >/dev/null || fail "a legacy signature is not taken: $(sluice status)"
ok "a signature of the list itself, not of its hash, is taken too"
echo "tunnel include plain /etc/sluice/lists/work.txt signed ../lists/owner.pub" | put $rules
sluice reload >/dev/null || fail "a key in a file: $(sluice status)"
same "a key may stand in a file" $inside "$(asked n1)"
echo "tunnel include plain /etc/sluice/lists/work.txt signed ../lists/none.pub" | put $rules
contains "a key that is none is an error with its place" "$rules:1" "$(sluice reload 2>&1)"
contains "and says what to write" "signed RW" "$(sluice check 2>&1)"
echo "tunnel include plain /etc/sluice/lists/work.txt signed ../lists/owner.pub" | put $rules
sluice reload >/dev/null || fail "not mended: $(sluice status)"

# It changes all the time, in place: a reading finds it whole and signed, or takes none of it.
cp $list $scratch/good
names 20 | sed 's/n/e/' >$scratch/evil
while :; do cat $scratch/evil 1<>$list; cat $scratch/good 1<>$list; done &
writer=$!
for ((i = 0; i < 60; i++)); do
    sluice reload >"$scratch/output" 2>&1
    echo $? >>"$scratch/ends"
    [[ $(asked e1) == "$outside" ]] || fail "an unsigned line is in force"
done
kill $writer
ok "a list that changed all the time: $(grep -c 0 "$scratch/ends") times taken, $(grep -c 2 "$scratch/ends") times not, no unsigned line in force"
cp $scratch/good $list

# Over a restart, and with nothing to go back to.
echo evil.signed.example >>$list
pid=$(cat /run/sluice/pid)
kill -KILL "$pid"
wait_for 3000 test ! -d /proc/"$pid" >/dev/null || fail "it does not die"
start_daemon /etc/sluice/sluice.toml
wait_for 8000 goes n1 $inside >/dev/null || fail "the last good list is lost: $(cat "$scratch/daemon.log")"
same "after a restart the last good list is in force, and nothing else" $outside "$(asked evil)"
stop_daemon
rm -r /var/lib/sluice/lists
sluice check >"$scratch/output" 2>&1
same "without a last good one check ends with 2" 2 $?
contains "and says why" "not of these bytes" "$(cat "$scratch/output")"
timeout 10 sluice run --config /etc/sluice/sluice.toml >"$scratch/output" 2>&1
same "and the daemon does not start" 2 $?
nft list table inet sluice >/dev/null 2>&1 && fail "a table is left"
ok "and has changed nothing"
kill $monitor 2>/dev/null || true
