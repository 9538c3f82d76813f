# SPDX-License-Identifier: MIT
"""A wire with latency, jitter and loss, for kernels without netem: wire.py PORT RELAY RELAYPORT COMMANDS.

What comes to PORT goes on to RELAY from a port of its own for each sender, and back. COMMANDS is a fifo of lines: `delay MS`, `jitter MS` (to either side
of the delay, halved each way, so that order is not kept), `loss PERCENT` (each way).
"""
import heapq
import os
import random
import selectors
import socket
import sys
import time

port, relay, commands = int(sys.argv[1]), (sys.argv[2], int(sys.argv[3])), sys.argv[4]
delay = jitter = loss = 0.0
queue, number = [], 0
selector = selectors.DefaultSelector()
front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
front.bind(("0.0.0.0", port))
front.setblocking(False)
orders = os.open(commands, os.O_RDWR | os.O_NONBLOCK)
selector.register(front, selectors.EVENT_READ)
selector.register(orders, selectors.EVENT_READ)
backs = {}


def later(socket_, data, to):
    global number
    if random.random() * 100 < loss:
        return
    number += 1
    wait = max(0.0, delay / 2 + random.uniform(-jitter, jitter) / 2) / 1000
    heapq.heappush(queue, (time.monotonic() + wait, number, socket_, data, to))


print("ready", flush=True)
while True:
    wait = max(0.0, queue[0][0] - time.monotonic()) if queue else None
    for key, _ in selector.select(wait):
        if key.fileobj is orders:
            for line in os.read(orders, 4096).decode().splitlines():
                word, value = line.split()
                if word == "delay":
                    delay = float(value)
                elif word == "jitter":
                    jitter = float(value)
                elif word == "loss":
                    loss = float(value)
            continue
        for _ in range(64):
            try:
                data, sender = key.fileobj.recvfrom(65536)
            except (BlockingIOError, ConnectionRefusedError):
                break
            if key.fileobj is not front:
                later(front, data, key.data)
                continue
            if sender not in backs:
                backs[sender] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                backs[sender].setblocking(False)
                selector.register(backs[sender], selectors.EVENT_READ, sender)
            later(backs[sender], data, relay)
    now = time.monotonic()
    while queue and queue[0][0] <= now:
        _, _, socket_, data, to = heapq.heappop(queue)
        try:
            socket_.sendto(data, to)
        except OSError:
            pass
