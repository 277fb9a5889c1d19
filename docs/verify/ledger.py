#!/usr/bin/env python3
"""Verifies logs and receipts of Kepil. Written from docs/ledger.md alone; shares nothing with the program.

    ledger.py log FOLDER --key KEY [--key KEY] [--witness KEY] [--held NOTE]   a copy of one log, as `kepil ledger bundle` lays it out
    ledger.py receipt FILE --key KEY [--witness KEY]               a receipt, the file of a session, or a .tlog-proof
    ledger.py vectors FILE                                         the values of docs/vectors/ledger.json

Needs Python 3.9 or later and nothing else. A KEY is its text or a file with it.
"""
import argparse
import base64
import hashlib
import hmac
import json
import os
import struct
import sys

# ---- Ed25519 (RFC 8032): verification alone, in plain integers

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def add(a, b):
    """Of points in extended coordinates."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    x, y, z, w = f - e, h - g, h + g, f + e
    return x * y % P, z * w % P, y * z % P, x * w % P


def times(n, point):
    out = (0, 1, 1, 0)
    while n:
        if n & 1:
            out = add(out, point)
        point, n = add(point, point), n >> 1
    return out


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(key, message, signature):
    if len(signature) != 64:
        return False
    a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(k, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ---- the tree (RFC 6962)


def sha(data):
    return hashlib.sha256(data).digest()


def leaf_hash(leaf):
    return sha(b"\0" + leaf)


def node(left, right):
    return sha(b"\1" + left + right)


def split(n):
    return 1 << ((n - 1).bit_length() - 1)


def root(hashes):
    if not hashes:
        return sha(b"")
    while len(hashes) > 1:
        # Pairs from the left; what is left over goes up as it is. It is the same tree.
        pairs = [node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + ([hashes[-1]] if len(hashes) % 2 else [])
    return hashes[0]


def root_by_inclusion(hash_, index, size, path):
    """The root that a proof of inclusion leads to, by the definition of section 2.1.1; None for a proof of another length."""
    if size == 1:
        return hash_ if not path else None
    if not path:
        return None
    k = split(size)
    if index < k:
        inner = root_by_inclusion(hash_, index, k, path[:-1])
        return inner and node(inner, path[-1])
    inner = root_by_inclusion(hash_, index - k, size - k, path[:-1])
    return inner and node(path[-1], inner)


def roots_by_consistency(old, new, path, old_root, whole=True):
    """Old and new root that a proof leads to, by the definition of section 2.1.2."""
    if old == new:
        if whole:
            return None if path else (old_root, old_root)
        return (path[0], path[0]) if len(path) == 1 else None
    if not path:
        return None
    k, last = split(new), path[-1]
    if old <= k:
        inner = roots_by_consistency(old, k, path[:-1], old_root, whole)
        return inner and (inner[0], node(inner[1], last))
    inner = roots_by_consistency(old - k, new - k, path[:-1], old_root, False)
    return inner and (node(last, inner[0]), node(last, inner[1]))


# ---- keys, notes, witnesses


class Wrong(Exception):
    pass


def unbase64(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong("not base64: " + text[:40]) from None


def text_or_file(text):
    return open(text, encoding="utf-8").read() if os.path.isfile(text) else text


class Key:
    """Of a log (kind 1) or a witness (kind 4)."""

    def __init__(self, text, kind):
        self.name, hash_, key = text.strip().split("+", 2)
        data = unbase64(key)
        self.kind, self.key = data[0], data[1:]
        self.id = sha(self.name.encode() + b"\n" + bytes([kind]) + self.key)[:4]
        if self.kind != kind or len(self.key) != 32 or self.id.hex() != hash_:
            raise Wrong("not a key of kind %d: %s" % (kind, text.strip()))


def parts(note):
    body, gap, signatures = note.partition("\n\n")
    if not gap:
        raise Wrong("not a note")
    lines = [line[2:].split(" ") for line in signatures.split("\n") if line.startswith("\u2014 ")]
    return body + "\n", [(line[0], unbase64(line[1])) for line in lines if len(line) == 2]


class Checkpoint:
    def __init__(self, note, keys, witnesses=()):
        body, signatures = parts(note)
        lines = body.split("\n")
        self.origin, self.size, self.root = lines[0], int(lines[1]), unbase64(lines[2])
        if str(self.size) != lines[1] or len(self.root) != 32:
            raise Wrong("not a checkpoint")
        keys = [key for key in keys if key.name == self.origin]
        if not keys:
            raise Wrong("a checkpoint of another log: " + self.origin)
        own = [(key, data[4:]) for key in keys for name, data in signatures if name == key.name and data[:4] == key.id]
        if not any(signed(key.key, body.encode(), data) for key, data in own):
            raise Wrong("the checkpoint is not signed by the key of the log")
        self.hour = None
        for witness in witnesses:
            self.hour = max(self.hour or 0, cosigned_s(witness, body, signatures) // 3600)


def cosigned_s(witness, body, signatures):
    """When the witness signed."""
    for name, data in signatures:
        if name == witness.name and data[:4] == witness.id and len(data) == 76:
            at = struct.unpack(">Q", data[4:12])[0]
            if signed(witness.key, ("cosignature/v1\ntime %d\n" % at + body).encode(), data[12:]):
                return at
    raise Wrong("the witness %s did not sign" % witness.name)


# ---- leaves and the rule of hours


class Leaf:
    def __init__(self, data):
        if len(data) != 54 or data[0] != 1:
            raise Wrong("not a leaf")
        self.event, self.hour, self.act = data[1:17], struct.unpack(">I", data[17:21])[0], data[21]
        self.commitment = data[22:]


def hours(leaves, held):
    """Positions that break the rule of hours; `held` are checkpoints that witnesses signed."""
    wrong, latest, late, oldest = [], 0, 0, 0
    held = sorted((each for each in held if each.hour is not None), key=lambda each: each.size)
    for position, leaf in enumerate(leaves):
        while held and held[0].size <= position:
            latest = max(latest, held.pop(0).hour)
        if held and leaf.hour > min(each.hour for each in held) + 1:
            wrong.append("entry %d is dated ahead" % position)
        if late:
            late -= 1
            if leaf.act >= 128 or leaf.hour < oldest or leaf.hour > latest:
                wrong.append("entry %d is not what a notice announced" % position)
            continue
        if leaf.hour < latest - 2:
            wrong.append("entry %d is dated back by %d hours" % (position, latest - leaf.hour))
        latest = max(latest, leaf.hour)
        if leaf.act == 128:
            late, oldest = struct.unpack(">II", leaf.commitment[:8])
            if any(leaf.commitment[8:]):
                wrong.append("entry %d is no notice" % position)
    if late:
        wrong.append("the last notice announces more than there is")
    return wrong


# ---- a copy of a log


def path_of(kind, n, width):
    groups = ["%03d" % (n % 1000)]
    while n >= 1000:
        n //= 1000
        groups.append("x%03d" % (n % 1000))
    return "tile/%s/%s%s" % (kind, "/".join(reversed(groups)), "" if width == 256 else ".p/%d" % width)


def read(folder, kind, n, width):
    for each in dict.fromkeys([width, 256]):
        path = os.path.join(folder, path_of(kind, n, each))
        if os.path.isfile(path):
            return open(path, "rb").read()
    raise Wrong("%s is missing" % path_of(kind, n, width))


def tiles(count):
    return [(n, min(256, count - 256 * n)) for n in range((count + 255) // 256)]


def verify_log(folder, keys, witnesses, held_notes):
    newest = Checkpoint(open(os.path.join(folder, "checkpoint"), encoding="utf-8").read(), keys)
    held = [Checkpoint(text_or_file(note), keys) for note in held_notes]
    if witnesses:
        cosigned = os.path.join(folder, "cosigned")
        names = sorted(os.listdir(cosigned)) if os.path.isdir(cosigned) else []
        seen = [Checkpoint(open(os.path.join(cosigned, name), encoding="utf-8").read(), keys, witnesses) for name in names]
        if not seen:
            raise Wrong("no witness signed")
        held += seen
    faults, leaves, hashes = [], [], []
    for n, width in tiles(newest.size):
        data, tile = read(folder, "entries", n, width), read(folder, "0", n, width)
        for i in range(width):
            length = struct.unpack(">H", data[:2])[0]
            leaf, data = data[2 : 2 + length], data[2 + length :]
            position = 256 * n + i
            if leaf_hash(leaf) != tile[32 * i : 32 * i + 32]:
                faults.append("entry %d was altered" % position)
            hashes.append(leaf_hash(leaf))
            leaves.append(Leaf(leaf))
    if len({leaf.event for leaf in leaves}) != len(leaves):
        faults.append("two entries have one event")
    level, below = 0, hashes
    while len(below) >= 256:
        level, below = level + 1, [root(below[256 * i : 256 * i + 256]) for i in range(len(below) // 256)]
        for n, width in tiles(len(below)):
            if read(folder, str(level), n, width)[: 32 * width] != b"".join(below[256 * n : 256 * n + width]):
                faults.append("tile %d/%d was altered" % (level, n))
    if root(hashes) != newest.root:
        faults.append("the entries do not give the root of the checkpoint")
    for each in held:
        if each.size > newest.size:
            faults.append("the log was cut: %d entries were signed" % each.size)
        elif root(hashes[: each.size]) != each.root:
            faults.append("the log was forked before entry %d" % each.size)
    faults += hours(leaves, held)
    if faults:
        raise Wrong("; ".join(faults[:20]))
    return "%s: whole, %d entries, %d checkpoints compared" % (newest.origin, newest.size, len(held))


# ---- receipts


def verify_proof(text, leaf, keys, witnesses):
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Wrong("not a tlog-proof")
    if lines[0].startswith("extra "):
        extra = unbase64(lines.pop(0)[6:])
        leaf = extra if leaf is None else leaf
    if leaf is None or not lines[0].startswith("index "):
        raise Wrong("a proof of nothing")
    index, path = int(lines.pop(0)[6:]), [unbase64(line) for line in lines]
    checkpoint = Checkpoint(note, keys, witnesses)
    if not 0 <= index < checkpoint.size or any(len(hash_) != 32 for hash_ in path):
        raise Wrong("a proof of nothing")
    if root_by_inclusion(leaf_hash(leaf), index, checkpoint.size, path) != checkpoint.root:
        raise Wrong("the leaf is not in the tree")
    return "entry %d of %s" % (index, checkpoint.origin)


def verify_receipt(receipt, keys, witnesses, acts):
    if receipt["format"] != "kepil-receipt-1":
        raise Wrong("not a receipt")
    data, text = unbase64(receipt["leaf"]), receipt["payload"]
    leaf, payload = Leaf(data), json.loads(text)
    if hmac.new(unbase64(receipt["commitment_key"]), text.encode(), "sha256").digest() != leaf.commitment:
        raise Wrong("the text is not the one that the leaf binds")
    hour, waits = payload["at_ms"] // 3_600_000, payload.get("waits", 0)
    if waits > 0:
        hour = (hour // waits + 1) * waits
    if hour != leaf.hour or (acts and acts.get(payload["act"]) != leaf.act):
        raise Wrong("the text tells of another act or hour than the leaf")
    return verify_proof(receipt["proof"], data, keys, witnesses)


def verify_file(path, keys, witnesses, acts):
    text = open(path, encoding="utf-8").read()
    if text.startswith("c2sp.org/tlog-proof@v1"):
        return verify_proof(text, None, keys, witnesses)
    file = json.loads(text)
    if file["format"] != "kepil-session-1":
        return verify_receipt(file, keys, witnesses, acts)
    for entry in file["entries"]:
        verify_receipt(entry["receipt"], keys, witnesses, acts)
        if json.loads(entry["receipt"]["payload"]).get("session") != file["session"]["mark"]:
            raise Wrong("an entry of another session")
    return "%d entries of one session" % len(file["entries"])


# ---- vectors


def verify_vectors(path):
    vectors = json.load(open(path, encoding="utf-8"))
    keys, witness = [Key(vectors["log_key"], 1)], Key(vectors["witness_key"], 4)
    leaves = [bytes.fromhex(leaf) for leaf in vectors["leaves"]]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    assert [hash_.hex() for hash_ in hashes[:2]] == vectors["leaf_hashes"]
    for size, expected in vectors["roots"].items():
        assert root(hashes[: int(size)]).hex() == expected, "root at " + size
    for proof in vectors["consistency"]:
        old, new = proof["old"], proof["new"]
        path_ = [bytes.fromhex(hash_) for hash_ in proof["path"]]
        roots = roots_by_consistency(old, new, path_, root(hashes[:old]))
        assert roots == (root(hashes[:old]), root(hashes[:new])), "from %d to %d" % (old, new)
    for each in vectors["paths"]:
        kind = "entries" if each["level"] is None else str(each["level"])
        assert path_of(kind, each["n"], each["width"]) == each["path"]
    checkpoint = Checkpoint(vectors["checkpoint"], keys)
    assert checkpoint.root == root(hashes) and checkpoint.size == len(hashes)
    assert Checkpoint(vectors["cosigned"], keys, [witness]).hour == vectors["cosigned_s"] // 3600
    head, _, note = vectors["add_checkpoint"].partition("\n\n")
    old, *path_ = head.split("\n")
    roots = roots_by_consistency(int(old[4:]), len(hashes), [unbase64(line) for line in path_], root(hashes[: int(old[4:])]))
    assert roots[1] == checkpoint.root and note == vectors["checkpoint"]
    verify_receipt(vectors["receipt"], keys, [], vectors["acts"])
    verify_proof(vectors["tlog_proof"], None, keys, [])
    assert hours([Leaf(bytes.fromhex(leaf)) for leaf in vectors["late"]], []) == []
    assert hours([Leaf(bytes.fromhex(leaf)) for leaf in vectors["dated_back"]], []) != []
    for name, bent in (("checkpoint", vectors["checkpoint"].replace("\n%d\n" % len(hashes), "\n1\n", 1)),):
        try:
            Checkpoint(bent, keys)
        except Wrong:
            continue
        raise Wrong("a bent %s verifies" % name)
    return "all vectors hold"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["log", "receipt", "vectors"])
    parser.add_argument("path")
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--held", action="append", default=[])
    args = parser.parse_args()
    try:
        keys = [Key(line, 1) for key in args.key for line in text_or_file(key).split()]
        witnesses = [Key(text_or_file(key), 4) for key in args.witness]
        if args.what == "vectors":
            print(verify_vectors(args.path))
        elif not keys:
            parser.error("give --key")
        elif args.what == "log":
            print(verify_log(args.path, keys, witnesses, args.held))
        else:
            beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors", "ledger.json")
            acts = json.load(open(beside, encoding="utf-8"))["acts"] if os.path.isfile(beside) else None
            print("holds: " + verify_file(args.path, keys, witnesses, acts))
    except (Wrong, KeyError, ValueError, IndexError, struct.error, OSError, AssertionError) as fault:
        print("BROKEN: %s" % fault)
        sys.exit(1)


if __name__ == "__main__":
    main()
