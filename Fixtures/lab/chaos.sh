# SPDX-License-Identifier: MIT
# Faults in any order, under load: devices, routes, rules, tables, chains and sets taken away, links down and up, down and up on purpose.
# Not one packet of a tunnel address or name on another link; service is back within 2 s of each repair. SLUICE_CHAOS: how many (200);
# SLUICE_FAULTS: of which kinds; SLUICE_SEED: in which order.
. "$(dirname "$0")/claims.sh"

rounds=${SLUICE_CHAOS:-200}
RANDOM=${SLUICE_SEED:-$$}
one_of() { local list=("$@"); echo "${list[RANDOM % ${#list[@]}]}"; }
pause() { sleep "0.$(printf %03d $((RANDOM % $1)))"; }
works() {
    [[ $(dig +short +time=1 +tries=1 "n$RANDOM$RANDOM.corp.example" 2>&1) == 203.0.113.1[12] ]] &&
        curl -sS -o /dev/null --max-time 1 http://203.0.113.11/ && curl -sS -o /dev/null --max-time 1 http://10.20.0.5/ &&
        curl -sS -o /dev/null --max-time 1 'http://[2001:db8:203::11]/'
}
chains() { nft list table inet sluice | sed -n 's/^\tchain \(.*\) {/\1/p'; }

# Does a fault; where only this script can repair it, does that too. $repaired: from when on service is to come back.
fault() {
    local rule
    case $1 in
        down) timeout 5 sluice down >/dev/null || echo "down does not end: $(sluice status)" >"$scratch/stuck"; pause 300; repaired=$(now); sluice up >/dev/null ;;
        device) ip link delete "$(one_of wg1 wg1 wg2)" ;;
        devices) ip link delete wg1; ip link delete wg2 ;;
        device-down) ip link set wg1 down; pause 300; repaired=$(now); ip link set wg1 up ;;
        route) ip "$(one_of -4 -6)" route flush table "$(one_of 5151 5152 5160)" ;;
        routes) for table in 5151 5152 5160; do ip route flush table $table; ip -6 route flush table $table; done ;;
        rule)
            rule=$(one_of -4 -6)
            ip $rule rule del pref "$(ip $rule rule | sed -n 's/:.*\(51[56].\|unreachable\).*//p' | shuf -n 1)" ;;
        rules) for family in -4 -6; do ip $family rule | sed -n 's/:.*\(51[56].\|unreachable\).*//p' | xargs -n 1 ip $family rule del pref; done ;;
        ruleset) nft flush ruleset ;;
        table) nft delete table inet sluice ;;
        chain) nft flush chain inet sluice "$(chains | shuf -n 1)" ;;
        set) nft flush set inet sluice "$(one_of tunnel4 tunnel6 tunnel4_net tunnel_links resolvers4 endpoints4)" ;;
        map) nft flush map inet sluice "$(one_of tunnel_enter tunnel_flows4 tunnel_flows6)" ;;
        everything) nft flush ruleset; ip route flush table 5151; ip rule del pref 10010; ip link delete wg1 ;;
        link)
            ip link set eth0 down
            pause 300
            ip link set eth0 up
            ip route add default via 198.51.100.1
            ip -6 route add default via 2001:db8:51::1
            repaired=$(now) ;;
    esac
} 2>/dev/null
read -ra faults <<<"${SLUICE_FAULTS:-down device devices device-down route routes rule rules ruleset table chain set map everything link}"

sysctl -q net.ipv6.conf.eth0.keep_addr_on_down=1
eyes_are_open
start_daemon /etc/sluice/sluice.toml
wait_for 5000 works >/dev/null || fail "the daemon does not work"
dig +short AAAA git.corp.example >/dev/null
watch_outside "$steered or port 53 or port 853"
start_load
touch "$scratch/faults"
for ((round = 1; round <= rounds; round++)); do
    # Each at least once, then by chance.
    kind=${faults[round <= ${#faults[@]} ? round - 1 : RANDOM % ${#faults[@]}]}
    began=$(now)
    repaired=$began
    fault "$kind"
    [[ ! -f $scratch/stuck ]] || fail "$(cat "$scratch/stuck")"
    echo "$began $repaired $kind" >>"$scratch/faults"
    wait_for 8000 works >/dev/null ||
        fail "$kind, round $round: no service 8 s after the repair: $(sluice status 2>&1; ip rule; ip route show table 5151; dig a$round.corp.example)"
    pause 400
done
stop_load
while read -r kind times worst; do at_most "$kind, $times times: milliseconds from the repair to the service" 2000 "$worst"; done < <(gaps_by_kind)
nothing_steered_outside
at_most "repairs are counted: faults of the kind the daemon repairs itself, less those it had in one go" "$(repairs)" $((rounds / 4))
kill "$daemon"
wait "$daemon"
same "an ordinary stop leaves nothing" "" "$(nft list tables)"
