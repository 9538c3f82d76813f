# SPDX-License-Identifier: MIT
# What others take from us, or add, is put back within a second, from what the daemon knows, and counted. Nothing leaves meanwhile.
. "$(dirname "$0")/claims.sh"

# All of ours in the kernel, as text. Handles and counters are left out: what is built again counts from nothing.
ours() {
    nft -s list table inet sluice
    nft -s list table inet sluice_guard
    ip -4 rule
    ip -6 rule
    for table in 5151 5152 5160; do ip -4 route show table $table; ip -6 route show table $table; done | sed 's/ pref medium//'
} 2>/dev/null
same_as_before() { [[ $(ours) == "$before" ]]; }
works() { [[ $(curl -4 -sS --max-time 1 http://203.0.113.11/) == *"client 203.0.113.130"* && $(curl -sS --max-time 1 http://10.20.0.5/) == *10.64.1.2* ]]; }
slowest=0
# Whatever the command breaks is there again within a second; the daemon has counted it.
heals() { # WHAT COMMAND…
    local what=$1 counted time
    shift
    counted=$(repairs)
    echo "$(now) $(now) ${what// /-}" >>"$scratch/faults"
    "$@" 2>"$scratch/errors" || fail "$what cannot be done: $(cat "$scratch/errors")"
    same_as_before && sleep 0.05 # either it was repaired at once, or it changed nothing that is seen
    time=$(wait_for 1000 same_as_before) || fail "$what: not as before after a second: $(diff <(echo "$before") <(ours))"
    ((time > slowest)) && slowest=$time
    ((counted < $(repairs))) || fail "$what was not counted"
    ok "$what"
}
each_rule() { for family in -4 -6; do ip $family rule | awk -F: '/proto 83/ {print $1}' | xargs -n 1 ip $family rule del pref; done; }
flush() { ip "$1" route flush table "$2"; }

eyes_are_open
one_tunnel /etc/sluice/sluice.toml
start_daemon /etc/sluice/sluice.toml
learned() { [[ $(dig +time=1 +tries=1 +short A git.corp.example) == 203.0.113.11 && $(dig +time=1 +tries=1 +short AAAA git.corp.example) == 2001:* ]]; }
wait_for 5000 learned >/dev/null || fail "the daemon does not answer"
wait_for 2000 works >/dev/null || fail "the tunnel does not carry"
sleep 1
before=$(ours)
watch_outside "$steered or port 53 or port 853"
start_load
sleep 0.5
heals "nft flush ruleset" nft flush ruleset
heals "the table deleted" nft delete table inet sluice
for chain in $(nft list table inet sluice | sed -n 's/^\tchain \(.*\) {/\1/p'); do heals "chain $chain flushed" nft flush chain inet sluice "$chain"; done
for chain in output egress prerouting; do heals "chain $chain deleted" nft delete chain inet sluice $chain; done
for set in $(nft list table inet sluice | sed -n 's/^\tset \(.*\) {/\1/p'); do
    # Constant sets take no change.
    [[ $set == private* ]] || [[ $(nft -s list set inet sluice "$set") != *elements* ]] || heals "set $set flushed" nft flush set inet sluice "$set"
done
for map in $(nft list table inet sluice | sed -n 's/^\tmap \(.*\) {/\1/p'); do
    [[ $(nft -s list map inet sluice "$map") != *elements* ]] || heals "map $map flushed" nft flush map inet sluice "$map"
done
heals "a rule of somebody else's in front" nft insert rule inet sluice output accept
heals "an element of somebody else's" nft add element inet sluice tunnel_unwanted '{ ipv4 }'
heals "an address taken out" nft delete element inet sluice tunnel4 '{ 203.0.113.11 }'
for pref in 10000 10010 10011 10012 10014 10016 10017 40000; do heals "ip rule $pref deleted" ip rule del pref $pref; done
for pref in 10010 10011 10012; do heals "ip -6 rule $pref deleted" ip -6 rule del pref $pref; done
heals "all rules deleted" each_rule
for table in 5151 5152 5160; do for family in -4 -6; do heals "ip $family route flush table $table" flush $family $table; done; done
heals "the default route of the tunnel replaced" ip route replace default via 198.51.100.1 dev eth0 table 5151
heals "the unreachable route taken away" ip route del unreachable default table 5151 metric 4294967295
at_most "the slowest of them in milliseconds" 1000 $slowest
stop_load
same "and the service had no gap of more than a second" "" "$(awk '$1 == "gap" && $5 > 1000' "$scratch/load")"

echo "# devices"
start_load
configured() { [[ $(wg show wg1 peers) == "$peer" && $(ip -o address show wg1 scope global | wc -l) == 2 && $(ip -o link show up dev wg1) ]]; }
peer=$(wg show wg1 peers)
remade() { # WHAT COMMAND…
    local what=$1 counted time
    shift
    counted=$(repairs)
    echo "$(now) $(now) ${what// /-}" >>"$scratch/faults"
    "$@" || fail "$what cannot be done"
    time=$(wait_for 1000 configured) || fail "$what: no device as before after a second: $(wg show wg1 2>&1; ip address show wg1 2>&1)"
    ok "$what: the device is back after $time ms"
    time=$(wait_for 2000 works) || fail "$what: does not work after 2 s more: $(sluice status)"
    ok "and works $time ms later"
    wait_for 2000 same_as_before >/dev/null || fail "$what: not all is as before: $(diff <(echo "$before") <(ours))"
    ((counted < $(repairs))) || fail "$what was not counted"
    ok "and was counted"
}
recreate() { ip link delete wg1 && wireguard-go wg1 >/dev/null 2>&1; }
# It may have its name again before the third command.
rename() { ip link set wg1 down && ip link set wg1 name wgx && { ip link set wgx up 2>/dev/null || true; }; }
updown() { ip link set wg1 down && ip link set wg1 up; }
remade "the device deleted" ip link delete wg1
remade "the device deleted and made by somebody else" recreate
remade "the device renamed" rename
remade "the device down" ip link set wg1 down
remade "the device down and up" updown
remade "its addresses taken away" ip address flush dev wg1
stop_load
stop_watching
for link in eth0 lan0; do
    same "tunnel addresses on $link: packets" "" "$(packets_by_kind $link "$steered")"
    same "tunnel names on $link: lines of the capture" 0 "$(bytes_seen $link corp)"
done
stop_daemon
