# SPDX-License-Identifier: MIT
"""Encrypted DNS servers with faults, one a port, for tests: faulty.py ADDRESS FOLDER, the folder being one of certificates.sh.

Every question gets the address 203.0.113.14, if the fault lets it have an answer. Counts connections of each port in FOLDER/counts when it ends, and
there too `asked`, `unpadded` (of no multiple of 128 bytes, RFC 8467) and `numbered` (by DoH with an id, RFC 8484 section 4.1) questions.
HTTP/2 is written by hand, as no library would write these frames; a request's headers are not looked at.
"""
import asyncio
import collections
import os
import random
import signal
import ssl
import sys

address, folder = sys.argv[1:3]
counts = collections.Counter()


def context(certificate="good", alpn="dot", versions=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(f"{folder}/{certificate}.pem", f"{folder}/{certificate}.key")
    if alpn:
        made.set_alpn_protocols([alpn])
    if versions:
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version, made.maximum_version = versions
    return made


def answer(question, ttl=60):
    """The reply to a question: its first, and one address."""
    end = 12
    while question[end]:
        end += 1 + question[end]
    end += 5
    a = b"\xc0\x0c\0\1\0\1" + ttl.to_bytes(4, "big") + b"\0\4\xcb\0\x71\x0e"
    a = a if question[end - 4:end - 2] == b"\0\1" else b""
    return question[:2] + b"\x81\x80\0\1" + (b"\0\1" if a else b"\0\0") + b"\0\0\0\0" + question[12:end] + a


def look(question, https=False):
    counts["asked"] += 1
    counts["unpadded"] += len(question) % 128 != 0
    counts["numbered"] += https and question[:2] != b"\0\0"


# DNS over TLS


async def dot(reader, writer, after=None, wrong=None):
    """Answers; closes after so many bytes, or answers as `wrong` has it."""
    sent = 0
    held = []
    while True:
        length = int.from_bytes(await reader.readexactly(2), "big")
        question = await reader.readexactly(length)
        look(question)
        reply = answer(question)
        if wrong == "garbage":
            writer.write(random.randbytes(5000))
        elif wrong == "stray":
            # Ids of ours begin at 0.
            for number in range(1000, 1200):
                stray = number.to_bytes(2, "big") + reply[2:]
                writer.write(len(stray).to_bytes(2, "big") + stray)
        elif wrong == "reverse":
            # Out of order: every second question before the first.
            held.append(reply)
            if len(held) == 2:
                for one in reversed(held):
                    writer.write(len(one).to_bytes(2, "big") + one)
                held = []
            continue
        elif wrong == "mute":
            continue
        elif wrong == "swapped":
            other = reply[:13] + bytes([reply[13] ^ 1]) + reply[14:]
            writer.write(len(other).to_bytes(2, "big") + other)
        else:
            message = len(reply).to_bytes(2, "big") + reply
            if after is not None and sent + len(message) > after:
                writer.write(message[: after - sent])
                await writer.drain()
                return
            sent += len(message)
            writer.write(message)
        await writer.drain()
        if wrong == "once":
            return


# DNS over HTTPS


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def headers(fields):
    """HPACK, literal and never compressed."""
    block = b""
    for name, value in fields:
        block += b"\0"
        for text in (name.encode(), value.encode()):
            length = len(text)
            if length < 127:
                block += bytes([length])
            else:
                block += b"\x7f"
                length -= 127
                while length >= 128:
                    block += bytes([length % 128 + 128])
                    length //= 128
                block += bytes([length])
            block += text
    return block


def response(status="200", kind="application/dns-message", *more):
    return headers([(":status", status)] + ([("content-type", kind)] if kind else []) + list(more))


HEADERS, DATA, RESET, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 1, 0, 3, 4, 6, 7, 8, 9


async def doh(reader, writer, fault):
    await reader.readexactly(24)
    writer.write(frame(SETTINGS, 0, 0))
    bodies = collections.defaultdict(bytes)
    while True:
        head = await reader.readexactly(9)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
        payload = await reader.readexactly(length)
        if kind == SETTINGS and not flags & 1:
            writer.write(frame(SETTINGS, 1, 0))
        if kind == DATA:
            bodies[stream] += payload
            writer.write(frame(WINDOW, 0, 0, length.to_bytes(4, "big")))
            if flags & 1:
                look(bodies[stream], https=True)
                if await fault(writer, stream, bodies.pop(stream)) == "close":
                    return
        await writer.drain()


def reply(block, body):
    async def fault(writer, stream, question):
        data = body(question) if callable(body) else body
        writer.write(frame(HEADERS, 4 if data else 5, stream, block))
        for start in range(0, len(data), 16384):
            last = start + 16384 >= len(data)
            writer.write(frame(DATA, 1 if last else 0, stream, data[start:start + 16384]))
    return fault


async def endless(writer, stream, question):
    writer.write(frame(HEADERS, 4, stream, response()))
    while not writer.is_closing():
        writer.write(frame(DATA, 0, stream, bytes(16384)))
        await writer.drain()
        # That alone lets nobody else in, nor hears that the connection is gone.
        await asyncio.sleep(0)


async def goaway(writer, stream, question):
    """Takes nothing more, and has not looked at this one, after ten answers on a connection."""
    if stream < 20:
        await reply(response(), answer)(writer, stream, question)
    else:
        writer.write(frame(GOAWAY, 0, 0, (stream - 2).to_bytes(4, "big") + bytes(4)))
        await writer.drain()
        return "close"


async def goaway_at_once(writer, stream, question):
    writer.write(frame(GOAWAY, 0, 0, bytes(8)))


async def reset(writer, stream, question):
    writer.write(frame(RESET, 0, stream, (2).to_bytes(4, "big")))


def flood(kind, payload):
    async def fault(writer, stream, question):
        for _ in range(1000):
            writer.write(frame(kind, 0, 0, payload) * 100)
            await writer.drain()
    return fault


async def bomb(writer, stream, question):
    """One entry of 4,000 bytes in the table, and a thousand uses of it."""
    value = b"x" * 3900
    block = response() + b"\x40\x01a\x7f" + bytes([(len(value) - 127) % 128 + 128, (len(value) - 127) // 128]) + value + b"\xbe" * 12000
    writer.write(frame(HEADERS, 5, stream, block))


async def continuations(writer, stream, question):
    writer.write(frame(HEADERS, 0, stream, response()))
    for _ in range(10_000):
        writer.write(frame(CONTINUATION, 0, stream, headers([("a", "b" * 1000)])))
        await writer.drain()


def no_such_name(reply):
    """With a reason, as an HTTP response of status 200 carries it (RFC 8484 section 4.2.1), and no record."""
    return reply[:3] + bytes([reply[3] | 3]) + b"\0\1\0\0" + reply[8:-16]


tls11 = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
plain_dot = lambda **how: lambda reader, writer: dot(reader, writer, **how)
plain_doh = lambda fault: lambda reader, writer: doh(reader, writer, fault)


async def hang(reader, writer):
    await asyncio.sleep(60)


async def drop(reader, writer):
    pass


# By port; the context nil: no TLS.
servers = {
    8530: (context(), plain_dot()),
    8531: (context("expired"), plain_dot()),
    8532: (context("other"), plain_dot()),
    8533: (context("alone"), plain_dot()),
    8534: (context(versions=tls11), plain_dot()),
    8535: (None, hang),
    8536: (None, drop),
    8537: (context(), plain_dot(after=1000)),
    8538: (context(), plain_dot(wrong="garbage")),
    8539: (context(), plain_dot(wrong="stray")),
    8540: (context(), plain_dot(wrong="reverse")),
    8541: (context(), plain_dot(wrong="mute")),
    8542: (context(), plain_dot(wrong="once")),
    8543: (context(), plain_dot(wrong="swapped")),
    8544: (context(), drop),
    4430: (context(alpn="h2"), plain_doh(reply(response(), answer))),
    4431: (context(alpn="h2"), plain_doh(reply(response("404", "text/html"), b"<html>"))),
    4432: (context(alpn="h2"), plain_doh(reply(response("302", None, ("location", "https://203.0.113.20:4430/dns-query")), b""))),
    4433: (context(alpn="h2"), plain_doh(reply(response("500", None), b""))),
    4434: (context(alpn="h2"), plain_doh(reply(response(kind="text/plain"), answer))),
    4435: (context(alpn="h2"), plain_doh(reply(response(), bytes(65536)))),
    4436: (context(alpn="h2"), plain_doh(endless)),
    4437: (context(alpn="h2"), plain_doh(goaway)),
    4438: (context(alpn="h2"), plain_doh(goaway_at_once)),
    4439: (context(alpn="h2"), plain_doh(reset)),
    4440: (context(alpn="h2"), plain_doh(flood(SETTINGS, b""))),
    4441: (context(alpn="h2"), plain_doh(flood(PING, bytes(8)))),
    4442: (context(alpn="h2"), plain_doh(bomb)),
    4443: (context(alpn="h2"), plain_doh(continuations)),
    4444: (context(alpn="http/1.1"), hang),
    4445: (context(alpn=None), hang),
    4446: (context(alpn="h2"), plain_doh(reply(response("200", "application/dns-message", ("age", "50")), answer))),
    4447: (context(alpn="h2"), plain_doh(reply(response(), b""))),
    4448: (context(alpn="h2"), plain_doh(reply(response(), lambda question: no_such_name(answer(question))))),
}


async def main():
    def handler(port, body):
        async def handle(reader, writer):
            counts[port] += 1
            try:
                await body(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
                pass
            finally:
                writer.close()
        return handle

    for port, (tls, body) in servers.items():
        await asyncio.start_server(handler(port, body), address, port, ssl=tls)

    def write():
        with open(f"{folder}/counts.new", "w") as file:
            for key in [*servers, "asked", "unpadded", "numbered"]:
                file.write(f"{key} {counts[key]}\n")
        os.rename(f"{folder}/counts.new", f"{folder}/counts")

    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    # The counts so far, on demand.
    loop.add_signal_handler(signal.SIGUSR1, write)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    print("ready", flush=True)
    await ended.wait()
    write()


asyncio.run(main())
