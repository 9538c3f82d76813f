# SPDX-License-Identifier: MIT
# The control socket: whose it is, what may stand in its place, and clients that say nothing, never end, read nothing, or ask for nonsense. The daemon
# answers others all the while.
. "$(dirname "$0")/claims.sh"

path=/run/sluice/control
resident() { awk '/^VmRSS/ { print $2 }' /proc/"$daemon"/status; }
files_open() { ls /proc/"$daemon"/fd | wc -l; }
processor() { awk '{ print $14 + $15 }' /proc/"$daemon"/stat; } # hundredths of a second
answers() { sluice status --config $config >"$scratch/status" 2>&1; }

begin
same "mode, owner and group" "660 root root socket" "$(stat -c '%a %U %G %F' $path)"
same "its folder" "755 root root" "$(stat -c '%a %U %G' /run/sluice)"
dig +short git.corp.example >/dev/null
same "nobody else may connect" 4 "$(setpriv --reuid 65534 --regid 65534 --clear-groups sluice status --config $config >/dev/null 2>&1; echo $?)"
stop_daemon
begin "" '[control]
group = "games"'
same "with a group" "660 root games socket" "$(stat -c '%a %U %G %F' $path)"
stop_daemon

echo "# what stands in its place"
echo precious >"$scratch/precious"
for kind in link file dangling; do
    case $kind in
    link) ln -sf "$scratch/precious" $path ;;
    dangling) ln -sf "$scratch/nothing" $path ;;
    file) rm -f $path; echo text >$path ;;
    esac
    begin
    same "$kind: a socket in its place" "660 root root socket" "$(stat -c '%a %U %G %F' $path)"
    stop_daemon
done
same "what the link led to is as it was" "precious 644" "$(cat "$scratch/precious") $(stat -c %a "$scratch/precious")"
[[ -e $scratch/nothing ]] && fail "something was made where the link led"
mkdir $path
start_daemon $config
wait $daemon
same "a folder: it does not start" 1 $?
contains "and says why" "$path" "$(tail -5 "$scratch/daemon.log")"
rmdir $path

begin
echo "# an endless request"
before=$(resident)
for n in 1 2 3 4 5; do same "a megabyte without an end" ended "$(python3 "$hostile/control.py" $path endless)"; done
answers || fail "status: $(cat "$scratch/status")"
at_most "KiB that it grew" 4000 $(($(resident) - before))

echo "# nonsense"
output=$(python3 "$hostile/control.py" $path requests "${SLUICE_REQUESTS:-5000}")
same "requests" ok "${output%% *}"
echo "# $output"
same "the daemon lives" connected "$(state --config $config)"

echo "# one who listened has gone"
before=$(files_open)
timeout 1 sluice monitor --config $config >/dev/null
printf '{"verb":"monitor"}\n' | timeout 2 python3 -c "import socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.connect(sys.argv[1])
sock.sendall(sys.stdin.buffer.read())
sock.shutdown(socket.SHUT_WR)
sock.recv(999)" $path
same "its descriptor is given back" "$before" "$(files_open)"
ticks=$(processor)
sleep 1
at_most "hundredths of a second that the daemon works in the second after" 20 $(($(processor) - ticks))

for kind in mute unread; do
    echo "# 1,000 that are $kind"
    before=$(files_open)
    mkfifo "$scratch/$kind"
    python3 "$hostile/control.py" $path $kind 1000 <"$scratch/$kind" >"$scratch/$kind.log" 2>&1 &
    client=$!
    exec 7>"$scratch/$kind"
    wait_for 10000 grep -q ready "$scratch/$kind.log" >/dev/null || fail "$(cat "$scratch/$kind.log")"
    at_most "descriptors more" 70 $(($(files_open) - before))
    took=$(wait_for 14000 answers) || fail "no status: $(cat "$scratch/status")"
    ok "status is answered after $took ms"
    same "a name is answered" 203.0.113.11 "$(dig +short +time=1 +tries=1 "$kind.corp.example")"
    exec 7>&-
    wait $client
    idle() { (($(files_open) <= before + 2)); }
    wait_for 15000 idle >/dev/null || fail "$(files_open) descriptors, $before before"
    ok "all descriptors are given back"
done
stop_daemon
