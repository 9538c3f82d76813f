# SPDX-License-Identifier: MIT
"""A name server that knows what a file says at the moment: endpoints.py ADDRESS PORT FILE.

A line is NAME ADDRESS, or NAME silent: no reply. What the file does not name does not exist.
"""
import ipaddress
import socket
import sys

address, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def asked(message):
    labels, end = [], 12
    while message[end]:
        labels.append(message[end + 1 : end + 1 + message[end]].decode("latin-1").lower())
        end += 1 + message[end]
    return ".".join(labels), int.from_bytes(message[end + 1 : end + 3], "big"), end + 5


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.bind((address, port))
    print("ready", flush=True)
    while True:
        message, peer = sock.recvfrom(4096)
        name, type, end = asked(message)
        known = [line.split()[1] for line in open(path) if line.split()[0] == name]
        if "silent" in known:
            continue
        fitting = [found.packed for found in map(ipaddress.ip_address, known) if {1: 4, 28: 6}.get(type) == found.version]
        head = message[:2] + (0x8180 if known else 0x8183).to_bytes(2, "big") + bytes([0, 1, 0, len(fitting), 0, 0, 0, 0])
        records = [b"\xc0\x0c" + type.to_bytes(2, "big") + b"\0\1\0\0\0\x3c" + len(data).to_bytes(2, "big") + data for data in fitting]
        sock.sendto(head + message[12:end] + b"".join(records), peer)
