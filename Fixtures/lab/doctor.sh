# SPDX-License-Identifier: MIT
# doctor: no problem where there is none; each thing that is broken, one at a time, is named, with a next command. It changes nothing, and sends
# nothing off the machine.
. "$(dirname "$0")/claims.sh"

sudo() { "$@"; }
look() { output=$(sluice doctor --json); code=$?; }
# The findings of a check, one a line.
findings() { sed 's/{"check"/\n&/g' <<<"$output" | grep "^{\"check\":\"$2\"" | grep "\"severity\":\"$1\""; }
named() { # CLAIM SEVERITY CHECK TEXT
    look
    contains "$1" "$4" "$(findings "$2" "$3")"
    findings "$2" "$3" | grep -qF '"next":null' && fail "$1: no next command"
    if [[ $2 == problem ]]; then same "    and ends with 2" 2 "$code"; fi
}
connected() { [[ $(state) == connected ]]; }
healthy() { look; same "$1: no problem" '0 ' "$code $(sed 's/{"check"/\n&/g' <<<"$output" | grep '"severity":"problem"')"; }
machine() { nft -s list ruleset | grep -v expires; ip rule; ip -6 rule; ip route show table all; ip -6 route show table all | sed 's/ expires [0-9]*sec//'; sysctl -a 2>/dev/null | grep -E 'rp_filter|src_valid_mark|forwarding '; cat /etc/resolv.conf /etc/nsswitch.conf; find /etc/sluice /etc/firefox /etc/systemd 2>/dev/null; }

healthy "a healthy lab"
same "and no note but of its documentation addresses" '"configuration"' "$(sed 's/{"check":/\n&/g' <<<"$output" | grep '"severity":"note"' | grep -o '^{"check":"[^"]*"' | cut -d: -f2)"
contains "everything else" "everything else IPv4 → eth0 via 198.51.100.1" "$output"
contains "what tunnel rules name" "tunnel rules IPv4 → wg1" "$output"
contains "and direct rules" "direct rules IPv6 → eth0 via 2001:db8:51::1" "$output"
contains "who has port 53" "127.0.0.53:53: sluice (pid $(cat /run/sluice/pid))" "$output"
contains "text for people has a sum" " ok" "$(sluice doctor | tail -1)"
same "and eighty columns, but for commands" 0 "$(sluice doctor | grep -v '^ *→' | awk '{ gsub(/[^ -~]/, "."); gsub(/\.\.\./, "."); if (length($0) > 80) n++ } END { print n + 0 }')"

before=$(machine)
watch_links "port 53 or port 853 or port 443" eth0 lan0 wg1
at_most "milliseconds for all" 3000 "$(milliseconds sluice doctor)"
stop_watching
for link in eth0 lan0 wg1; do same "no question left by $link" 0 "$(packets_on $link)"; done
watch_links "port 53" eth0
dig +short "$(random).example" >/dev/null
stop_watching
same "one of another program is seen" 2 "$(packets_on eth0)"
same "the machine is as it was" "$before" "$(machine)"

# A second resolver: asked where it is, and nowhere else, even where a firewall would turn the question to the net.
unbound=$(readlink "/proc/$(ip netns pids relay1 | while read -r pid; do [[ $(cat /proc/$pid/comm) == unbound ]] && echo "$pid"; done | head -1)/exe")
cat >"$scratch/unbound.conf" <<CONF
server:
    interface: 127.0.0.1
$(unbound_of_ours)
remote-control:
    control-enable: no
CONF
"$unbound" -d -c "$scratch/unbound.conf" >"$scratch/unbound.log" 2>&1 &
second=$!
answers() { dig @127.0.0.1 +short +time=1 +tries=1 localhost | grep -q 127; }
wait_for 3000 answers >/dev/null || fail "no second resolver: $(cat "$scratch/unbound.log")"
named "a second resolver" note resolvers "unbound (pid $second) answers at 127.0.0.1:53 too"
nft -f - <<'NFT'
table ip foreign {
    chain turn { type nat hook output priority -100; ip daddr 127.0.0.1 udp dport 53 dnat to 203.0.113.53; }
}
NFT
watch_links "host 203.0.113.53" eth0
named "a firewall that turns port 53" problem firewall "table ip foreign turns this machine's port 53: dnat to 203.0.113.53"
stop_watching
same "and doctor's own question was not turned" 0 "$(packets_on eth0)"
nft delete table ip foreign
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
named "resolv.conf that names it" problem resolv-conf "names 127.0.0.1, not Sluice"
printf 'nameserver 127.0.0.53\nnameserver 127.0.0.1\n' >/etc/resolv.conf
named "or it as the second" problem resolv-conf "not Sluice alone"
echo 'nameserver 127.0.0.53' >/etc/resolv.conf
kill "$second"
wait "$second" 2>/dev/null
healthy "that mended"

# nsswitch, with a process of that name.
cp /bin/sleep /var/lib/systemd-resolved    # /run lets nothing be executed
sed -i 's/^hosts:.*/hosts: files resolve [!UNAVAIL=return] dns/' /etc/nsswitch.conf
named "nsswitch with resolve first" note name-services "asks systemd-resolved first, which does not run"
/var/lib/systemd-resolved 100 &
resolved=$!
sleep 0.1
named "and systemd-resolved running" problem name-services "programs ask systemd-resolved before dns"
eval "$(findings problem name-services | sed 's/.*"next":"\([^"]*\)".*/\1/')"
named "its next command mends it; the service stays a note" note name-services "systemd-resolved runs beside Sluice"
kill "$resolved"
wait "$resolved" 2>/dev/null
healthy "that mended"

# The reverse path filter. Its next command mends it.
dig +short git.corp.example >/dev/null
sysctl -q net.ipv4.conf.all.src_valid_mark=0 net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.wg1.rp_filter=1
curl -4 -sS --max-time 1 http://203.0.113.11/ >/dev/null 2>&1 && fail "strict filtering stops no reply: this test proves nothing"
named "strict filtering without the mark" problem rp-filter "src_valid_mark is 0"
eval "$(findings problem rp-filter | sed 's/.*"next":"\([^"]*\)".*/\1/')" >/dev/null
contains "its next command lets replies in" "client 203.0.113.130" "$(curl -4 -sS --max-time 3 http://203.0.113.11/)"
sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wg1.rp_filter=0
wait_for 5000 connected >/dev/null || fail "not connected"
healthy "that mended"
sysctl -q net.ipv4.ip_forward=1
look
contains "forwarding" "on for IPv4" "$(findings ok forwarding)"
sysctl -q net.ipv4.ip_forward=0

# Rules and marks of others.
ip rule add pref 5 fwmark 0x01000000/0xff000000 lookup main
named "a foreign rule before ours" problem routing-rules "stands among ours"
contains "and where tunnel rules go by it" "tunnel rules IPv4 → eth0 via 198.51.100.1, outside the tunnel" "$(findings problem routes)"
ip rule del pref 5
nft -f - <<'NFT'
table inet foreign {
    chain out { type filter hook output priority 0; udp dport 53 accept; }
    chain marks { type route hook output priority -140; meta mark set 0x1; }
}
NFT
named "a firewall that marks everything" problem firewall "table inet foreign overwrites packet marks"
contains "and accepts port 53" "accepts port 53 in output" "$(findings note firewall)"
nft delete table inet foreign
wireguard-go wg9 >/dev/null 2>&1
ip link set wg9 up
wg set wg9 fwmark 51820
ip route add default dev wg9 table 51820
ip rule add not fwmark 51820 table 51820 pref 32700
named "another VPN's default route" note other-vpns "wg-quick's default route is in force: table 51820, wg9"
contains "and where everything else goes by it" "everything else IPv4 → wg9" "$(findings ok routes)"
ip rule del pref 32700
ip link delete wg9

# Browsers.
echo "anna:x:1234:1234::$scratch/anna:/bin/sh" >>/etc/passwd
mkdir -p "$scratch/anna/.mozilla/firefox/x.default" "$scratch/anna/.config/chromium"
echo 'user_pref("network.trr.mode", 5);' >"$scratch/anna/.mozilla/firefox/x.default/prefs.js"
echo '{"dns_over_https": {"mode": "automatic"}}' >"$scratch/anna/.config/chromium/Local State"
healthy "browsers that ask nobody else"
echo 'user_pref("network.trr.mode", 3);' >"$scratch/anna/.mozilla/firefox/x.default/prefs.js"
named "Firefox over HTTPS" problem browsers "Firefox of anna asks only"
contains "names the file" "$scratch/anna/.mozilla/firefox/x.default/prefs.js" "$(findings problem browsers)"
eval "$(findings problem browsers | sed 's/.*"next":"\(.*\)","severity".*/\1/; s/\\"/"/g')" >/dev/null
healthy "its next command sets a policy"
echo '{"dns_over_https": {"mode": "secure", "templates": "https://dns.example/q"}}' >"$scratch/anna/.config/chromium/Local State"
named "Chromium over HTTPS" problem browsers "Chromium of anna asks only https://dns.example/q, over HTTPS"
eval "$(findings problem browsers | sed 's/.*"next":"\(.*\)","severity".*/\1/; s/\\"/"/g')" >/dev/null
healthy "its next command sets a policy"

# Without root; a broken configuration; without the daemon.
output=$(setpriv --reuid=65534 --regid=65534 --clear-groups sluice doctor 2>&1)
contains "an ordinary user is told what was not seen" "not seen: " "$output"
contains "and how to see it" "sudo sluice doctor" "$output"
echo 'lisen = 1' >>/etc/sluice/sluice.toml
named "a broken configuration" problem configuration "unknown key"
sed -i '$d' /etc/sluice/sluice.toml
kill -9 "$(cat /run/sluice/pid)"
sleep 0.2
named "a killed daemon" problem daemon "no daemon runs, but its rules stand"
contains "and that nobody answers" "where nobody answers" "$(findings problem resolv-conf)"
sluice run >"$scratch/daemon.log" 2>&1 &
daemon=$!
wait_for 5000 connected >/dev/null || fail "not connected"
healthy "after the next start"
kill "$daemon"
wait "$daemon"
echo 'nameserver 198.51.100.53' >/etc/resolv.conf
healthy "an ordinary machine without a daemon"
contains "which it says" "no daemon runs" "$(findings note daemon)"
