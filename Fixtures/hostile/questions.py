# SPDX-License-Identifier: MIT
"""Asks what upstream.py answers: questions.py SERVER SUFFIX LETTER FIRST COUNT OPEN.

So many names LETTERnumber.SUFFIX, so many at a time. Prints `ok COUNT` where every answer is the true one and
nothing else; else what was otherwise. With OPEN 0 nobody waits for answers: 50 go every 5 ms.
"""
import select
import socket
import sys
import time

server, suffix, letter = sys.argv[1:4]
first, count, window = map(int, sys.argv[4:7])
tail = b"".join(bytes([len(label)]) + label.encode() for label in suffix.split(".")) + b"\0\0\1\0\1"


def question(number):
    label = f"{letter}{number}".encode()
    return (number & 0xFFFF).to_bytes(2, "big") + b"\1\0\0\1\0\0\0\0\0\0" + bytes([len(label)]) + label + tail


def verdict(number, reply):
    """What is wrong with a reply; empty: nothing."""
    asked = question(number)
    if reply[3] & 15:
        return f"code {reply[3] & 15}"
    address = ((198 << 24 | 18 << 16) + number).to_bytes(4, "big")
    if reply[4:12] != b"\0\1\0\1\0\0\0\0" or reply[12 : len(asked)] != asked[12:] or len(reply) != len(asked) + 16 or reply[-4:] != address:
        return reply.hex()
    return ""


sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
sock.connect((server, 53))
if window == 0:
    for number in range(first, first + count):
        sock.send(question(number))
        if number % 50 == 0:
            time.sleep(0.005)
    sys.exit()
waiting, number, right, wrong = {}, first, 0, []
while number < first + count or waiting:
    while len(waiting) < window and number < first + count:
        sock.send(question(number))
        waiting[number & 0xFFFF] = number
        number += 1
    if not select.select([sock], [], [], 6)[0]:
        break
    reply = sock.recv(4096)
    asked = waiting.pop(int.from_bytes(reply[:2], "big"), None)
    if asked is None:
        wrong.append(f"a second reply: {reply.hex()}")
    elif said := verdict(asked, reply):
        wrong.append(f"{letter}{asked}: {said}")
    else:
        right += 1
if right == count and not wrong:
    print(f"ok {count}")
else:
    print(f"{right} of {count}, {len(waiting)} without an answer, otherwise: {len(wrong)} {wrong[:3]}")
    sys.exit(1)
