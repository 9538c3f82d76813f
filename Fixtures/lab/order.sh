# SPDX-License-Identifier: MIT
# Of many answers for new tunnel names at a steady rate, with 65,000 addresses in the kernel's set before, not one reaches the client before its
# own is in the set. SLUICE_ORDERS: how many (10,000); for more the lab itself needs SLUICE_LAB_ORDERS. SLUICE_RATE: how many a second (2,000).
. "$(dirname "$0")/claims.sh"

count=${SLUICE_ORDERS:-10000}
rate=${SLUICE_RATE:-2000}
before=65000
elements() { nft list set inet sluice tunnel4 | tr ',' '\n' | grep -c "$1"; }

# They come as what a killed daemon left behind.
begin
kill -9 $daemon
wait $daemon 2>/dev/null
seq 0 $((before - 1)) | awk '
    BEGIN { printf "add element inet sluice tunnel4 {" }
    { printf("%s100.%d.%d.%d", (NR > 1 ? "," : ""), 64 + $1 / 62500, ($1 / 250) % 250, $1 % 250 + 1) }
    END { print "}" }' >"$scratch/former.nft"
nft -f "$scratch/former.nft" || fail "the set does not take them"
start_daemon $config
wait_for 10000 is_connected >/dev/null || fail "not connected: $(sluice status --config $config)"
# A listing of a set that grows just then has gaps.
there() { [[ $(elements '100\.6[45]\.') == "$before" ]]; }
wait_for 5000 there >/dev/null
same "in the set before the first answer" $before "$(elements '100\.6[45]\.')"
result=$("$SLUICE_PROBE" order "$count" "$rate")
contains "$count answers" "ok $count answers" "$result"
echo "# $result"
same "the set holds all of them" "$count" "$(elements '198\.1[89]\.')"
same "beside those that were there" $before "$(elements '100\.6[45]\.')"
same "and none of them ends by itself" 0 "$(nft list set inet sluice tunnel4 | grep -c 'timeout\|expires')"
stop_daemon
