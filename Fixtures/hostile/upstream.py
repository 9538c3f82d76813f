# SPDX-License-Identifier: MIT
"""An upstream that lies, waits or says nothing, as the second label of a name has it: upstream.py ADDRESS PORT FOLDER.

The true address of nNUMBER is 198.18.0.0 + NUMBER; every lie has 11.66.0.0 + NUMBER. A lie comes right before the truth, from where the truth comes;
for tNUMBER the truth is told by TCP alone. At SIGUSR1 the questions are counted in FOLDER/counts: KIND TRANSPORT COUNT.
"""
import asyncio
import collections
import os
import random
import signal
import socket
import sys

address, port, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
counts = collections.Counter()
seen = open(f"{folder}/seen", "wb", buffering=1 << 16)
OTHER = bytes([5]) + b"other"


def end_of_question(message):
    end = 12
    while message[end]:
        end += 1 + message[end]
    return end + 5


def reply(question, first=198 << 24 | 18 << 16, id=None, flags=0x8180, rcode=0, name=None):
    """The question back, with its address where an A is asked for; `name` instead of its own."""
    number = int(question[14 : 13 + question[12]] or 0)
    asked = name or question[12 : end_of_question(question)]
    has_address = rcode == 0 and question[end_of_question(question) - 4 :][:2] == b"\0\1"
    answer = b"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4" + (first + number).to_bytes(4, "big") if has_address else b""
    id = question[:2] if id is None else id
    return id + (flags | rcode).to_bytes(2, "big") + bytes([0, 1, 0, len(answer) and 1, 0, 0, 0, 0]) + asked + answer


def lie(kind, question):
    """A reply that is wrong in this way, and in no other."""
    first = 11 << 24 | 66 << 16
    wrong = (int.from_bytes(question[:2], "big") ^ random.randrange(1, 65536)).to_bytes(2, "big")
    if kind == "wrong-id":
        return reply(question, first, id=wrong)
    if kind == "wrong-name":
        asked = bytearray(question[12 : end_of_question(question)])
        asked[2] ^= 1  # a digit of the first label
        return reply(question, first, name=bytes(asked))
    if kind == "wrong-type":
        return reply(question, first, name=question[12 : end_of_question(question) - 4] + b"\0\x1c\0\1")
    if kind == "wrong-class":
        return reply(question, first, name=question[12 : end_of_question(question) - 2] + b"\0\3")
    if kind == "no-question":
        return question[:2] + b"\x81\x80\0\0\0\1\0\0\0\0" + b"\1n\0\0\1\0\1\0\0\1\x2c\0\4\x0b\x42\0\0"
    if kind == "no-reply":
        return reply(question, first, flags=0x0180)
    if kind == "opcode":
        return reply(question, first, flags=0x8180 | random.choice([1, 2, 4, 5, 6]) << 11)
    if kind == "cut":
        return reply(question, first, id=wrong, flags=0x8380)
    if kind in ("formerr", "servfail", "refused"):
        return reply(question, first, id=wrong, rcode={"formerr": 1, "servfail": 2, "refused": 5}[kind])
    if kind == "garbage":
        return random.randbytes(random.randrange(1, 600))
    return None


def flood(question, peer, own):
    """Every id, with the question as it was spelled: from here to 256 ports that did not ask, and from another port to the one that did."""
    forged = bytearray(reply(question, 11 << 24 | 66 << 16))
    ports = [port for port in range(peer[1] - 128, peer[1] + 129) if port != peer[1] and 1024 < port < 65536]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((address, 0))
        for id in range(65536):
            forged[:2] = id.to_bytes(2, "big")
            own.sendto(forged, (peer[0], ports[id % len(ports)]))
            other.sendto(forged, peer)
            counts["flood", "forged"] += 2


def sized(question, total):
    """A reply of so many bytes: texts, with a count in each that none has twice."""
    head = reply(question)[: end_of_question(question)]
    records = []
    left = total - len(head)
    while left:
        # No record is smaller than 14 bytes; the last takes what is left.
        size = left if left <= 255 + 13 else min(255 + 13, left - 14)
        text = (b"%05d-" % len(records) + b"x" * 255)[: size - 13]
        records.append(b"\xc0\x0c\0\x10\0\1\0\0\1\x2c" + (size - 12).to_bytes(2, "big") + bytes([size - 13]) + text)
        left -= size
    return head[:6] + len(records).to_bytes(2, "big") + head[8:] + b"".join(records)


RUDE = b"\x1b[31m\x1b]0;t\x07\r\n\0\x7f\xc2\x9b31m" + "\u202e".encode()


def rude(question):
    """What a terminal would obey: as text, as the name that an alias leads to, and as the reason why there is no answer."""
    end = end_of_question(question)
    head = reply(question)[:end]
    record = lambda type, data: head[:6] + b"\0\1" + head[8:] + b"\xc0\x0c\0" + bytes([type]) + b"\0\1\0\0\1\x2c" + len(data).to_bytes(2, "big") + data
    match question[end - 4 : end - 2]:
        case b"\0\x10":
            return record(16, bytes([len(RUDE)]) + RUDE)
        case b"\0\5":
            return record(5, bytes([len(RUDE)]) + RUDE + b"\7example\0")
    error = b"\0\x0f" + (2 + len(RUDE)).to_bytes(2, "big") + b"\0\6" + RUDE
    opt = b"\0\0\x29\x04\xd0\0\0\0\0" + len(error).to_bytes(2, "big") + error
    return head[:3] + b"\x82" + b"\0\1\0\0\0\0\0\1" + head[12:] + opt


def kind_of(question):
    at = 13 + question[12]
    return question[at + 1 : at + 1 + question[at]].decode("latin-1").lower()


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, question, peer):
        kind = kind_of(question)
        counts[kind, "udp"] += 1
        send = lambda message: self.transport.sendto(message, peer)
        if kind == "silent":
            return
        if kind == "seen":
            seen.write(peer[1].to_bytes(2, "big") + question[:2])
        if kind == "slow":
            asyncio.get_running_loop().call_later(2, send, reply(question))
            return
        if kind == "flood" and counts[kind, "udp"] == 1:
            # By hand: what asyncio cannot send at once it keeps.
            with socket.fromfd(self.transport.get_extra_info("socket").fileno(), socket.AF_INET, socket.SOCK_DGRAM) as own:
                own.setblocking(True)
                flood(question, peer, own)
        if kind == "large":
            send(reply(question, flags=0x8380))
            return
        if kind in ("full", "rude"):
            # With the OPT record that clients get: 1,232 bytes.
            send(sized(question, 1221) if kind == "full" else rude(question))
            return
        if forged := lie(kind, question):
            send(forged)
            counts[kind, "forged"] += 1
        if question[13] | 32 != ord("t"):
            send(reply(question))


async def stream(reader, writer):
    try:
        while True:
            question = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
            kind = kind_of(question)
            counts[kind, "tcp"] += 1
            if kind == "silent":
                continue
            message = sized(question, 65535) if kind == "large" else reply(question)
            writer.write(len(message).to_bytes(2, "big") + message)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def tell():
    seen.flush()
    with open(f"{folder}/counts.new", "w") as file:
        for (kind, way), count in sorted(counts.items()):
            print(kind, way, count, file=file)
    os.rename(f"{folder}/counts.new", f"{folder}/counts")


async def main():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, tell)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
    sock.bind((address, port))
    sock.setblocking(False)
    await loop.create_datagram_endpoint(Datagrams, sock=sock)
    server = await asyncio.start_server(stream, address, port, backlog=1024)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
