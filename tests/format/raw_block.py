# SPDX-License-Identifier: Apache-2.0
"""Writes blocks as they are told, also such as no careful writer makes: chunks of a series that
overlap or come in no order."""
import json
import struct

ENCODING_XOR = 1


def crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = crc_table()


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xff]
    return struct.pack(">I", crc ^ 0xffffffff)


def uvarint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def varint(value):
    return uvarint(value << 1 ^ value >> 63)


def read_uvarint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def chunk_records(segment):
    """[(encoding, data)] of a chunk segment, in the order of the file."""
    content, at, records = segment.read_bytes(), 8, []
    while at < len(content):
        size, at = read_uvarint(content, at)
        records.append((content[at], content[at + 1:at + 1 + size]))
        at += 1 + size + 4
    return records


def index_content(path):
    """What is in an index, whether or not it has the label indices that old versions wrote: the bytes
    of symbols and series, and the postings list of each label."""
    data = path.read_bytes()
    toc = struct.unpack(">6Q", data[-52:-4])
    postings, at = {}, toc[5] + 8
    for _ in range(struct.unpack(">I", data[toc[5] + 4:at])[0]):
        pair = []
        for _ in range(2):
            size, at = read_uvarint(data, at + (not pair))  # before the name, a count: 2
            pair.append(data[at:at + size])
            at += size
        start, at = read_uvarint(data, at)
        size, count = struct.unpack(">II", data[start:start + 8])
        postings[tuple(pair)] = struct.unpack(f">{count}I", data[start + 8:start + 4 + size])
    return data[:toc[2]], postings


def framed(content):
    """A section: its length, the content, a CRC."""
    return struct.pack(">I", len(content)) + content + crc32c(content)


def text(value):
    return uvarint(len(value.encode())) + value.encode()


def aligned(out, size):
    out += bytes(-len(out) % size)


def series_entry(labels, chunks, symbols):
    content = uvarint(len(labels))
    for pair in sorted(labels.items()):
        content += b"".join(uvarint(symbols.index(word)) for word in pair)
    content += uvarint(len(chunks))
    last = None
    for ref, low, high in chunks:
        if last is None:
            content += varint(low) + uvarint(high - low) + uvarint(ref)
        else:
            content += uvarint(low - last[2]) + uvarint(high - low) + varint(ref - last[0])
        last = ref, low, high
    return uvarint(len(content)) + content + crc32c(content)


def write_block(folder, ulid, series):
    """A block of series [(labels, [(first time, last time, encoding, data)])], chunks in the order
    given; returns its folder."""
    block = folder / ulid
    (block / "chunks").mkdir(parents=True)
    segment = bytearray(struct.pack(">IBxxx", 0x85bd40dd, 1))
    index = bytearray(struct.pack(">IB", 0xbaaad700, 2))
    symbols = sorted({word for labels, _ in series for pair in labels.items() for word in pair},
                     key=str.encode)
    toc = [len(index)]
    index += framed(struct.pack(">I", len(symbols)) + b"".join(map(text, symbols)))
    toc.append(len(index))
    postings = {("", ""): []}
    for labels, chunks in sorted(series, key=lambda one: sorted(one[0].items())):
        metas = []
        for low, high, encoding, data in chunks:
            metas.append((len(segment), low, high))
            record = bytes([encoding]) + data
            segment += uvarint(len(data)) + record + crc32c(record)
        aligned(index, 16)
        for pair in [("", ""), *labels.items()]:
            postings.setdefault(pair, []).append(len(index) // 16)
        index += series_entry(labels, metas, symbols)
    toc += [len(index), 0]
    aligned(index, 4)
    toc.append(len(index))
    table = struct.pack(">I", len(postings))
    for (name, value), refs in sorted(postings.items()):
        table += uvarint(2) + text(name) + text(value) + uvarint(len(index))
        index += framed(struct.pack(f">{len(refs) + 1}I", len(refs), *refs))
    toc[3] = len(index)
    toc.append(len(index))
    index += framed(table)
    offsets = struct.pack(">6Q", *toc)
    index += offsets + crc32c(offsets)
    (block / "index").write_bytes(index)
    (block / "chunks" / "000001").write_bytes(segment)
    everything = [chunk for _, chunks in series for chunk in chunks]
    (block / "meta.json").write_text(json.dumps({
        "ulid": ulid, "minTime": min(c[0] for c in everything),
        "maxTime": max(c[1] for c in everything) + 1, "version": 1,
        "stats": {"numSeries": len(series), "numChunks": len(everything), "numSamples": 1},
        "compaction": {"level": 1, "sources": [ulid]}}))
    return block
