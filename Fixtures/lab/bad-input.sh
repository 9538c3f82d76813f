# SPDX-License-Identifier: MIT
# Broken configuration and rules: every error at once with line and column, exit 2; a running daemon keeps the old ones. Garbage changes nothing.
. "$(dirname "$0")/claims.sh"

cp -r /etc/sluice "$scratch/good"
cat >/etc/sluice/sluice.toml <<'TOML'
[dns]
system_servers = ["198.51.100.53", "192.168.77.1"]
profile = "laptop"
lisen = ["127.0.0.53:53"]
[[tunnel]]
name = "relay1"
config = "/etc/wireguard/wg1.conf
[rules]
files = ["/etc/sluice/rules.d/*.rules"]
TOML
cat >>/etc/sluice/rules.d/lab.rules <<'RULES'
tunel corp2.example
block
direct 10.0.0.0/99
RULES
output=$(sluice check)
same "check ends with 2" 2 $?
for place in sluice.toml:3:11 sluice.toml:4:1 sluice.toml:7; do contains "$place is told" "$place" "$output"; done
echo "$output" | grep -q 'hint' || fail "no hint"
# Only the configuration is broken beyond use; rules are read with a sane one.
cp "$scratch/good/sluice.toml" /etc/sluice/sluice.toml
output=$(sluice check)
same "check of broken rules ends with 2" 2 $?
same "all three errors of the rules" 3 "$(echo "$output" | grep -c 'lab.rules:[0-9]*:[0-9]*: error')"
output=$(sluice reload 2>&1)
same "reload ends with 2" 2 $?
contains "and says what is wrong" "unknown action 'tunel'" "$output"
same "the old rules are in force" 203.0.113.11 "$(dig +short new.corp.example)"
contains "status shows what was rejected" "tunel" "$(sluice status)"
kill -HUP "$(sluice status --json | grep -o '"pid":[0-9]*' | cut -d: -f2)"
sleep 0.3
same "SIGHUP keeps them too" 203.0.113.11 "$(dig +short newer.corp.example)"
cp "$scratch/good/rules.d/lab.rules" /etc/sluice/rules.d/lab.rules
echo 'tunnel later.example' >>/etc/sluice/rules.d/lab.rules
same "before the reload a new rule does nothing" '"system"' "$(dig +short TXT x.later.example)"
contains "a good reload" "reloaded" "$(sluice reload)"
same "after it, it does" '"relay1"' "$(dig +short TXT x.later.example)"
output=$(sluice run --config /nonexistent 2>&1)
same "run with an unreadable configuration ends with 2" 2 $?
output=$(sluice run 2>&1)
same "a second daemon ends with 1" 1 $?
contains "and says why" "another daemon looks after" "$output"

dig +short sane.corp.example >/dev/null
before=$(nft list table inet sluice | grep -v 'timeout\|expires'; ip rule; ip route show table 5151)
contains "1,000 random packets" "ok 1000 packets" "$("$SLUICE_PROBE" garbage 1000)"
same "the kernel's table, rules and routes are as before" "$before" \
    "$(nft list table inet sluice | grep -v 'timeout\|expires'; ip rule; ip route show table 5151)"
same "the daemon lives" connected "$(state)"
head -c 200000 /dev/urandom >"$scratch/noise"
for n in 1 2 3; do timeout 3 bash -c "cat $scratch/noise >/dev/tcp/127.0.0.53/53" 2>/dev/null; done
same "noise by TCP changes nothing" 203.0.113.11 "$(dig +tcp +short git.corp.example)"

# A device of somebody else without a mark would loop.
wireguard-go wgx >/dev/null 2>&1
cat >/etc/sluice/loop.toml <<'TOML'
[routing]
default = "tunnel"
[[tunnel]]
name = "x"
interface = "wgx"
dns = ["10.64.1.1"]
TOML
output=$(sluice check /etc/sluice/loop.toml)
same "check refuses a device without fwmark where everything is to go through it" 2 $?
contains "and names the command" "wg set wgx fwmark" "$output"
wg set wgx fwmark 0xca6c
sluice check /etc/sluice/loop.toml >/dev/null
same "with one it does not" 0 $?
