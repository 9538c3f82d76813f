# SPDX-License-Identifier: MIT
# Flows that began before what forbids them: conntrack caught them in their middle, the default was another, no tunnel was wanted. Nothing of
# them leaves once they may not, though both sides go on; a new one finds its way.
. "$(dirname "$0")/claims.sh"

configuration() { # DEFAULT
    one_tunnel /etc/sluice/one.toml '' "[routing]
default = \"$1\""
    config=/etc/sluice/one.toml
}
start() {
    start_daemon $config
    wait_for 5000 is_connected >/dev/null || fail "not connected"
}
# A download: its server speaks, the program only acknowledges.
download() {
    [[ -n ${greeter:-} ]] && kill $greeter 2>/dev/null
    ip netns exec inet "$SLUICE_PROBE" greet 203.0.113.20:2223 >/dev/null &
    greeter=$!
    sleep 0.3
    bash -c "exec 3<>/dev/tcp/203.0.113.20/2223; cat <&3 >$scratch/download" 2>/dev/null &
    wait_for 2000 test -s "$scratch/download" >/dev/null || fail "no download"
}
over() { # WHAT
    watch_outside "tcp port 2223"
    sleep 1.5
    stop_watching
    nothing_outside "$1"
    contains "$1: a new connection is in the tunnel" "client 203.0.113.130" "$(curl -4 -sS --max-time 2 http://203.0.113.20/ 2>&1)"
}

download
watch_outside "tcp port 2223"
sleep 1
stop_watching
(($(packets_on eth0) > 2)) || fail "the eyes are blind"
ok "these eyes see a download"

echo "# conntrack caught it in its middle before us"
nft 'table inet other { chain in { type filter hook input priority 0; ct state established accept; }; }'
sleep 0.5
configuration tunnel
start
over "caught in its middle"
stop_daemon
nft delete table inet other

echo "# the default was another"
configuration direct
start
download
configuration tunnel
sluice reload --config $config >/dev/null
wait_for 2000 grep -q ': reload' "$scratch/daemon.log" >/dev/null
sleep 0.3
over "after a reload"
stop_daemon
for way in TERM KILL; do
    configuration direct
    start
    download
    configuration tunnel
    kill -$way "$daemon"
    wait "$daemon" 2>/dev/null
    start
    over "after SIG$way and a start"
    stop_daemon
done

echo "# no tunnel was wanted"
start
sluice down --config $config >/dev/null
download
for port in 911 40511; do
    (while "$SLUICE_PROBE" datagram "0.0.0.0:$port" 203.0.113.20:9 FORMER; do sleep 0.05; done) >/dev/null 2>&1 &
    senders+=" $!"
    # This side begins, or it is an answer: those of a server here go where they came from.
    wait_for 2000 eval "conntrack -L -p udp --orig-port-src $port 2>/dev/null | grep -q 203.0.113.20" >/dev/null || fail "no datagram from $port"
    (while ip netns exec inet "$SLUICE_PROBE" datagram 203.0.113.20:9 "198.51.100.10:$port" FORMER; do sleep 0.05; done) >/dev/null 2>&1 &
    senders+=" $!"
done
watch_outside "udp port 9"
sleep 1
stop_watching
(($(packets_on eth0) > 10)) || fail "the datagrams do not leave while disconnected"
ok "datagrams both ways while disconnected"
sluice up --config $config >/dev/null
sleep 0.2
watch_outside "udp port 9 or tcp port 2223"
sleep 2
stop_watching
nothing_outside "after 'up', from a low port and a high one"
kill $senders 2>/dev/null
kill "$greeter" 2>/dev/null
stop_daemon
