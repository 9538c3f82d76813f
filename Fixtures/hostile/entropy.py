# SPDX-License-Identifier: MIT
"""Whether ports and ids could be guessed: entropy.py FILE COUNT LOW HIGH, the file as upstream.py writes it: port and id of each question, in its
order; the lowest and the highest port that the kernel draws.

A line for each claim: `yes` or `no`, what, and the figures. A fair source fails one in 100,000 of these claims; one that counts, repeats or prefers
something fails every time.
"""
import math
import sys

FIRST_PORT = int(sys.argv[3])
PORTS = int(sys.argv[4]) + 1 - FIRST_PORT
data = open(sys.argv[1], "rb").read()
ports = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 4)]
ids = [int.from_bytes(data[at + 2 : at + 4], "big") for at in range(0, len(data), 4)]
n = len(ports)


def say(holds, text):
    print("yes" if holds else "no", text)


def normal(z):
    """How likely a fair source is farther from the middle."""
    return math.erfc(abs(z) / math.sqrt(2))


def spread(what, values, bins):
    """Chi-square, by Wilson and Hilferty's approximation to the normal distribution; too even is as suspicious as too uneven."""
    found = [0] * bins
    for value in values:
        found[value] += 1
    expected, free = n / bins, bins - 1
    square = sum((count - expected) ** 2 / expected for count in found)
    part = 2 / (9 * free)
    p = normal(((square / free) ** (1 / 3) - 1 + part) / math.sqrt(part))
    say(p > 1e-5, f"{what} are spread evenly over {bins}: chi-square {square:.0f}, p {p:.4f}")


def apart(what, one, other):
    mean, there = sum(one) / n, sum(other) / n
    product = sum((a - mean) * (b - there) for a, b in zip(one, other))
    r = product / math.sqrt(sum((a - mean) ** 2 for a in one) * sum((b - there) ** 2 for b in other))
    p = normal(r * math.sqrt(n))
    say(p > 1e-5, f"{what} say nothing of each other: correlation {r:+.4f}, p {p:.4f}")


def distinct(what, values, room):
    expected = room * (1 - (1 - 1 / room) ** n)
    load = n / room
    deviation = math.sqrt(room * math.exp(-load) * (1 - (1 + load) * math.exp(-load)))
    found = len(set(values))
    say(abs(found - expected) < 5 * deviation + 1, f"different {what}: {found}, expected {expected:.0f} ± {deviation:.0f}")


say(n >= int(sys.argv[2]), f"{n} questions")
say(FIRST_PORT <= min(ports) and max(ports) < FIRST_PORT + PORTS, f"ports from {min(ports)} to {max(ports)}")
own = [port - FIRST_PORT for port in ports]
spread("ports", [port * 256 // PORTS for port in own], 256)
spread("ports, modulo 256,", [port % 256 for port in own], 256)
spread("ids, high byte,", [id >> 8 for id in ids], 256)
spread("ids, low byte,", [id & 255 for id in ids], 256)
distinct("ports", ports, PORTS)
distinct("ids", ids, 65536)
apart("port and id", ports, ids)
apart("a port and the one before", ports, ports[1:] + ports[:1])
apart("an id and the one before", ids, ids[1:] + ids[:1])
