# SPDX-License-Identifier: MIT
"""Holds what sluice reads in wg-quick files against wg-quick, wg and ip: wgquick.py FOLDER DEVICE, on a WireGuard device of the lab's.

For each NUMBER.conf there is NUMBER.ours, which `sluice-probe wgquick` wrote, and NUMBER.theirs and NUMBER.strip, which wg-quick's own reader did.
Prints a count of each outcome; an outcome that must not be, with its file.
"""
import base64
import collections
import ipaddress
import os
import re
import subprocess
import sys

folder, device = sys.argv[1:]
environment = dict(os.environ, WG_ENDPOINT_RESOLUTION_RETRIES="0")


def run(*words):
    return subprocess.run(words, capture_output=True, encoding="latin-1", env=environment)


def clamped(key):
    """A private key as it is used (RFC 7748 section 5), and shown by a device in userspace."""
    if key == "(none)":
        return None
    secret = bytearray(base64.b64decode(key))
    secret[0] &= 248
    secret[31] = secret[31] & 127 | 64
    return bytes(secret)


def place(text):
    """An endpoint, with IPv4 as such however it is written."""
    if text == "(none)":
        return text
    host, port = text.rsplit(":", 1)
    address = ipaddress.ip_address(host.strip("[]"))
    return str(getattr(address, "ipv4_mapped", None) or address), port


def ours(lines):
    seen = collections.defaultdict(list)
    peers = {}
    for line in lines:
        word, value = line.split(" ", 1)
        if word == "peer":
            peer = peers[value] = {"allowed": set()}
        elif word in ("psk", "keepalive"):
            peer[word] = value
        elif word == "endpoint":
            peer[word] = place(value)
        elif word == "name":
            peer["endpoint"] = None
        elif word == "allowed":
            peer[word].add(ipaddress.ip_network(value))
        else:
            seen[word].append(value)
    return {
        "private": clamped(seen["private"][0]), "port": seen["port"][0], "mtu": seen["mtu"][:1], "peers": peers,
        "address": sorted(map(ipaddress.ip_interface, seen["address"]), key=str),
        "dns": list(map(ipaddress.ip_address, seen["dns"])), "search": seen["search"],
    }


def device_addresses():
    found = re.findall(r"inet6? (\S+)", run("ip", "-o", "address", "show", "dev", device).stdout)
    return sorted((ipaddress.ip_interface(text) for text in found), key=str)


def theirs(number, port):
    """What the tools make of it; a text where they refuse."""
    try:
        told = [line.split(" ", 1) for line in open(f"{folder}/{number}.theirs", encoding="latin-1").read().split("\n") if line]
    except FileNotFoundError:
        return "wg-quick"
    result = run("wg", "setconf", device, f"{folder}/{number}.strip")
    if result.returncode:
        return "wg: " + re.sub(r"`.*", "", (result.stderr.splitlines() or ["?"])[0])
    run("ip", "address", "flush", "dev", device)
    # Below 1280 it has no IPv6.
    run("ip", "link", "set", "mtu", "1420", "dev", device)
    for word, value in told:
        if word == "address":
            result = run("ip", "-6" if ":" in value else "-4", "address", "add", value, "dev", device)
            if result.returncode:
                return f"ip address add {value}: {result.stderr.strip()}"
    addresses = device_addresses()
    mtu = []
    for word, value in told:
        if word == "mtu" and value:
            if run("ip", "link", "set", "mtu", value, "dev", device).returncode:
                return "ip link set mtu"
            mtu = [open(f"/sys/class/net/{device}/mtu").read().strip()]
    dump = [line.split("\t") for line in run("wg", "show", device, "dump").stdout.splitlines()]
    peers = {
        fields[0]: {
            "psk": fields[1], "endpoint": place(fields[2]), "keepalive": fields[7],
            "allowed": {ipaddress.ip_network(text) for text in fields[3].split(",")} if fields[3] != "(none)" else set(),
        }
        for fields in dump[1:]
    }
    servers = [value for word, value in told if word == "dns"]
    try:
        servers = list(map(ipaddress.ip_address, servers))
    except ValueError:
        pass
    return {
        "private": clamped(dump[0][0]), "port": dump[0][2] if port != "0" else "0", "mtu": mtu, "peers": peers, "address": addresses,
        "dns": servers, "search": [value.removeprefix("~").rstrip(".").lower() for word, value in told if word == "search"],
    }


outcomes = collections.Counter()
reasons = collections.Counter()
bad = []
for number in range(len([name for name in os.listdir(folder) if name.endswith(".conf")])):
    lines = open(f"{folder}/{number}.ours").read().split("\n")[:-1]
    if lines[0].startswith("refused"):
        line, reason = lines[0].split(" ", 2)[1:]
        if not reason or int(line) < 0:
            bad.append(f"{number}: no reason")
        if isinstance(theirs(number, "0"), str):
            outcomes["both refuse"] += 1
        else:
            outcomes["refused on purpose"] += 1
            reasons[re.sub(r'["`].*|\d[\d.:/a-f]*|\b[0-9a-f]*::\S*', "*", reason)] += 1
        continue
    us = ours(lines)
    names = [key for key, peer in us["peers"].items() if peer["endpoint"] is None]
    if names:
        outcomes["by name, not compared"] += 1
        continue
    them = theirs(number, us["port"])
    if isinstance(them, str):
        outcomes["taken, though they refuse"] += 1
        bad.append(f"{number}: refused by {them}")
    elif us != them:
        outcomes["read otherwise"] += 1
        bad += [f"{number}: {key}: {us[key]} is {them[key]} to them" for key in us if us[key] != them[key]]
    else:
        outcomes["both accept"] += 1
for outcome, count in sorted(outcomes.items()):
    print(count, outcome)
for reason, count in reasons.most_common():
    print("#", count, reason)
for line in bad[:40]:
    print("BAD", line)
sys.exit(bool(bad))
