# SPDX-License-Identifier: MIT
"""Questions at a steady rate, each for a new name: ask.py SERVER SUFFIX RATE SECONDS [WINDOW]. With a window: as fast as answers come, so many
at once, RATE being passed over. Prints how many were sent and answered with an address, and the latency's percentiles in milliseconds."""
import asyncio
import os
import struct
import sys
import time

server, suffix, rate, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
window = int(sys.argv[5]) if len(sys.argv) > 5 else 0
run = os.urandom(3).hex()
tail = b"".join(bytes([len(label)]) + label.encode() for label in suffix.split(".")) + b"\0\0\1\0\1" + b"\0\0\x29\x04\xd0" + bytes(6)


class Asker(asyncio.DatagramProtocol):
    def __init__(self):
        self.sent, self.open, self.latencies, self.failed = 0, {}, [], 0
        self.done = False

    def connection_made(self, transport):
        self.transport = transport

    def ask(self):
        id = self.sent & 0xFFFF
        label = f"n{run}{self.sent}".encode()
        self.open[id] = time.perf_counter()
        self.sent += 1
        self.transport.sendto(struct.pack(">HHHHHH", id, 0x100, 1, 0, 0, 1) + bytes([len(label)]) + label + tail)

    def datagram_received(self, data, peer):
        began = self.open.pop(struct.unpack(">H", data[:2])[0], None)
        if began is None:
            return
        if data[3] & 15 == 0 and data[7]:
            self.latencies.append(time.perf_counter() - began)
        else:
            self.failed += 1
            self.last = data
        if window and not self.done:
            self.ask()


async def main():
    loop = asyncio.get_running_loop()
    _, asker = await loop.create_datagram_endpoint(Asker, remote_addr=(server, 53))
    began = loop.time()
    if window:
        for _ in range(window):
            asker.ask()
        await asyncio.sleep(seconds)
        asker.done = True
    else:
        while (elapsed := loop.time() - began) < seconds:
            while asker.sent < elapsed * rate:
                asker.ask()
            await asyncio.sleep(0.001)
    took = loop.time() - began
    end = loop.time() + 6
    while asker.open and loop.time() < end:
        await asyncio.sleep(0.01)
    found = sorted(asker.latencies) or [0]
    at = lambda part: f"{found[min(len(found) - 1, int(len(found) * part))] * 1000:.2f}"
    print(
        f"sent {asker.sent} answered {len(asker.latencies)} failed {asker.failed} unanswered {len(asker.open)} "
        f"rate {len(asker.latencies) / took:.0f} p50 {at(0.5)} p99 {at(0.99)} max {at(1)}"
        + (f" the last failure: {bytes(c for c in asker.last[12:] if 32 <= c < 127).decode()}" if asker.failed else ""))


asyncio.run(main())
