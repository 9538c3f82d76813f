# SPDX-License-Identifier: MIT
# DNS of programs that do not ask us: refused at once, brought to us, or let go; from here and from a machine behind this one.
. "$(dirname "$0")/claims.sh"

public=203.0.113.53
public6=2001:db8:203::53
behind() { ip netns exec lan "$@"; }
lookup() { dig +tries=1 +time=2 +short TXT who.example "$@" 2>&1 | tr -d '"'; }
status() { dig +tries=1 +time=2 ads.example "$@" 2>&1 | sed -n 's/.*status: \([A-Z]*\).*/\1/p'; }
sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip netns exec lan ip route add 203.0.113.0/24 via 192.168.77.10
ip netns exec lan ip -6 route add 2001:db8:203::/64 via fd77::10
ip netns exec inet ip route add 192.168.77.0/24 via 198.51.100.10 2>/dev/null
ip netns exec inet ip -6 route add fd77::/64 via 2001:db8:51::10 2>/dev/null
same "without us it is reached" public "$(lookup @$public)"
same "also from behind" public "$(behind dig +tries=1 +time=2 +short TXT who.example @$public | tr -d '"')"
dig +tries=1 +time=1 -b 198.51.100.10#5301 @$public www.example >/dev/null

echo "# reject"
begin
watch_links "(port 53 or port 853) and (host $public or host $public6)" eth0
for server in $public $public6; do
    time=$(milliseconds dig +tries=1 +time=3 @$server www.example)
    same "refused: @$server" 9 "$(dig +tries=1 +time=3 @$server www.example >/dev/null 2>&1; echo $?)"
    at_most "at once, in milliseconds" 1500 "$time"
    same "by TCP too" 1 "$(timeout 2 bash -c "exec 3<>/dev/tcp/$server/53" 2>/dev/null; echo $?)"
    same "and TLS" 1 "$(timeout 2 bash -c "exec 3<>/dev/tcp/$server/853" 2>/dev/null; echo $?)"
    same "from behind" 1 "$(behind timeout 2 bash -c "exec 3<>/dev/tcp/$server/53" 2>/dev/null; echo $?)"
    behind dig +tries=1 +time=1 @$server www.example >/dev/null
done
dig +tries=1 +time=1 -b 198.51.100.10#5301 @$public www.example >/dev/null
stop_watching
same "none of it left, nor of a flow that began before us" 0 "$(packets_on eth0)"
stop_daemon

echo "# capture"
begin 'foreign = "capture"'
watch_links "(port 53 or port 853) and (host $public or host $public6)" eth0
for server in $public $public6; do
    same "a blocked name @$server: our answer" NXDOMAIN "$(status @$server)"
    same "by TCP" NXDOMAIN "$(status @$server +tcp)"
    same "from behind" NXDOMAIN "$(behind dig +tries=1 +time=2 ads.example @$server | sed -n 's/.*status: \([A-Z]*\).*/\1/p')"
    same "by TCP" NXDOMAIN "$(behind dig +tries=1 +time=2 ads.example @$server +tcp | sed -n 's/.*status: \([A-Z]*\).*/\1/p')"
    same "TLS is refused" 1 "$(timeout 2 bash -c "exec 3<>/dev/tcp/$server/853" 2>/dev/null; echo $?)"
done
same "a tunnel name goes in the tunnel" relay1 "$(dig +short TXT who.corp.example @$public | tr -d '"')"
same "an app of the tunnel asks its own door" relay1 "$(sluice exec --config $config --tunnel -- dig +short TXT who.example @$public | tr -d '"')"
dig +tries=1 +time=1 -b 198.51.100.10#5301 @$public www.example >/dev/null
stop_watching
same "none of it left" 0 "$(packets_on eth0)"
door=$(nft list chain inet sluice bring | sed -n 's/.*redirect to :\([0-9]*\).*/\1/p' | head -1)
same "from elsewhere the door is closed" "" "$(behind dig +tries=1 +time=1 +short -p "$door" @192.168.77.10 www.example 2>/dev/null | grep -v '^;')"
same "asking us goes on" system "$(lookup @127.0.0.53)"
stop_daemon

echo "# allow"
begin 'foreign = "allow"'
watch_links "(port 53 or port 853) and (host $public or host $public6)" eth0
same "let go" public "$(lookup @$public)"
same "from behind" public "$(behind dig +tries=1 +time=2 +short TXT who.example @$public | tr -d '"')"
stop_watching
same "and these eyes see it" 4 "$(packets_on eth0)"
stop_daemon
