#!/usr/bin/env python3
"""Reads copies of a Kepil installation with the keys it is given, after docs/vault.md alone.

    vault.py --key root.key --key epoch-2.key [--dictionary FILE] [--backup FOLDER ...] [--journal FILE ...] COPY [COPY ...]

COPY is a folder with the SQLite files of the store, or a plain-text dump made by pg_dump; FOLDER what `kepil backup` made, and
the journal's FILE what docs/backup.md says. All of it is taken together, as an adversary would: every key that any of them gives
is tried on all of them. The dictionary has lines `field<TAB>value`: values to look up in
the blind index. Prints one JSON object. Needs nothing but Python's standard library.
"""

import argparse
import functools
import hashlib
import hmac as _hmac
import json
import os
import re
import shutil
import sqlite3
import struct
import tempfile

# ---- AES-256-GCM


def _tables():
    sbox, p, q = [0] * 256, 1, 1
    while True:
        p = p ^ ((p << 1) & 0xFF) ^ (0x1B if p & 0x80 else 0)
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        if q & 0x80:
            q ^= 0x09
        x = q ^ (q << 1 | q >> 7) ^ (q << 2 | q >> 6) ^ (q << 3 | q >> 5) ^ (q << 4 | q >> 4)
        sbox[p] = (x & 0xFF) ^ 0x63
        if p == 1:
            break
    sbox[0] = 0x63
    return sbox


SBOX = _tables()
XT = [((b << 1) ^ (0x1B if b & 0x80 else 0)) & 0xFF for b in range(256)]
T0 = [(XT[s] << 24) | (s << 16) | (s << 8) | (XT[s] ^ s) for s in SBOX]
T1, T2, T3 = ([((t >> r) | (t << (32 - r))) & 0xFFFFFFFF for t in T0] for r in (8, 16, 24))


def schedule(key):
    words, rcon = list(struct.unpack(">8I", key)), 1
    for i in range(8, 60):
        t = words[i - 1]
        if i % 8 == 0:
            t = ((t << 8) | (t >> 24)) & 0xFFFFFFFF
        if i % 4 == 0:
            t = SBOX[t >> 24] << 24 | SBOX[t >> 16 & 255] << 16 | SBOX[t >> 8 & 255] << 8 | SBOX[t & 255]
        if i % 8 == 0:
            t ^= rcon << 24
            rcon = XT[rcon]
        words.append(words[i - 8] ^ t)
    return words


def encrypt(words, block):
    a, b, c, d = (x ^ k for x, k in zip(struct.unpack(">4I", block), words[:4]))
    for r in range(4, 56, 4):
        a, b, c, d = (
            T0[a >> 24] ^ T1[b >> 16 & 255] ^ T2[c >> 8 & 255] ^ T3[d & 255] ^ words[r],
            T0[b >> 24] ^ T1[c >> 16 & 255] ^ T2[d >> 8 & 255] ^ T3[a & 255] ^ words[r + 1],
            T0[c >> 24] ^ T1[d >> 16 & 255] ^ T2[a >> 8 & 255] ^ T3[b & 255] ^ words[r + 2],
            T0[d >> 24] ^ T1[a >> 16 & 255] ^ T2[b >> 8 & 255] ^ T3[c & 255] ^ words[r + 3],
        )

    def last(w, x, y, z, k):
        return (SBOX[w >> 24] << 24 | SBOX[x >> 16 & 255] << 16 | SBOX[y >> 8 & 255] << 8 | SBOX[z & 255]) ^ k

    k = words[56:]
    return struct.pack(">4I", last(a, b, c, d, k[0]), last(b, c, d, a, k[1]), last(c, d, a, b, k[2]), last(d, a, b, c, k[3]))


@functools.lru_cache(maxsize=1 << 14)
def prepared(key):
    """The round keys, and for each four bits of a block what they add to its product with the hash key."""
    words = schedule(key)
    x, powers, tables = int.from_bytes(encrypt(words, bytes(16)), "big"), [], []
    for _ in range(128):
        powers.append(x)
        x = (x >> 1) ^ (0xE1 << 120 if x & 1 else 0)
    for at in range(0, 128, 4):
        table = [0] * 16
        for bits in range(1, 16):
            low = bits & -bits
            table[bits] = table[bits ^ low] ^ powers[at + 4 - low.bit_length()]
        tables.append((124 - at, table))
    return words, tables


def times(tables, y):
    z = 0
    for shift, table in tables:
        z ^= table[y >> shift & 15]
    return z


def unseal(key, parts, sealed):
    """The text, or None when it was not sealed with this key for this place."""
    if sealed is None or len(sealed) < 28:
        return None
    aad = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    nonce, text, tag = sealed[:12], sealed[12:-16], sealed[-16:]
    (words, tables), y = prepared(bytes(key)), 0
    for piece in (aad, text):
        for at in range(0, len(piece), 16):
            y = times(tables, y ^ int.from_bytes(piece[at:at + 16].ljust(16, b"\0"), "big"))
    y = times(tables, y ^ (len(aad) * 8 << 64 | len(text) * 8))
    if (y ^ int.from_bytes(encrypt(words, nonce + b"\0\0\0\1"), "big")).to_bytes(16, "big") != tag:
        return None
    out = bytearray()
    for n, at in enumerate(range(0, len(text), 16), 2):
        pad = encrypt(words, nonce + struct.pack(">I", n))
        out += bytes(a ^ b for a, b in zip(text[at:at + 16], pad))
    return bytes(out)


# ---- the other tools of docs/vault.md


def hmac(key, text):
    return _hmac.new(key, text, hashlib.sha256).digest()


def expand(key, label, context=b""):
    return hmac(key, label.encode() + b"\0" + context + b"\1")


def tag(kind, name):
    return hashlib.sha256(kind.encode() + b"\0" + name.encode()).digest()[:4]


def u32(number):
    return struct.pack(">I", number)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        piece = self.data[self.at:self.at + count]
        if len(piece) < count:
            raise ValueError("too short")
        self.at += count
        return piece

    def number(self, count):
        return int.from_bytes(self.take(count), "big")


# ---- copies


def from_sqlite(folder):
    """Every table of every database: {(database, table): [row as dict]}."""
    tables = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".db"):
            continue
        with tempfile.TemporaryDirectory() as work:
            for end in ("", "-wal"):
                if os.path.exists(os.path.join(folder, name + end)):
                    shutil.copy(os.path.join(folder, name + end), os.path.join(work, name + end))
            db = sqlite3.connect(os.path.join(work, name))
            db.row_factory = sqlite3.Row
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                tables[name[:-3], table] = [dict(row) for row in db.execute(f"SELECT * FROM {table}")]
            db.close()
    return tables


def from_dump(path):
    tables, rows, columns = {}, None, None
    for line in open(path, encoding="utf-8"):
        start = re.match(r"COPY (\w+)\.(\w+) \((.*)\) FROM stdin;", line)
        if start:
            columns = [column.strip() for column in start[3].split(",")]
            rows = tables.setdefault((start[1], start[2]), [])
        elif line.startswith("\\."):
            rows = None
        elif rows is not None:
            rows.append(dict(zip(columns, map(from_text, line.rstrip("\n").split("\t")))))
    return tables


def from_text(text):
    if text == "\\N":
        return None
    if text.startswith("\\\\x"):
        return bytes.fromhex(text[3:])
    return int(text) if re.fullmatch(r"-?\d+", text) else text


def from_backup(folder):
    """The tables of a backup, after docs/backup.md; some have some of their columns only."""
    tables = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".rows"):
            continue
        with open(os.path.join(folder, name), "rb") as file:
            reader = Reader(file.read())
        assert reader.take(13) == b"kepil-rows-1\n"
        while (kind := reader.take(1)) != b"E":
            if kind == b"T":
                table = reader.take(reader.number(4)).decode()
                columns = [reader.take(reader.number(4)).decode() for _ in range(reader.number(4))]
                rows = tables.setdefault((name[:-5], table), [])
            else:
                rows.append({column: value(reader) for column in columns})
    return tables


def value(reader):
    kind = reader.number(1)
    if kind == 0:
        return None
    if kind == 1:
        return int.from_bytes(reader.take(8), "big", signed=True)
    data = reader.take(reader.number(4))
    return data.decode() if kind == 2 else data


def load(path):
    return from_sqlite(path) if os.path.isdir(path) else from_dump(path)


# ---- the adversary


class Adversary:
    def __init__(self, keys, copies, backups=()):
        self.copies, self.backups, self.roots, self.epochs = copies, list(backups), [], {}
        for path in keys:
            data = open(path, "rb").read()
            self.installation, number = data[:16], int.from_bytes(data[16:24], "big")
            if os.path.basename(path).startswith("root"):
                self.roots.append(data[24:])
            else:
                self.epochs[number] = data[24:]
        self.secrets = {}
        for row in self.rows("keys", "secret"):
            place = [self.installation, b"secret", row["name"].encode(), u32(row["version"])]
            for root in self.roots:
                text = unseal(expand(root, "secret"), place, row["sealed"])
                if text is not None:
                    self.secrets[row["name"], row["version"]] = text
        self.opened = []

    def rows(self, database, table):
        return [row for copy in self.copies + self.backups for row in copy.get((database, table), [])]

    def read_journal(self, path):
        """The rows of people and the marks of pieces in a journal of narrowing acts."""
        with open(path, "rb") as file:
            data = file.read()
        at, rows, pieces = 0, [], []
        while (at := data.find(b"kepil/n1", at)) >= 0:
            sealed = data[at + 12 : at + 12 + int.from_bytes(data[at + 8 : at + 12], "big")]
            secret = self.secrets.get(("journal", int.from_bytes(sealed[:4], "big")), bytes(32))
            text = unseal(expand(secret, "narrowed"), [self.installation, b"narrowed"], sealed[4:])
            at += 8
            if text is None:
                continue
            self.opened.append(text)
            reader = Reader(text)
            part = lambda: reader.take(reader.number(4))
            kind, first, second, third = part(), part(), part(), part()
            if kind == b"row":
                rows.append({"handle": second, "rank": third, "standing": part(), "records": part()})
            elif kind == b"piece":
                pieces.append({"id": first, "generation": int.from_bytes(third, "big"), "mark": part()})
        self.backups.append({("journal", "person"): rows, ("contents", "content"): pieces})

    def in_epoch(self, label, place, sealed):
        """Tries the key of every epoch, whatever the row says."""
        for number, key in self.epochs.items():
            under = expand(key, label, struct.pack(">Q", number))
            text = unseal(under, [self.installation, label.encode(), place], sealed)
            if text is not None:
                return text
        return None

    def buckets(self, database, label, own, wanted):
        """The keys of buckets that open, of any generation: {bucket: {(generation, key), …}}."""
        found, seen = {}, set()
        for row in self.rows(database, "bucket"):
            if row["bucket"] in wanted and row["sealed"] not in seen:
                seen.add(row["sealed"])
                text = self.in_epoch(label, u32(row["bucket"]) + u32(row["generation"]), row["sealed"])
                for (name, _), secret in self.secrets.items() if text is not None else ():
                    if name == own:
                        key = hmac(text, expand(secret, own))
                        found.setdefault(row["bucket"], set()).add((row["generation"], key))
        return found

    def rings(self):
        """Every ring that opens: {locator: [part, …]}, older states of it too."""
        buckets = self.buckets("keys", "bucket", "ring", {row["bucket"] for row in self.rows("keys", "ring")})
        found, seen = {}, set()
        for row in self.rows("keys", "ring"):
            if row["sealed"] in seen:
                continue
            seen.add(row["sealed"])
            for generation, key in buckets.get(row["bucket"], ()):
                parts = [self.installation, b"ring", row["locator"], u32(row["bucket"]), u32(generation)]
                text = unseal(key, parts, row["sealed"])
                if text is not None:
                    found.setdefault(row["locator"], []).extend(self.parts(text))
        return found

    @staticmethod
    def parts(text):
        reader, parts = Reader(text), []
        assert reader.number(1) == 2
        for _ in range(reader.number(1)):
            part = {"compartment": reader.take(4), "handle": reader.take(16)}
            part["standing"], part["evidence"] = reader.take(32), reader.take(32)
            part["classes"] = [
                (reader.take(4), reader.number(4), reader.take(32)) for _ in range(reader.number(2))
            ]
            parts.append(part)
        return parts

    def values(self, rings):
        """For each person every value that any state of any of their rows gives: {locator: {field tag: [value, …]}}."""
        rows = {}
        for copy in self.copies + self.backups:
            for (database, table), all_rows in copy.items():
                if table == "person":
                    for row in all_rows:
                        rows.setdefault(row["handle"], set()).add(row["records"])
        people = {}
        for locator, parts in rings.items():
            values = people.setdefault(locator, {})
            for part in parts:
                for records in rows.get(part["handle"], ()):
                    self.open_row(part, records, values)
        return people

    def open_row(self, part, records, values):
        reader = Reader(records)
        while reader.at < len(records):
            which = reader.take(4)
            blob = reader.take(reader.number(4))
            version = int.from_bytes(blob[1:5], "big")
            place = self.installation + part["compartment"] + part["handle"] + which + blob[:5]
            for tag_of, oldest, chain in part["classes"]:
                # Every version that the chain leads to is tried, and older ones by the same key.
                if tag_of != which or version - oldest > 1 << 16:
                    continue
                for _ in range(max(version - oldest, 0)):
                    chain = expand(chain, "next")
                text = unseal(expand(chain, "record"), [place], blob[5:]) if tag_of == which else None
                if text is not None:
                    self.open_record(text, values)

    def open_record(self, text, values):
        self.opened.append(text)
        reader = Reader(text)
        for _ in range(reader.number(2)):
            field = reader.take(4).hex()
            reader.take(5)
            value = reader.take(reader.number(2)).decode()
            if value not in values.setdefault(field, []):
                values[field].append(value)

    def contents(self, rings):
        """Every piece of content that some ring opens."""
        rows = self.rows("contents", "content")
        bits = next((row["value"][0] for row in self.rows("keys", "meta") if row["name"] == "bucket_bits"), 0)
        bucket = lambda row: int.from_bytes(row["id"], "big") >> (128 - bits)
        buckets = self.buckets("contents", "mark bucket", "mark", set(map(bucket, rows)))
        bodies, marks, texts = {}, set(), set()
        for row in rows:
            if "body" in row:
                bodies.setdefault(row["id"], set()).add(row["body"])
            for generation, key in buckets.get(bucket(row), ()) if "mark" in row else ():
                mark = unseal(key, [self.installation, b"mark", row["id"], u32(generation)], row["mark"])
                if mark is not None:
                    self.opened.append(mark)
                    marks.add((row["id"], mark))
        for name, mark in marks:
            reader = Reader(mark)
            assert reader.number(1) == 2
            reader.take(1)
            address = reader.take(16)
            reader.take(20)
            for _ in range(2):
                reader.take(1)
                who, wrapped = reader.take(16), reader.take(reader.number(4))
                for part in rings.get(who, ()):
                    for _, _, chain in part["classes"]:
                        place = [self.installation, b"content", address]
                        key = unseal(expand(chain, "content"), place + [b"key"], wrapped)
                        for body in bodies.get(name, ()) if key is not None else ():
                            text = unseal(key, place + [b"body"], body)
                            if text is not None:
                                texts.add(Reader(text[4:]).take(int.from_bytes(text[:4], "big")).decode())
        return sorted(texts)

    def look_up(self, field, value):
        """Whose the value is, by the index, in each copy: a locator, None for nobody, "sealed" when the page does not open."""
        which, answers = tag("field", field), []
        first = self.link(which, 1, value.encode())
        for copy in self.copies:
            bits = next(row["value"][0] for row in copy["keys", "meta"] if row["name"] == "page_bits")
            page = int.from_bytes(first[:2], "big") >> (16 - bits)
            answer = "absent"
            for row in copy["keys", "index_page"]:
                if (u32(row["field"]), row["page"]) == (which, page):
                    text = self.in_epoch("index", which + u32(page) + u32(row["secret"]), row["sealed"])
                    term = first
                    for version in range(2, row["secret"] + 1):
                        term = self.link(which, version, term)
                    answer = "sealed" if text is None else self.entry(text, term)
            answers.append(answer)
        return answers

    def link(self, which, version, text):
        """What one version of the field key makes of a value, or of what the version before it made. Without it: nothing."""
        secret = self.secrets.get(("field", version), bytes(32))
        return hmac(expand(secret, "field", which), text)[:16]

    @staticmethod
    def entry(text, short):
        reader = Reader(text)
        assert reader.number(1) == 1
        for _ in range(reader.number(4)):
            found, locator = reader.take(16), reader.take(16)
            if found == short:
                return locator.hex()
        return None

    def other(self):
        """Everything else that opens without a token: tickets and notes."""
        for row in self.rows("system", "ticket"):
            text = self.in_epoch("ticket", struct.pack(">q", row["kind"]) + row["id"], row["sealed"])
            self.opened += [text] if text is not None else []
        for copy in self.copies:
            for (database, table), rows in copy.items():
                if table == "worn":
                    for row in rows:
                        text = self.in_epoch("worn", row["handle"], row["sealed"])
                        self.opened += [text] if text is not None else []

    def pages_that_stand_out(self):
        """Pages of the index that changed between two copies while others did not, or of a length that others do not have."""
        odd, before = set(), None
        for copy in self.copies:
            pages = {(row["field"], row["page"]): row["sealed"] for row in copy["keys", "index_page"]}
            for field in {field for field, _ in pages}:
                own = {at: sealed for at, sealed in pages.items() if at[0] == field}
                usual = max(map(len, own.values()), key=list(map(len, own.values())).count)
                odd |= {at for at, sealed in own.items() if len(sealed) != usual}
                changed = {at for at, sealed in own.items() if before and before.get(at) != sealed}
                odd |= changed if len(changed) < len(own) else set()
            before = pages
        return sorted(odd)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--key", action="append", required=True)
    parser.add_argument("--dictionary")
    parser.add_argument("--backup", action="append", default=[])
    parser.add_argument("--journal", action="append", default=[])
    parser.add_argument("copy", nargs="+")
    args = parser.parse_args()
    copies = [load(path) for path in args.copy]
    adversary = Adversary(args.key, copies, map(from_backup, args.backup))
    for path in args.journal:
        adversary.read_journal(path)
    rings = adversary.rings()
    people = adversary.values(rings)
    contents = adversary.contents(rings)
    adversary.other()
    listed = [{row["locator"] for row in copy.get(("keys", "ring"), [])} for copy in copies]
    gone = set.union(*listed) - listed[-1]
    found = {}
    for line in open(args.dictionary, encoding="utf-8") if args.dictionary else ():
        field, value = line.rstrip("\n").split("\t")
        found[value] = adversary.look_up(field, value)
    print(json.dumps({
        "people": [{"locator": locator.hex(), "values": sorted(sum(values.values(), []))} for locator, values in people.items()],
        "contents": contents,
        "gone": sorted(locator.hex() for locator in gone),
        "opened": len(adversary.opened),
        "speak_of_gone": sum(any(locator in text for locator in gone) for text in adversary.opened),
        "index": found,
        "pages_that_stand_out": adversary.pages_that_stand_out(),
    }, ensure_ascii=False))


if __name__ == "__main__":
    main()
