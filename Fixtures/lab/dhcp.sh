# SPDX-License-Identifier: MIT
# resolv.conf while the daemon runs: what a DHCP client writes there is whom the network has, and ours is put back; over stop, start and SIGKILL;
# and one who does not give in is left to himself.
. "$(dirname "$0")/claims.sh"

config=/etc/sluice/dhcp.toml
file=/etc/resolv.conf
cat >$config <<TOML
[dns]
profile = "mobile"
[[tunnel]]
name = "one"
config = "/etc/wireguard/wg1.conf"
TOML
start() {
    sluice run --config $config >>"$scratch/daemon.log" 2>&1 &
    daemon=$!
    connected() { [[ $(state --config $config) == connected ]]; }
    wait_for 8000 connected >/dev/null || fail "not connected"
}
ours() { grep -q '^nameserver 127.0.0.53$' $file && ! grep -q 'nameserver [^1]\|nameserver 19' $file; }
write() { printf 'search lab.example\nnameserver %s\n' "$1" >$file.dhcp; mv $file.dhcp $file; }
who() { dig +short +tries=1 +time=2 TXT "$(random).example" "$@" | tr -d '"'; }
asks() { [[ $(who) == "$1" ]]; }
reported() { sluice status --config $config --json | grep -q "\"resolv_conf\":{[^}]*\"state\":\"$1\""; }

write 198.51.100.53
start
same "before 'activate' the file is left alone" "nameserver 198.51.100.53" "$(grep nameserver $file)"
sluice activate --config $config >/dev/null || fail "not activated"
ours || fail "not ours: $(cat $file)"
ok "taken over"
wait_for 1000 reported ours >/dev/null || fail "status: $(sluice status --config $config --json)"
ok "and status says so"
contains "search is kept" "search lab.example" "$(cat $file)"
same "the network's server is asked" system "$(who)"
write 192.168.77.1
time=$(wait_for 2000 ours) || fail "not ours again: $(cat $file)"
ok "a DHCP client wrote another server: ours again after $time ms"
wait_for 1000 asks lan >/dev/null || fail "still $(who)"
ok "and that server is asked"
same "by an excluded app that runs as well" lan "$(sluice exec --config $config --outside -- dig +short TXT "$(random).example" | tr -d '"')"
contains "counted" '"resolv_conf":1' "$(sluice status --config $config --json | grep -o '"repaired":{[^}]*}')"

echo "# stop and start"
kill $daemon
wait $daemon
same "given back: what the DHCP client wrote last" "nameserver 192.168.77.1" "$(grep nameserver $file)"
start
wait_for 1000 ours >/dev/null || fail "not taken again"
ok "taken again by the next start"
same "and the network's server is asked" lan "$(who)"

echo "# SIGKILL"
kill -9 $daemon
wait $daemon 2>/dev/null
ours || fail "not ours any more"
same "'repair' gives it back" 0 "$(sluice repair --config $config >/dev/null 2>&1; echo $?)"
same "as it was" "nameserver 192.168.77.1" "$(grep nameserver $file)"
start
wait_for 1000 ours >/dev/null || fail "not taken again"
kill -9 $daemon
wait $daemon 2>/dev/null
start
wait_for 1000 reported ours >/dev/null || fail "after a second death: $(sluice status --config $config --json)"
same "a start after a death goes on as if nothing was" lan "$(who)"
same "and knows what to give back" 0 "$(sluice deactivate --config $config >/dev/null; echo $?)"
same "as it was" "nameserver 192.168.77.1" "$(grep nameserver $file)"

echo "# one who does not give in"
sluice activate --config $config >/dev/null || fail "not activated"
for n in 1 2 3 4 5 6 7 8 9 10; do
    write 198.51.100.53
    wait_for 2500 ours >/dev/null || fail "round $n: not ours"
done
ok "ten times put back"
write 198.51.100.53
wait_for 3000 reported contested >/dev/null || fail "status: $(sluice status --config $config)"
same "then left alone" "nameserver 198.51.100.53" "$(grep nameserver $file)"
contains "and status says it" contested "$(sluice status --config $config)"
sluice activate --config $config >/dev/null
wait_for 2000 reported ours >/dev/null || fail "not held again"
ok "until 'activate'"
sluice deactivate --config $config >/dev/null
kill $daemon
wait $daemon
same "and what it wrote is what is left" "nameserver 198.51.100.53" "$(grep nameserver $file)"
