# SPDX-License-Identifier: MIT
# Flows of TCP that last, from ports of their own: the busy ones ask every half second which relay they come by, as soon as they are answered; the
# idle ones only at their beginning. None gives up by itself.
# Usage: flows.py STOP BUSY IDLE ADDRESS…; ends when the file STOP is there. One line a flow: KIND RELAY CHANGES END, and when that was: milliseconds
# since 1970.
import errno, os, re, socket, sys, time

stop, busy, idle, addresses = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]


class Flow:
    def __init__(self, kind, address):
        self.kind, self.relays, self.end, self.ended = kind, [], "alive", 0
        self.socket = socket.create_connection((address, 80), 5)
        self.socket.setblocking(False)
        self.ask()

    def ask(self):
        self.text, self.asked = b"", time.time()
        try:
            self.socket.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        except OSError as error:
            self.over(error.errno)

    def look(self):
        if self.end != "alive":
            return
        try:
            part = self.socket.recv(4096)
            if not part:
                self.over(errno.EPIPE)
            self.text += part
        except BlockingIOError:
            pass
        except OSError as error:
            self.over(error.errno)
        answer = re.search(rb"client (\S+)\n", self.text)
        if answer and self.asked:
            self.relays.append(answer.group(1).decode())
            self.last, self.asked = self.asked, None
        if self.kind == "busy" and not self.asked and time.time() - self.last > 0.5 and self.end == "alive":
            self.ask()

    def over(self, number):
        self.end, self.ended = errno.errorcode.get(number, str(number)), int(time.time() * 1000)


flows = [Flow("busy" if n < busy else "idle", addresses[n % len(addresses)]) for n in range(busy + idle)]
while any(flow.end == "alive" and not flow.relays for flow in flows):
    for flow in flows:
        flow.look()
    time.sleep(0.05)
print("ready", flush=True)
while not os.path.exists(stop):
    for flow in flows:
        flow.look()
    time.sleep(0.01)
for flow in flows:
    changes = sum(a != b for a, b in zip(flow.relays, flow.relays[1:]))
    print(flow.kind, flow.relays[0] if flow.relays else "none", changes, flow.end, flow.ended)
