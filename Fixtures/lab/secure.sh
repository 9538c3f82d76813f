# SPDX-License-Identifier: MIT
# Encrypted servers: asked by their own path and no other way, never in the clear, and whatever is wrong with one is told within five seconds.
. "$(dirname "$0")/claims.sh"
files=$(dirname "$0")/../secure
bash "$files/certificates.sh" "$scratch" || fail "no certificates"
unbound=${SLUICE_LAB_SERVERS:-$files/../../.build/lab-servers}/usr/sbin/unbound
[[ -x $unbound ]] || unbound=$(command -v unbound) || fail "no unbound: run Packaging/lab/fetch-servers"

serve() { # PLACE ADDRESS CERTIFICATE ANSWER TEXT [LINES]: a real unbound that speaks DoT and DoH
    cat >"$scratch/$5.conf" <<CONF
server:
    interface: $2@853
    interface: $2@443
${6:-}
    tls-port: 853
    https-port: 443
    tls-service-key: $scratch/$3.key
    tls-service-pem: $scratch/$3.pem
$(unbound_of_ours)
    logfile: ""
    num-threads: 1
    access-control: 0.0.0.0/0 allow
    incoming-num-tcp: 100
    local-zone: "." redirect
    local-data: ". 60 IN A $4"
    local-data: ". 60 IN TXT $5"
    local-zone: "test." nodefault
remote-control:
    control-enable: no
CONF
    ip netns exec "$1" "$unbound" -c "$scratch/$5.conf" >"$scratch/$5.log" 2>&1 &
    echo $! >>"$scratch/servers"
}
trap 'kill $(cat "$scratch/servers") 2>/dev/null' EXIT
serve inet 203.0.113.20 good 203.0.113.14 outside-server "    interface: 2001:db8:203::20@853
    interface: 2001:db8:203::20@443
    access-control: ::/0 allow"
serve relay1 10.20.0.9 good 203.0.113.11 tunnel-server

cat >/etc/sluice/rules.d/secure.rules <<RULES
direct dot.test via tls://203.0.113.20#good.test
direct doh.test via https://203.0.113.20/dns-query#good.test
direct address.test via tls://203.0.113.20
direct six.test via tls://[2001:db8:203::20]
direct hsix.test via https://[2001:db8:203::20]
tunnel tdot.test via tls://10.20.0.9#good.test
tunnel tdoh.test via https://10.20.0.9#good.test
direct pin.test via tls://203.0.113.20:8533#sha256=$(cat "$scratch/alone.pin")
direct wrongpin.test via tls://203.0.113.20:8530#good.test,sha256=$(cat "$scratch/alone.pin")
$(for port in {8529..8544}; do echo "direct p$port.test via tls://203.0.113.20:$port#good.test"; done)
$(for port in {4430..4448}; do echo "direct p$port.test via https://203.0.113.20:$port/dns-query#good.test"; done)
RULES
begin "tls_roots = \"$scratch/ca.pem\""
text() { dig +tries=1 +time=6 +short TXT "$1" | tr -d '"'; }
threads() { ls "/proc/$daemon/task" | wc -l; }
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"; } # kB
seen() { tcpdump -nn -r "$scratch/seen-$1" "$2" 2>/dev/null | wc -l; } # LINK FILTER: packets so far
servers="host 203.0.113.20 or host 10.20.0.9"
watch_links "$servers" eth0 lan0 wg1
# What our sockets have as they send their first packet, before any rule of ours sees it.
nft -f - <<'NFT'
table inet witness {
    counter unmarked {}
    counter outside {}
    counter tunnel {}
    chain first {
        type filter hook output priority -310;
        oifname lo return
        tcp flags & (syn | ack) == syn meta mark & 0xff000000 == 0x00000000 ip daddr { 203.0.113.20, 10.20.0.9 } counter name unmarked
        tcp flags & (syn | ack) == syn meta mark & 0xff000000 == 0x00000000 ip6 daddr 2001:db8:203::20 counter name unmarked
        tcp flags & (syn | ack) == syn meta mark & 0xff000000 == 0x02000000 ip daddr 203.0.113.20 counter name outside
        tcp flags & (syn | ack) == syn meta mark & 0xff000000 == 0x01000000 ip daddr 10.20.0.9 counter name tunnel
    }
}
NFT
first() { nft list counter inet witness "$1" | awk '/packets/ { print $2 }'; }
before=$(threads)
idle=$(memory)
same "who answers at a DoT server outside" outside-server "$(text a.dot.test)"
same "who answers at a DoH server outside" outside-server "$(text a.doh.test)"
same "who answers at a DoT server by its address" outside-server "$(text a.address.test)"
same "who answers at a DoT server by its address of IPv6" outside-server "$(text a.six.test)"
same "who answers at a DoH server by its address of IPv6" outside-server "$(text a.hsix.test)"
same "who answers at a DoT server in the tunnel" tunnel-server "$(text a.tdot.test)"
same "who answers at a DoH server in the tunnel" tunnel-server "$(text a.tdoh.test)"
same "threads more than before" 1 $(($(threads) - before))
echo "# memory before the first question to them, and after five connections: $idle kB, $(memory) kB"
same "first packets without a mark" 0 "$(first unmarked)"
same "with that of outside" 3 "$(first outside)"
same "with that of the tunnel" 2 "$(first tunnel)"
for number in 1 2 3 4 5; do text $number.dot.test >/dev/null; text $number.tdoh.test >/dev/null; done
same "connections after ten more questions" "3 2" "$(first outside) $(first tunnel)"
contains "why" "tls://203.0.113.20:853#good.test" "$(sluice why b.dot.test --config $config | flat)"
contains "query" "https://203.0.113.20:443/dns-query#good.test" "$(sluice query b.doh.test TXT --config $config | flat)"

# No connection outlives its way.
gone() { wait_for 2000 bash -c "[[ -z \$(ss -Htn dst $1) ]]" || echo 9999; } # ADDRESS
connections() { ss -Htn state established dst "$1" | wc -l; }
same "connections in the tunnel" 2 "$(connections 10.20.0.9)"
sluice down --config $config >/dev/null
at_most "after 'down' they are gone, milliseconds" 500 "$(gone 10.20.0.9)"
contains "meanwhile" "SERVFAIL" "$(dig +tries=1 +time=6 c.tdot.test)"
same "those outside stand" 3 "$(connections 203.0.113.20)"
sluice up --config $config >/dev/null
same "connected again" tunnel-server "$(text c.tdot.test)"
ip link del wg1
wait_for 8000 is_connected >/dev/null || fail "not connected again"
same "after the device was deleted" tunnel-server "$(text d.tdot.test)"

# Nor its network.
ip route replace default via 198.51.100.53
at_most "after a change of gateway those outside are gone, milliseconds" 1500 "$(gone 203.0.113.20)"
same "those in the tunnel stand" 1 "$(connections 10.20.0.9)"
same "by the new gateway" outside-server "$(text c.dot.test)"
ip route replace default via 198.51.100.1
at_most "after another, milliseconds" 1500 "$(gone 203.0.113.20)"
same "by the old one" outside-server "$(text d.dot.test)"

# Every fault has a port of its own, and a name for it.
ip netns exec inet python3 -W ignore "$files/faulty.py" 203.0.113.20 "$scratch" >"$scratch/faulty.log" 2>&1 &
faulty=$!
echo $faulty >>"$scratch/servers"
wait_for 20000 grep -q ready "$scratch/faulty.log" >/dev/null || fail "no faulty servers: $(cat "$scratch/faulty.log")"
counted() { # PORT: connections so far; or what else the faulty servers count
    rm -f "$scratch/counts"
    kill -USR1 $faulty
    wait_for 2000 test -s "$scratch/counts" >/dev/null || fail "no counts"
    awk -v port="$1" '$1 == port { print $2 }' "$scratch/counts"
}
refused() { # NAME REASON: SERVFAIL with that reason, within five seconds, and memory does not grow
    local before took after
    before=$(memory)
    took=$(milliseconds dig +tries=1 +time=8 "$1")
    contains "$1" "status: SERVFAIL" "$(flat <"$scratch/output")"
    contains "$1: its reason" "$2" "$(flat <"$scratch/output")"
    at_most "$1: milliseconds" 5000 "$took"
    after=$(memory)
    at_most "$1: kB more" 8192 $((after - before))
}
answered() { same "$1" 203.0.113.14 "$(dig +tries=1 +time=6 +short "$1")"; }
answered a.p8530.test
refused a.p8531.test "its certificate has expired"
refused a.p8532.test "its certificate is for another name or address"
refused a.p8533.test "its certificate is signed by nobody trusted here"
refused a.p8534.test "TLS"
refused a.p8535.test "the TLS handshake was not done within 3 s"
refused a.p8536.test "it closed the connection in the TLS handshake"
refused a.p8538.test "it answers nothing"
refused a.p8539.test "it sends answers that nobody asked for"
refused a.p8541.test "it answers nothing"
refused a.p8544.test "it closed the connection without an answer"
refused a.p8543.test "SERVFAIL"
refused a.p8529.test "Connection refused"
answered a.pin.test
refused a.wrongpin.test "its public key is none of the pinned ones"
answered a.p4430.test
refused a.p4431.test "HTTP status 404"
refused a.p4432.test "HTTP status 302, and no redirect is followed"
refused a.p4433.test "HTTP status 500"
refused a.p4434.test "of type text/plain"
refused a.p4435.test "longer than a DNS message"
refused a.p4436.test "longer than a DNS message"
refused a.p4438.test "it takes no more questions"
refused a.p4439.test "it reset the stream"
refused a.p4440.test "it floods the connection"
refused a.p4441.test "it floods the connection"
refused a.p4442.test "too many headers"
refused a.p4443.test "it floods the connection"
refused a.p4444.test "it does not speak HTTP/2"
refused a.p4445.test "it does not speak HTTP/2"
refused a.p4447.test "no DNS message"

dig +tries=1 +time=6 a.p4448.test >"$scratch/output"
contains "what DNS says within a response of status 200" "status: NXDOMAIN" "$(flat <"$scratch/output")"

# Names in a certificate, ages, order.
same "the TTL of an answer that lay 50 s in the server's cache" 10 "$(dig +tries=1 +time=6 a.p4446.test | awk '$4 == "A" { print $2 }')"
dig +tries=1 +time=6 +short first.p8540.test >"$scratch/first" &
sleep 0.2
same "the second of two questions, answered first" 203.0.113.14 "$(dig +tries=1 +time=6 +short second.p8540.test)"
wait $!
same "the first" 203.0.113.14 "$(cat "$scratch/first")"
same "connections for both" 1 "$(counted 8540)"

# Servers that end connections as they like.
ask() { python3 "$files/ask.py" 127.0.0.53 "$@"; } # SUFFIX RATE SECONDS [WINDOW]
share() { awk '{ print int($4 * 1000 / $2) }'; } # answered, in thousandths
result=$(ask p8542.test 0 5 1)
echo "# closed after each answer: $result, connections $(counted 8542)"
same "closed after each answer, one by one: answered, in thousandths" 1000 "$(share <<<"$result")"
result=$(ask p8537.test 500 5)
echo "# closed after 1,000 bytes: $result, connections $(counted 8537)"
at_most "closed after 1,000 bytes, 500 questions a second: lost, in thousandths" 10 $((1000 - $(share <<<"$result")))
result=$(ask p4437.test 100 5)
echo "# GOAWAY after ten answers: $result, connections $(counted 4437)"
at_most "GOAWAY after ten answers: lost, in thousandths" 10 $((1000 - $(share <<<"$result")))
((1000 < $(counted asked))) || fail "the faulty servers saw only $(counted asked) questions"
same "not padded to 128 bytes" 0 "$(counted unpadded)"
same "by DoH with an id" 0 "$(counted numbered)"
syns() { seen eth0 "dst port $1 and tcp[13] == 2"; }
before=$(syns 8531)
result=$(ask p8531.test 500 5)
handshakes=$(($(syns 8531) - before))
echo "# expired: $result, handshakes $handshakes"
((handshakes > 0)) || fail "an expired certificate is not tried again"
at_most "handshakes with an expired certificate in 5 s of 500 questions a second" 8 $handshakes
same "words in the log about it" 1 "$(grep -c '8531.*has expired' "$scratch/daemon.log")"
contains "status" "trouble" "$(sluice status --config $config | grep 8531)"
# What one connection carries.
for suffix in dot.test doh.test; do
    for window in 1 16 64; do echo "# $suffix, $window at once: $(ask $suffix 0 3 $window)"; done
done
echo "# memory: $(memory) kB, processor time $(awk '{ print ($14 + $15) * 10 }' "/proc/$daemon/stat") ms"

stop_watching
 ((1000 < $(seen eth0 "host 203.0.113.20"))) || fail "the eye on eth0 is blind"
((10 < $(seen wg1 "host 10.20.0.9"))) || fail "the eye in the tunnel is blind"
same "in the clear outside" 0 "$(seen eth0 "port 53")"
same "in the clear in the tunnel" 0 "$(seen wg1 "port 53")"
same "of the tunnel's server outside" 0 "$(seen eth0 "host 10.20.0.9")"
same "of the outside's server in the tunnel" 0 "$(seen wg1 "host 203.0.113.20")"
same "on the LAN's link" 0 "$(seen lan0 "$servers")"

# A tunnel with no other resolver than an encrypted one.
stop_daemon
sed -i 's|^config = .*|&\ndns = ["tls://10.20.0.9#good.test"]|; s|^\[dns\]|&\nsetting = "default"|' $config
watch_links "port 53 and not host 198.51.100.53" eth0
start_daemon $config
echo "# connected after $(wait_for 15000 is_connected) ms"
is_connected || fail "not connected with an encrypted resolver: $(sluice status --config $config)"
watch_links "port 53" wg1
same "who answers for a name without a rule" tunnel-server "$(text a.example)"
stop_watching
same "in the clear in the tunnel" 0 "$(packets_on wg1)"
same "in the clear outside" 0 "$(packets_on eth0)"
stop_daemon
