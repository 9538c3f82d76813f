# SPDX-License-Identifier: MIT
# The judge convicts: each safeguard is taken away, by a foreign table or rule that our own repair does not touch, and the same cells that were
# clean are a leak. Where a second safeguard still holds, its name is told, and both are taken away.
. "$(dirname "$0")/claims.sh"

judge() { # SITUATION: its exit code; the report is in $scratch/report
    sluice leaktest --full --only "$1" >"$scratch/report" 2>&1
    echo $?
}
leaks() { grep -c "^LEAK      .*$1" "$scratch/report"; } # TEXT: cells with it that leaked
plant() { printf '%s\n' "table inet foreign {" "chain $1 {" "$2" "$3" "}" "}" | nft -f - || fail "the fault cannot be planted"; }
mend() { nft delete table inet foreign 2>/dev/null; ip rule del pref 5 2>/dev/null; ip -6 rule del pref 5 2>/dev/null; sleep 1.5; }
clean() { # WHAT SITUATION
    local code
    code=$(judge "$2")
    [[ $code == 0 ]] || fail "$1 ($code): $(cat "$scratch/report")"
    ok "$1"
}
convicts() { # WHAT SITUATION TEXT
    local code
    code=$(judge "$2")
    [[ $code == 2 ]] || fail "$1 ($code): $(cat "$scratch/report")"
    ok "$1: a leak"
    (($(leaks "$3"))) || fail "$1: no cell with '$3' leaked: $(cat "$scratch/report")"
}
holds() { # WHAT SITUATION: not clean, since nothing arrives, and no leak
    local code
    code=$(judge "$2")
    [[ $code != 2 ]] || fail "$1: it leaks: $(cat "$scratch/report")"
    ok "$1: no leak ($code)"
}
# What a fault has translated is remembered with its flow; a later question from the same port would still go that way.
sysctl -q net.netfilter.nf_conntrack_udp_timeout=1 net.netfilter.nf_conntrack_udp_timeout_stream=1
after_ours="type route hook output priority mangle + 1;"
before_ours="type route hook output priority mangle - 5;"

clean "with all safeguards in place lookups are clean" "lookups: connected, default, desktop"
clean "and traffic is" "traffic: connected, default, desktop, default tunnel"

# The path mark: what decides must be what is obeyed.
plant marks "$after_ours" "meta mark & 0xff000000 { 0x01000000, 0x10000000 } meta mark set 0x02000000;"
convicts "the tunnel's mark taken away, lookups" "lookups: connected, default, desktop" "tunnel rule"
convicts "traffic" "traffic: connected, default, desktop, default tunnel" "other address"
mend
plant marks "$after_ours" "udp dport != 51820 meta mark & 0xff000000 == 0x02000000 meta mark set 0x01000000;"
convicts "the outside mark taken away" "lookups: connected, default, desktop" "direct rule"
mend

# The route table, and behind it the egress guard.
for family in -4 -6; do ip $family rule add pref 5 fwmark 0x01000000/0xff000000 lookup main; done
holds "the tunnel's route table taken away, the egress guard holds" "lookups: connected, default, desktop"
plant marks "type filter hook postrouting priority mangle - 5;" "meta mark & 0xff000000 == 0x01000000 meta mark set 0x02000000;"
convicts "both taken away" "lookups: connected, default, desktop" "tunnel rule"
mend

# A lan server must be private: checked on the way out, whatever the address was translated to.
plant translate "type nat hook output priority -110;" \
    "meta mark & 0xff000000 == 0x03000000 ip daddr 192.168.77.1 udp dport 53 dnat ip to 198.51.100.53;"
holds "a lan server translated to a public one, the egress guard holds" "lookups: connected, system, desktop"
nft -f - <<'NFT'
table inet foreign {
    chain marks {
        type filter hook postrouting priority mangle - 5;
        meta mark & 0xff000000 == 0x03000000 meta mark set 0x02000000;
    }
}
NFT
convicts "and the guard passed by" "lookups: connected, system, desktop" "lan rule"
mend

# The listener is the class: lookups of apps are brought to theirs.
plant translate "type nat hook output priority -110;" "ip daddr 127.0.0.53 udp dport 53 dnat ip to 127.0.0.53:53;"
convicts "apps' lookups not brought to their listeners" "lookups: connected, default, mobile" "excluded app"
mend

# Only sluice speaks DNS to others.
plant marks "$before_ours" "meta mark 0 ip daddr 198.51.100.53 meta l4proto { tcp, udp } th dport 53 meta mark set 0x02000000;"
convicts "other programs' DNS let out with a mark of ours" "own DNS: connected, default, desktop" "own DNS to 198.51.100.53"
mend

# While the tunnel is not connected nothing enters it.
# The daemon takes a foreign element out again; so it is put in again and again.
opening="add element inet sluice tunnel_enter { ipv4 : goto to_node0, ipv6 : goto to_node0 }"
for family in 4 6; do opening+="; add element inet sluice tunnel_flows$family { 0x10000000 : goto enter_node0 }"; done
while echo "$opening"; do sleep 0.001; done | nft -i >/dev/null 2>&1 &
opener=$!
convicts "the tunnel held open while it connects" "traffic: connecting, system, desktop" "expected nothing, seen tunnel"
kill $opener
sleep 1.5

# While the daemon is dead its rules hold, for as long as nobody takes them away.
clean "killed: clean" killed
(
    while :; do
        pid=$(cat /run/sluice-leaktest/run/pid 2>/dev/null)
        [[ -n $pid && ! -d /proc/$pid ]] && nft flush ruleset
        sleep 0.005
    done
) &
flusher=$!
convicts "killed, and the ruleset flushed" killed "tunnel address"
kill $flusher
sleep 1.5
clean "with all of them back it is clean" "lookups: connected, default, desktop"
