# SPDX-License-Identifier: MIT
# Every cell of the matrix, in every state, on the wire: no packet on a wrong interface, at least two on the right one. Then the special
# situations. The lab's own daemon stands aside for it and is back afterwards.
. "$(dirname "$0")/claims.sh"

groups_before=$(ls /sys/fs/cgroup /sys/fs/cgroup/unified 2>/dev/null)
time=$(milliseconds sluice leaktest --full)
code=$?
cat "$scratch/output"
verdict=$(grep '^verdict' "$scratch/output")
contains "every cell of every state is clean" "verdict   clean" "$verdict"
same "and nothing is left out" 0 "$(grep -c '^LEFT OUT\|^because' "$scratch/output")"
at_most "in milliseconds" 240000 "$time"
cells() { awk -v state="$1" -v kind="$2" '$2 == state && $3 == kind { print $4, $6, $1 }' "$scratch/output"; }
for state in disconnected connecting connected disconnecting error; do
    # 10 settings and profiles × 3 kinds of app × 5 rules × names and reverse names; more where something is asked twice.
    read -r clean all word <<<"$(cells $state lookup)"
    same "$state: all lookups" "$all PASS" "$clean $word"
    ((all >= 300)) || fail "$state: only $all cells of lookups"
    # 3 routings × 3 kinds of app × 14 addresses.
    read -r clean all word <<<"$(cells $state traffic)"
    same "$state: all traffic" "$all PASS" "$clean $word"
    ((all >= 126)) || fail "$state: only $all cells of traffic"
    read -r clean all word <<<"$(cells $state own-dns)"
    same "$state: other programs' own DNS" "$all PASS" "$clean $word"
    ((all >= 30)) || fail "$state: only $all cells of own DNS"
done
contains "the special situations" "PASS      connected     special" "$(cat "$scratch/output")"
same "the daemon of the lab is back" connected "$(state)"
same "answers" 203.0.113.11 "$(dig +short git.corp.example)"
same "and nobody else's groups are left" "$groups_before" "$(ls /sys/fs/cgroup /sys/fs/cgroup/unified 2>/dev/null)"

output=$(sluice leaktest --full --only "upstreams" --json)
same "as JSON it ends with 0 too" 0 $?
for key in '"verdict":"clean"' '"expected":"tunnel"' '"compared_by":["random label in the name"]' '"control":[{' '"packets":{' '"schema":1'; do
    contains "with $key" "$key" "$output"
done

# Elsewhere than in the lab it disturbs nothing, and says what it left out.
output=$(env -u SLUICE_LAB "$(command -v sluice)" leaktest --full)
same "as on a live machine it ends with 0" 0 $?
contains "clean" "verdict   clean" "$output"
for word in "state disconnected" "profile mobile" "setting private-custom" "SIGKILL" "traffic of every kind of app"; do
    contains "left out and said: $word" "$word" "$(echo "$output" | grep '^LEFT OUT')"
done
same "the daemon is the same" connected "$(state)"
