# SPDX-License-Identifier: MIT
# Encrypted servers: asked by their own path and no other way, never in the clear, and whatever is wrong with one is told within five seconds.
. "$(dirname "$0")/claims.sh"
files=$(dirname "$0")/../secure
bash "$files/certificates.sh" "$scratch" || fail "no certificates"
unbound=$(ls "${SLUICE_LAB_SERVERS:-/nowhere}/usr/sbin/unbound" "$files/../../.build/lab-servers/usr/sbin/unbound" 2>/dev/null | head -1)

serve() { # PLACE ADDRESS CERTIFICATE ANSWER TEXT [PORT SUFFIX]: a real unbound that speaks DoT and DoH
    cat >"$scratch/$5.conf" <<CONF
server:
    interface: $2@853
    interface: $2@443
    tls-port: 853
    https-port: 443
    tls-service-key: $scratch/$3.key
    tls-service-pem: $scratch/$3.pem
    do-daemonize: no
    chroot: ""
    username: ""
    pidfile: ""
    directory: "$scratch"
    use-syslog: no
    logfile: ""
    num-threads: 1
    module-config: "iterator"
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
serve inet 203.0.113.20 good 203.0.113.14 outside-server
serve relay1 10.20.0.9 good 203.0.113.11 tunnel-server

cat >/etc/sluice/rules.d/secure.rules <<RULES
direct dot.test via tls://203.0.113.20#good.test
direct doh.test via https://203.0.113.20/dns-query#good.test
direct address.test via tls://203.0.113.20
tunnel tdot.test via tls://10.20.0.9#good.test
tunnel tdoh.test via https://10.20.0.9#good.test
RULES
begin "tls_roots = \"$scratch/ca.pem\""
text() { dig +tries=1 +time=6 +short TXT "$1" | tr -d '"'; }
threads() { ls "/proc/$daemon/task" | wc -l; }
before=$(threads)
same "who answers at a DoT server outside" outside-server "$(text a.dot.test)"
same "who answers at a DoH server outside" outside-server "$(text a.doh.test)"
same "who answers at a DoT server by its address" outside-server "$(text a.address.test)"
same "who answers at a DoT server in the tunnel" tunnel-server "$(text a.tdot.test)"
same "who answers at a DoH server in the tunnel" tunnel-server "$(text a.tdoh.test)"
same "threads more than before" 1 $(($(threads) - before))
