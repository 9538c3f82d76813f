# SPDX-License-Identifier: MIT
# Custom servers that are more than they seem: the tunnel's own, mapped, link-local with a zone, in 100.64/10; and where each may be asked.
. "$(dirname "$0")/claims.sh"

custom() { # SERVER… as TOML strings, then more for [dns]
    begin "setting = \"custom\"
servers = [$1]
${2:-}"
    token=$(random)
}
who() { dig +short +tries=1 +time=2 TXT "$1.$token.example" | tr -d '"'; }
# Seen where, from the host's own links: lan0, eth0 or wg1.
seen() { for link in "$@"; do echo -n "$link $(bytes_seen "$link" "$token") "; done; }
watch() { watch_links "udp port 53 or tcp port 53" eth0 lan0 wg1; }
where() { # SERVER EXPECTED-LINK [DNS]
    custom "\"$1\"" "${3:-}"
    rm -f "$scratch"/seen-*
    watch
    dig +tries=1 +time=2 "a.$token.example" >/dev/null
    dig +tries=1 +time=2 +tcp "b.$token.example" >/dev/null
    stop_watching
    for link in eth0 lan0 wg1; do
        if [[ $link == "$2" ]]; then
            (($(bytes_seen $link "$token") > 0)) || fail "$1: not seen on $link: $(dig +short "c.$token.example"; seen eth0 lan0 wg1)"
            ok "$1: asked on $link"
        else
            same "$1: nothing on $link" 0 "$(bytes_seen $link "$token")"
        fi
    done
    stop_daemon
}
address=$(ip netns exec lan ip -6 -o address show dev lan0 scope link | sed -n 's/.*inet6 \(fe80[^/]*\).*/\1/p')
where 10.64.1.1 wg1
where 192.168.77.1 lan0
where ::ffff:192.168.77.1 lan0
where fd77::1 lan0
where "$address%lan0" lan0
where 203.0.113.53 wg1
where 100.100.100.100 wg1
ip route add 100.100.100.100 via 192.168.77.1
where 100.100.100.100 lan0 'cgnat = "lan"'

echo "# the list's order, each server on its own path"
custom '"192.168.77.1", "203.0.113.53"'
same "the private one first" lan "$(who first)"
stop_daemon
custom '"203.0.113.53", "192.168.77.1"'
same "the public one first, in the tunnel" public "$(who first)"
sluice down --config $config >/dev/null
same "disconnected: the system's" system "$(who second)"
stop_daemon
rm -f /var/lib/sluice/wish

echo "# what cannot be"
check() { printf '[dns]\nsetting = "custom"\nservers = ["%s"]\n[[tunnel]]\nname = "one"\nconfig = "/etc/wireguard/wg1.conf"\n' "$1" >"$scratch/c.toml"; sluice check "$scratch/c.toml" 2>&1; }
for server in fe80::1 127.0.0.53 0.0.0.1 224.0.0.251 255.255.255.255; do
    check "$server" >"$scratch/output"
    same "$server is an error" 2 $?
    contains "with its place" "3:" "$(cat "$scratch/output")"
done
