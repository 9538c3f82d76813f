# SPDX-License-Identifier: MIT
"""A client of the control socket that does not keep to the contract: control.py SOCKET WHAT [COUNT]. Prints what came of it.

endless: a megabyte without an end of line. mute: COUNT connections that say nothing, until standard input ends. requests: COUNT requests with something
wrong in each, and requests with values at the edge of what there is. unread: COUNT requests whose answers nobody reads.
"""
import json
import random
import socket
import sys

path, what = sys.argv[1:3]
count = int(sys.argv[3]) if len(sys.argv) > 3 else 0
random.seed(1205)
VERBS = ["status", "query", "monitor", "leases", "conflicts", "rules", "why", "names", "flush", "exec"]
NUMBERS = [0, 1, -1, 255, 65535, 65536, -32769, 2**31 - 1, 2**31, -(2**31), 2**63 - 1, 2**63, -(2**63), 2**64, 1e300, 1.5, 10**400]
TEXTS = ["", ".", "..", "git.corp.example", "a" * 64, "a." * 200, "\\000", "\\256.x", "10.20.0.5", "::", "1.2.3.4.5", "fe80::1%lo", "\0", "\x1b[31m", "é",
         "xn--a", "*.example", "=a.example", "-", "/", "%s%n", "\ud800", "normal", "excluded", "tunneled", "connected", "error"]
FIELDS = {"name": TEXTS, "type": NUMBERS, "app": TEXTS, "pid": NUMBERS, "state": TEXTS, "limit": NUMBERS}


def opened(seconds=5):
    sock = socket.socket(socket.AF_UNIX)
    # Waits for room in the listener's queue, where one with a limit would not.
    sock.connect(path)
    sock.settimeout(seconds)
    return sock


def ask(line):
    """The answer, as far as one comes: `monitor` never ends, and tells its first line."""
    with opened() as sock:
        answer = b""
        try:
            sock.sendall(line)
            sock.shutdown(socket.SHUT_WR)
            while piece := sock.recv(1 << 16):
                answer += piece
                if b'"monitor"' in line and b"\n" in answer:
                    break
        except (BrokenPipeError, ConnectionResetError):
            pass
        return answer


def edges():
    """Every verb with every value in every field, and two fields at random."""
    for verb in VERBS:
        yield {"verb": verb}
        for field, values in FIELDS.items():
            for value in values:
                # Ours and that of init are real processes.
                if (verb, field) == ("exec", "pid") and value in (0, 1):
                    continue
                more = {} if verb != "exec" else {"app": "excluded", "pid": -1}
                yield {"verb": verb, "name": "git.corp.example"} | more | {field: value}


def mutated(line):
    line = bytearray(line)
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(line))
        match random.randrange(5):
            case 0: line[at] = random.randrange(256)
            case 1: del line[at : at + random.randrange(1, 9)]
            case 2: line[at:at] = random.randbytes(random.randrange(1, 9))
            case 3: line[at:at] = random.choice([b"{", b"[", b'"', b"\\u0000", b"\\ud800", b"null", b",", b"\n", b"1e999", b"-"]) * random.choice([1, 1, 1, 300])
            case 4: line[at:at] = line[:at]
        if not line:
            break
    return bytes(line)


if what == "endless":
    with opened() as sock:
        sent = 0
        try:
            while sent < 1 << 20:
                sent += sock.send(b"x" * 4096)
            print("ended" if sock.recv(1) == b"" else "answered")
        except (BrokenPipeError, ConnectionResetError):
            print("ended")
        except TimeoutError:
            print("it waits for more")
elif what == "mute":
    held = [opened() for _ in range(count)]
    print("ready", flush=True)
    sys.stdin.read()
elif what == "unread":
    held = []
    for _ in range(count):
        sock = opened()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        try:
            sock.sendall(json.dumps({"verb": random.choice(["status", "leases", "rules", "conflicts", "names"])}).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        held.append(sock)
    print("ready", flush=True)
    sys.stdin.read()
else:
    lines = [json.dumps(request).encode() + b"\n" for request in edges()]
    answers, errors = 0, 0
    # Half of them JSON still: some fields at random, of values that fit.
    fits = {"name": TEXTS[:-6], "type": NUMBERS[3:5], "app": TEXTS[-5:], "pid": [-1, 2**31 - 1], "state": TEXTS[-5:], "limit": NUMBERS[:11]}
    some = lambda: {field: random.choice(values) for field, values in fits.items() if random.random() < 0.4}
    asked = lines + [mutated(random.choice(lines)) + b"\n" for _ in range(count // 2)]
    asked += [json.dumps({"verb": random.choice(VERBS)} | some()).encode() + b"\n" for _ in range(count // 2)]
    for line in asked:
        # A command's name may come of a mutation, and what it does is no matter here.
        if any(verb in line for verb in (b'"down"', b'"up"', b'"reload"')):
            continue
        try:
            answer = ask(line)
        except (TimeoutError, ConnectionRefusedError, FileNotFoundError) as error:
            print(f"{type(error).__name__} after {line[:300]}")
            sys.exit(1)
        answers += answer.endswith(b"\n")
        errors += b'"error"' in answer
        for one in answer.splitlines()[:2]:
            json.loads(one)
            if any(byte < 32 or byte == 127 for byte in one):
                print(f"control bytes in the answer to {line[:300]}")
                sys.exit(1)
    print(f"ok {len(asked)} requests, {answers} answered, {errors} of them with an error")
