# SPDX-License-Identifier: MIT
# Flows of TCP that last, from ports of their own: each asks every half second which relay it comes by, the idle ones only at their beginning.
# Usage: flows.py STOP BUSY IDLE ADDRESS…; ends when the file STOP is there. One line a flow: KIND RELAY CHANGES END SECONDS.
import errno, os, re, socket, sys, time

stop, busy, idle, addresses = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
begin = time.time()


class Flow:
    def __init__(self, kind, address):
        self.kind, self.relays, self.end, self.ended = kind, [], "alive", 0.0
        self.socket = socket.create_connection((address, 80), 5)
        self.socket.settimeout(5)
        self.ask()

    def ask(self):
        try:
            self.socket.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            text = b""
            while not re.search(rb"client \S+\n", text):
                part = self.socket.recv(4096)
                if not part:
                    raise OSError(errno.EPIPE, "closed")
                text += part
            self.relays.append(re.search(rb"client (\S+)\n", text).group(1).decode())
        except OSError as error:
            self.over(error)

    def look(self):
        try:
            self.socket.setblocking(False)
            if not self.socket.recv(1):
                raise OSError(errno.EPIPE, "closed")
        except BlockingIOError:
            pass
        except OSError as error:
            self.over(error)

    def over(self, error):
        self.end = errno.errorcode.get(error.errno, "TIMEOUT")
        self.ended = time.time() - begin


flows = [Flow("busy" if n < busy else "idle", addresses[n % len(addresses)]) for n in range(busy + idle)]
print("ready", flush=True)
while not os.path.exists(stop):
    for flow in flows:
        if flow.end == "alive":
            flow.ask() if flow.kind == "busy" else flow.look()
    time.sleep(0.5)
for flow in flows:
    changes = sum(a != b for a, b in zip(flow.relays, flow.relays[1:]))
    print(flow.kind, flow.relays[0] if flow.relays else "none", changes, flow.end, "%.1f" % flow.ended)
