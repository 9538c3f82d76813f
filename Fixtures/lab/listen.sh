# SPDX-License-Identifier: MIT
# Who is answered: loopback and connected private networks, from the address they asked; nobody else, by UDP or TCP. Then as allow_from says.
. "$(dirname "$0")/claims.sh"

begin() {
    cat >/etc/sluice/listen.toml <<TOML
[dns]
listen = ["127.0.0.53:53", "0.0.0.0:5300", "[::]:5300"]
system_servers = ["198.51.100.53", "192.168.77.1"]
$1
TOML
    sluice run --config /etc/sluice/listen.toml >"$scratch/daemon.log" 2>&1 &
    daemon=$!
    wait_for 3000 dig +short +time=1 +tries=1 www.example >/dev/null || fail "no daemon"
}
finish() { kill "$daemon"; wait "$daemon"; }
from() { # NAMESPACE SERVER [OPTION]
    ip netns exec "$1" dig +time=1 +tries=1 +short ${3:-} "@$2" -p 5300 www.example 2>&1
}

begin ""
same "a neighbour on the LAN, by UDP" 203.0.113.13 "$(from lan 192.168.77.10)"
same "by TCP" 203.0.113.13 "$(from lan 192.168.77.10 +tcp)"
same "by IPv6" 203.0.113.13 "$(from lan fd77::10)"
same "at an address that is not of its own link, answered from there" 203.0.113.13 \
    "$(ip netns exec lan ip route add 198.51.100.10 via 192.168.77.10; from lan 198.51.100.10)"
contains "a public client gets no answer" "no servers could be reached" "$(from inet 198.51.100.10)"
contains "by TCP neither" "no servers could be reached" "$(from inet 198.51.100.10 +tcp)"
contains "by IPv6 neither" "no servers could be reached" "$(from inet 2001:db8:51::10)"
same "no tunnel is configured: the state is disconnected" disconnected "$(state --config /etc/sluice/listen.toml)"
finish

begin 'allow_from = ["198.51.100.0/24"]'
same "allow_from lets it in" 203.0.113.13 "$(from inet 198.51.100.10)"
contains "and nobody else" "no servers could be reached" "$(from lan 192.168.77.10)"
finish
