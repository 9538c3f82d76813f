# SPDX-License-Identifier: MIT
# Real clients: getaddrinfo through /etc/resolv.conf, curl, dig by UDP and TCP.
. "$(dirname "$0")/claims.sh"

contains "getaddrinfo finds the IPv4 address" 203.0.113.11 "$(getent ahostsv4 git.corp.example)"
contains "getaddrinfo finds the IPv6 address" 2001:db8:203::11 "$(getent ahostsv6 git.corp.example)"
same "getaddrinfo of a LAN name" "192.168.77.15" "$(getent ahostsv4 nas.home | awk 'NR==1 {print $1}')"
same "getaddrinfo of localhost" "::1" "$(getent ahosts localhost | awk 'NR==1 {print $1}')"
same "dig by UDP" 203.0.113.11 "$(dig +short git.corp.example)"
same "dig by TCP" 203.0.113.11 "$(dig +tcp +short git.corp.example)"
big=$(dig TXT big.corp.example)
contains "an answer too large for UDP is asked for again by TCP" "Truncated, retrying in TCP mode" "$big"
contains "and comes whole" "flags: qr rd ra; QUERY: 1, ANSWER: 1," "$big"
contains "and UDP alone says truncated" "tc" "$(dig +ignore TXT big.corp.example | grep flags:)"
same "without EDNS too" 203.0.113.11 "$(dig +noedns +short git.corp.example)"
contains "an unknown type is passed on" NOERROR "$(dig TYPE65280 git.corp.example)"
contains "a blocked name says why" "EDE: 15" "$(dig ads.example)"
contains "a question of the CHAOS class is refused" REFUSED "$(dig CH TXT version.bind)"
contains "so is a zone transfer" "Transfer failed" "$(dig AXFR corp.example)"
contains "EDNS of a later version is told ours" BADVERS "$(dig +edns=1 +noednsneg git.corp.example)"
same "20 questions on one TCP connection" 20 "$(for n in {1..20}; do echo "n$n.corp.example"; done | dig +tcp +keepopen +short -f - | grep -c 203.0.113.11)"
contains "curl to a tunnel name arrives from the relay" "client 203.0.113.130" "$(curl -4 -sS --max-time 5 http://git.corp.example/)"
contains "by IPv6 too" "client 2001:db8:130::2" "$(curl -6 -sS --max-time 5 http://git.corp.example/)"
contains "to the company's private address, inside the tunnel" "server 10.20.0.5 client 10.64.1.2" "$(curl -4 -sS --max-time 5 http://intranet.corp.example/)"
contains "to a direct name from this machine" "client 198.51.100.10" "$(curl -4 -sS --max-time 5 http://tv.video.example/)"
contains "to a LAN name" "client 192.168.77.10" "$(curl -4 -sS --max-time 5 http://nas.home/)"
contains "to any other from this machine" "client 198.51.100.10" "$(curl -4 -sS --max-time 5 http://www.example/)"
contains "a network of a rule is steered without any lookup" "client 10.64.1.2" "$(curl -sS --max-time 5 http://10.20.0.5/)"
contains "another program's own DNS is refused at once" "refused" "$(dig @198.51.100.53 www.example +time=2 +tries=1 2>&1)"

echo "# whatever a question says, it has an answer (RFC 8906 section 8)"
for options in +noedns +nocookie +edns=1\ +noednsneg +edns=100\ +noednsneg +ednsopt=100 +ednsopt=65001:c0ffee +edns=1\ +noednsneg\ +ednsopt=100 +ednsflags=0x80 +ednsflags=0xffff +zflag \
    +cd +ad +norec +aaflag +tcflag +raflag +dnssec +nsid +subnet=192.0.2.0/24 +cookie=0011223344556677 +padding=128 +keepalive +bufsize=0 +bufsize=65535 \
    +opcode=1 +opcode=2 +opcode=3 +opcode=5 +opcode=15 +header-only +tcp\ +opcode=15 +tcp\ +header-only +tcp\ +keepalive -t\ TYPE1000 -t\ OPT -c\ HS -c\ CLASS65535; do
    # shellcheck disable=SC2086
    said=$(dig +tries=1 +time=2 +qr $options git.corp.example | sed -n '/^;; Got answer/,$ s/.*status: \([A-Z0-9]*\),.*/\1/p')
    [[ $said ]] || fail "nothing is said to $options: $(dig +tries=1 +time=2 $options git.corp.example)"
    case $options in
    *opcode*) same "$options" NOTIMP "$said" ;;
    *edns=1*) same "$options" BADVERS "$said" ;;
    *) ok "$options: $said" ;;
    esac
done

echo "# names that stay on this machine, or in the house"
here=h$(random)
house=l$(random)
watch_links "port 53" eth0 lan0 wg1
for type in A AAAA HTTPS TXT SOA NS PTR DS; do
    for name in localhost invalid onion alt resolver.arpa; do dig +tries=1 +time=2 "$here.$name" $type; done
    # Types of addresses alone: a single label of another is a question about the root zone.
    for name in .local .home.arpa .0.0.127.in-addr.arpa .168.192.in-addr.arpa .10.in-addr.arpa .16.172.in-addr.arpa .254.169.in-addr.arpa .d.f.ip6.arpa .8.e.f.ip6.arpa; do
        dig +tries=1 +time=6 "$house$name" $type
    done
done >"$scratch/reserved" 2>&1
for type in A AAAA HTTPS SVCB; do dig +tries=1 +time=6 "$house" $type; done >>"$scratch/reserved" 2>&1
stop_watching
same "each is answered" "$((8 * 14 + 4))" "$(grep -c 'status: ' "$scratch/reserved")"
for link in eth0 lan0 wg1; do same "names of this machine on $link" 0 "$(bytes_seen $link "$here")"; done
for link in eth0 wg1; do same "names of the house on $link" 0 "$(bytes_seen $link "$house")"; done
((0 < $(bytes_seen lan0 "$house"))) || fail "the eye on lan0 is blind"
ok "the house is asked for its own"
