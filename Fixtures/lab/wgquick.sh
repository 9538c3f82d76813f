# SPDX-License-Identifier: MIT
# A thousand wg-quick files, valid and broken: what wg-quick, wg and ip make of each is what sluice makes of it, or sluice refuses it and says where
# and why. WGQUICK_SEED and WGQUICK_FILES: other ones, more of them.
. "$(dirname "$0")/claims.sh"

files=${WGQUICK_FILES:-1000}
folder=$scratch/files
mkdir "$folder" "$scratch/empty"
contains "files are made and read" "ok $files files" "$("$SLUICE_PROBE" wgquick "${WGQUICK_SEED:-6}" "$files" "$folder")"

# wg-quick's own reader, without the rest of it: what it would give to ip and resolvconf, and what to wg.
program=$(command -v wg-quick)
reader=$(sed -n '/^die()/,/^}/p; /^parse_options()/,/^}/p; /^read_bool()/,/^}/p' "$program")
contains "wg-quick's reader is found" "WG_CONFIG+=" "$reader"
cat >"$scratch/read" <<BASH
set -e -o pipefail
shopt -s extglob
export LC_ALL=C
PROGRAM=wg-quick
$reader
cd "$scratch/empty"
for ((n = 0; n < $files; n++)); do
    (
        ADDRESSES=() MTU="" DNS=() DNS_SEARCH=() TABLE="" PRE_UP=() POST_UP=() PRE_DOWN=() POST_DOWN=() SAVE_CONFIG=0 WG_CONFIG="" INTERFACE=""
        parse_options "$folder/\$n.conf"
        echo "\$WG_CONFIG" >"$folder/\$n.strip"
        {
            for v in "\${ADDRESSES[@]}"; do echo "address \$v"; done
            for v in "\${DNS[@]}"; do echo "dns \$v"; done
            for v in "\${DNS_SEARCH[@]}"; do echo "search \$v"; done
            echo "mtu \$MTU"
        } >"$folder/\$n.theirs"
    ) 2>>"$scratch/read.log" || true
done
BASH
bash "$scratch/read"
((0 < $(ls "$folder" | grep -c theirs))) || fail "wg-quick's reader reads nothing: $(head -3 "$scratch/read.log")"

wireguard-go wgq >/dev/null 2>&1
ip link show wgq >/dev/null || fail "no device"
python3 "$hostile/wgquick.py" "$folder" wgq >"$scratch/outcomes" 2>&1
status=$?
sed 's/^/# /' "$scratch/outcomes"
count() { awk -v what="$1" '{ n = $1; $1 = ""; if ($0 == " " what) print n; found += $0 == " " what } END { if (!found) print 0 }' "$scratch/outcomes"; }
same "taken, though they refuse" 0 "$(count 'taken, though they refuse')"
same "read otherwise" 0 "$(count 'read otherwise')"
same "nothing else is wrong" 0 "$status"
((files / 4 <= $(count 'both accept'))) || fail "hardly a valid file among them"
((files / 10 <= $(count 'both refuse'))) || fail "hardly a broken file among them"
ok "$(count 'both accept') are read the same, $(count 'both refuse') are refused by both"
same "each has its outcome" "$files" "$(awk '/^[0-9]/ { sum += $1 } END { print sum }' "$scratch/outcomes")"

ip link delete wgq
