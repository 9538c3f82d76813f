# SPDX-License-Identifier: MIT
"""A client by TCP that tries a server's patience: tcp.py SERVER SUFFIX WHAT…, the names below SUFFIX being those of upstream.py; all of WHAT at the same
time. Prints a line for each finding: WHAT VALUE….
"""
import asyncio
import socket
import struct
import sys
import time

server, suffix = sys.argv[1:3]


def question(name, id, type=1, options=None):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    opt = b"" if options is None else b"\0\0\x29\x04\xd0\0\0\0\0" + len(options).to_bytes(2, "big") + options
    return struct.pack(">HHHHHH", id, 0x100, 1, 0, 0, 1 if opt else 0) + labels + b"\0" + struct.pack(">HH", type, 1) + opt


def framed(message):
    return len(message).to_bytes(2, "big") + message


class Connection:
    @classmethod
    async def open(cls):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(server, 53, limit=1 << 20)
        return self

    def send(self, *messages):
        self.writer.write(b"".join(map(framed, messages)))

    async def reply(self, seconds=6):
        """The next; None where the connection is over, or nothing came."""
        try:
            async with asyncio.timeout(seconds):
                return await self.reader.readexactly(int.from_bytes(await self.reader.readexactly(2), "big"))
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            return None

    async def over(self, seconds):
        """After how many seconds the server closed it; None: it did not."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                while await self.reader.read(1 << 16):
                    pass
        except TimeoutError:
            return None
        except ConnectionError:
            pass
        return time.monotonic() - began

    def close(self):
        self.writer.close()


def is_true(reply, number):
    """Whether it is the answer for nNUMBER."""
    return reply is not None and reply[3] & 15 == 0 and ((198 << 24 | 18 << 16) + number).to_bytes(4, "big") in reply[12:]


async def order():
    """A slow name, and behind it one that is kept: the ids in the order they are answered."""
    one = await Connection.open()
    one.send(question(f"n7.now.{suffix}", 1))
    await one.reply()
    one.send(question(f"n8.slow.{suffix}", 2), question(f"n7.now.{suffix}", 3))
    replies = [await one.reply(), await one.reply()]
    print("order", *[int.from_bytes(reply[:2], "big") for reply in replies], *map(is_true, replies, [7, 8]))
    one.close()


async def pipelined():
    """A hundred new names in one piece, every tenth slow: how many are answered truly."""
    one = await Connection.open()
    one.send(*[question(f"n{number}.{'slow' if number % 10 == 0 else 'now'}.{suffix}", number) for number in range(100, 200)])
    replies = [await one.reply() for _ in range(100)]
    print("pipelined", len({reply[:2] for reply in replies}), sum(is_true(reply, int.from_bytes(reply[:2], "big")) for reply in replies))
    one.close()


async def half():
    """Ends its side behind a slow question: the answer, then the end."""
    one = await Connection.open()
    one.send(question(f"n9.slow.{suffix}", 9))
    one.writer.write_eof()
    print("half", is_true(await one.reply(), 9), await one.over(3) is not None)


async def lengths():
    """Messages of these lengths: the response code, or `closed`."""
    # Of the largest, a sane question is the beginning, and an option of padding the rest.
    sane = question(f"n1.now.{suffix}", 4, options=b"")
    largest = question(f"n1.now.{suffix}", 4, options=struct.pack(">HH", 12, 65535 - len(sane) - 4) + bytes(65535 - len(sane) - 4))
    for message in [b"", b"\0", bytes(11), bytes(12), largest, bytes(65535)]:
        one = await Connection.open()
        one.send(message)
        reply = await one.reply(3)
        if reply is None:
            print("length", len(message), "closed" if await one.over(1) is not None else "nothing")
        else:
            print("length", len(message), "code", reply[3] & 15)
        one.close()


async def idle():
    """Connections on which nothing comes, half a message comes, a byte a second comes, and nothing more after an answer: seconds until each is closed."""
    mute, half, slow, asked = [await Connection.open() for _ in range(4)]
    half.send(question(f"n1.now.{suffix}", 5)[:-1])

    async def drip():
        for byte in framed(question(f"n1.now.{suffix}", 6)):
            slow.writer.write(bytes([byte]))
            await asyncio.sleep(1)

    dripping = asyncio.create_task(drip())
    await asyncio.sleep(3)
    asked.send(question(f"n1.now.{suffix}", 7, options=struct.pack(">HH", 11, 0)))
    reply = await asked.reply()
    keepalive = struct.pack(">HH", 11, 2)
    at = reply.find(keepalive)
    print("keepalive", int.from_bytes(reply[at + 4 : at + 6], "big") / 10 if at > 0 else "none")
    times = await asyncio.gather(*[one.over(30) for one in (mute, half, slow, asked)])
    dripping.cancel()
    for what, took in zip(["mute", "half-asked", "byte-a-second", "asked"], times):
        took = None if took is None else took + (0 if what == "asked" else 3)
        print("idle", what, "never" if took is None else f"{took:.1f}", took is not None and 9 <= took <= 20)


async def crowd():
    """100 that wait for a slow name each, and 500 more that say nothing: the answers, and whether one more is served."""
    waiting = [await Connection.open() for _ in range(100)]
    for number, one in enumerate(waiting):
        one.send(question(f"n{1000 + number}.slow.{suffix}", number))
    await asyncio.sleep(0.2)
    mute = [await Connection.open() for _ in range(500)]
    last = await Connection.open()
    last.send(question(f"n2000.now.{suffix}", 1))
    print("one-more", is_true(await last.reply(), 2000))
    print("crowd", sum([is_true(await one.reply(), 1000 + number) for number, one in enumerate(waiting)]))
    ended = sum([1 for one in mute if await one.over(0.001) is not None])
    print("mute-closed", ended)
    for one in waiting + mute + [last]:
        one.close()


async def all_asking():
    """600 that wait for a slow name each: how many have the answer, and how many were cut off."""
    waiting = [await Connection.open() for _ in range(600)]
    for number, one in enumerate(waiting):
        one.send(question(f"n{3000 + number}.slow.{suffix}", number))
    replies = await asyncio.gather(*[one.reply() for one in waiting])
    print("all-asking", sum(is_true(reply, 3000 + number) for number, reply in enumerate(replies)), sum(reply is None for reply in replies))
    for one in waiting:
        one.close()


async def large():
    """65,535 bytes, as they came from upstream; and with EDNS, whose record does not fit behind them any more: whether it is cut, its bytes."""
    one = await Connection.open()
    one.send(question(f"n5.large.{suffix}", 5, type=16))
    reply = await one.reply() or bytes(12)
    at, count = len(question(f"n5.large.{suffix}", 5)), int.from_bytes(reply[6:8], "big")
    right = 0
    for number in range(count):
        size = int.from_bytes(reply[at + 10 : at + 12], "big")
        text = reply[at + 13 : at + 12 + size]
        right += text == (b"%05d-" % number + b"x" * 255)[: size - 1]
        at += 12 + size
    print("large", len(reply), count, right, at)
    one.send(question(f"n5.large.{suffix}", 6, type=16, options=b""))
    reply = await one.reply() or bytes(12)
    print("too-large", "cut" if reply[2] & 2 else "whole", len(reply), reply[:2] == b"\0\6")
    one.close()


async def main():
    # One after the other where connections are counted.
    for what in sys.argv[3:]:
        parts = [globals()[part.replace("-", "_")] for part in what.split("+")]
        await asyncio.gather(*[part() for part in parts])


asyncio.run(main())
