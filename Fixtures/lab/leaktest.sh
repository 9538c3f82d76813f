# SPDX-License-Identifier: MIT
# The leak test convicts: clean when clean, 2 with a leak, 5 when it cannot see.
. "$(dirname "$0")/claims.sh"

output=$(sluice leaktest --quick --json)
same "clean ends with 0" 0 $?
contains "verdict" '"verdict":"clean"' "$output"
same "five cells" 5 "$(echo "$output" | grep -o '"expected"' | wc -l)"
ip rule add pref 5 fwmark 0x01000000/0xff000000 lookup main
output=$(sluice leaktest --json)
same "a foreign rule alone: our egress guard drops what would leak, and the test cannot vouch" 5 $?
# A flushed guard would be back within milliseconds. So it is passed by: the mark it looks for is gone when the packet comes to it.
nft -f - <<'NFT'
table inet foreign {
    chain marks {
        type filter hook postrouting priority mangle - 5;
        meta mark & 0xff000000 == 0x01000000 meta mark set 0x02000000;
    }
}
NFT
output=$(sluice leaktest --json)
same "with the guard passed by it is a leak, 2" 2 $?
contains "verdict" '"verdict":"leak"' "$output"
contains "by its interface" '"interface":"eth0"' "$output"
