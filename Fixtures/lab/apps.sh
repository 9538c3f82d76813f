# SPDX-License-Identifier: MIT
# Excluded apps and apps that may only use the tunnel: traffic and lookups of each class, who may put what into one, ports used again.
. "$(dirname "$0")/claims.sh"

web() { curl -4 -sS --max-time 2 "http://$1/" 2>&1; }
export -f web
outside() { sluice exec --config $config --outside -- "$@"; }
tunneled() { sluice exec --config $config --tunnel -- "$@"; }
who() { dig +short +tries=1 +time=2 "${@:2}" TXT "$1" | tr -d '"'; }
export -f who

begin
who who.corp.example >/dev/null
dig +short git.corp.example >/dev/null
contains "a normal app: tunnel address" "client 203.0.113.130" "$(web 203.0.113.11)"
contains "and another" "client 198.51.100.10" "$(web 203.0.113.13)"
contains "an excluded app: tunnel address" "client 198.51.100.10" "$(outside bash -c 'web 203.0.113.11')"
contains "its children too, by IPv6 too" "client 2001:db8:51::10" "$(outside bash -c 'bash -c "curl -sS --max-time 2 http://[2001:db8:203::11]/"')"
same "desktop: its lookups are answered as others'" relay1 "$(outside bash -c 'who who.corp.example')"
same "its own lookups elsewhere are refused as others'" "" "$(outside dig +short +tries=1 +time=1 @198.51.100.53 www.example 2>/dev/null | grep -v '^;')"
contains "an app of the tunnel: any address" "client 203.0.113.130" "$(tunneled bash -c 'web 203.0.113.13')"
same "and any name" relay1 "$(tunneled bash -c 'who www.example')"
same "what starts it ends with its code" 7 "$(outside sh -c 'exit 7'; echo $?)"
same "a program that is not there" 127 "$(outside no-such-program 2>/dev/null; echo $?)"

echo "# running processes"
coproc running { while read -r _; do web 203.0.113.13; done; }
running_pid=$!
ask() { echo >&"${running[1]}"; read -r -t 5 line <&"${running[0]}"; echo "$line"; }
contains "before" "client 198.51.100.10" "$(ask)"
sluice exec --config $config --tunnel --pid $running_pid >/dev/null
contains "moved into the tunnel" "client 203.0.113.130" "$(ask)"
sluice exec --config $config --pid $running_pid >/dev/null
contains "and out of it" "client 198.51.100.10" "$(ask)"
eval "exec ${running[1]}>&-"
same "a process that is not there" 1 "$(sluice exec --config $config --outside --pid 999999 2>/dev/null; echo $?)"

echo "# ordinary users"
useradd --no-create-home stranger && useradd --no-create-home member && groupadd sluice && usermod -aG sluice member
kill -HUP "$daemon"
stop_daemon
begin
dig +short git.corp.example >/dev/null
as() { setpriv --reuid "$1" --regid "$1" --init-groups "${@:2}"; }
contains "a member of the group" "client 198.51.100.10" "$(as member sluice exec --config $config --outside -- curl -4 -sS --max-time 2 http://203.0.113.11/)"
same "runs as itself" member "$(as member sluice exec --config $config --outside -- id -un)"
same "another user may not" 4 "$(as stranger sluice exec --config $config --outside -- true 2>/dev/null; echo $?)"
sleep 100 &
sleeper=$!
contains "nobody moves another's process" "not yours" "$(as member sluice exec --config $config --outside --pid $sleeper 2>&1)"
kill $sleeper

echo "# not connected"
watch_links "host 203.0.113.11 or host 203.0.113.13 or port 53" eth0 lan0
ip link set wg1 down
down() { [[ $(state --config $config) != connected ]]; }
wait_for 1000 down >/dev/null || fail "still connected"
nft list table inet sluice >/dev/null
for n in 1 2 3; do
    tunneled curl -4 -sS --max-time 2 http://203.0.113.13/ >/dev/null 2>&1 && [[ $(state --config $config) != connected ]] && fail "an app of the tunnel got out"
done
sluice down --config $config >/dev/null
same "disconnected: an app of the tunnel reaches nothing" 7 "$(tunneled curl -4 -sS --max-time 2 http://203.0.113.13/ >/dev/null 2>&1; echo $?)"
contains "and is told why its names are refused" "EDE: 22" "$(tunneled dig www.example)"
stop_watching
same "nothing of it on eth0" 0 "$(packets_on eth0)"
same "nor on lan0" 0 "$(packets_on lan0)"
contains "an excluded app goes on" "client 198.51.100.10" "$(outside bash -c 'web 203.0.113.11')"
stop_daemon

echo "# mobile"
rm /var/lib/sluice/wish
begin 'profile = "mobile"'
same "a normal app's tunnel name" relay1 "$(who who.corp.example)"
same "an excluded app's: as if there were no tunnel" system "$(outside bash -c 'who who.corp.example')"
same "by TCP" system "$(outside bash -c 'who who.corp.example +tcp')"
same "its own lookups elsewhere go there" system "$(outside bash -c 'who www.example @198.51.100.53')"
for round in 1 2 3; do
    same "the same source port: normal" relay1 "$(who "a$round.corp.example" -b 127.0.0.1#5353)"
    same "then excluded" system "$(outside bash -c "who b$round.corp.example -b 127.0.0.1#5353")"
    same "then of the tunnel" relay1 "$(tunneled bash -c "who c$round.example -b 127.0.0.1#5353")"
done
door=$(nft list chain inet sluice bring_excluded | sed -n 's/.*dnat ip to 127.0.0.53:\([0-9]*\).*/\1/p')
same "nobody opens another class's door himself" "" "$(who d.corp.example -p "$door" 2>/dev/null | grep -v '^;')"
groups=$(find /sys/fs/cgroup -path '*/sluice/outside' -type d | head -1)
rmdir "$groups"
again() { [[ -d $groups ]] && outside bash -c 'who e.corp.example' | grep -q system; }
time=$(wait_for 2000 again) || fail "a removed group is not made again"
ok "a group that somebody removed is there again after $time ms"
stop_daemon
same "the groups go with the daemon" "" "$(find /sys/fs/cgroup -path '*/sluice/*' -type d -name outside)"
