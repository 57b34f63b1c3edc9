# SPDX-License-Identifier: Apache-2.0
"""Sends series in the schema of docs/formats/dump.md to a Prometheus by remote write 1.0."""
import struct

from series_maker import number


def varint(value):
    out = bytearray()
    value &= (1 << 64) - 1
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return varint(value << 1 ^ value >> 63)


def field(tag, wire, content):
    return varint(tag << 3 | wire) + content


def nested(tag, content):
    return field(tag, 2, varint(len(content)) + content)


def double(tag, value):
    return field(tag, 1, struct.pack("<d", value))


def double_bits(tag, text):
    return field(tag, 1, struct.pack("<Q", int(text, 16)))


def label(name, value):
    return nested(1, nested(1, name.encode()) + nested(2, value.encode()))


def span(tag, offset, length):
    return nested(tag, field(1, 0, zigzag(offset)) + field(2, 0, varint(length)))


def side(tag, spans, counts, integers):
    """The three fields of one sign: spans, deltas, absolute counts."""
    counts = [number(count) for count in counts or []]
    out = b"".join(span(tag, *s) for s in spans or [])
    if integers:
        deltas = [int(c - b) for b, c in zip([0, *counts], counts)]
        return out + nested(tag + 1, b"".join(map(zigzag, deltas)))
    return out + nested(tag + 2, b"".join(struct.pack("<d", c) for c in counts))


def histogram(sample):
    h, integers = sample["h"], "int" in sample
    count, zeros = number(h["count"]), number(h["zc"])
    out = field(1, 0, varint(int(count))) if integers else double(2, count)
    out += double_bits(3, h["sum"]) + field(4, 0, zigzag(h["schema"])) + double_bits(5, h["zt"])
    out += field(6, 0, varint(int(zeros))) if integers else double(7, zeros)
    out += side(8, h["ns"], h["nb"], integers) + side(11, h["ps"], h["pb"], integers)
    out += field(14, 0, varint(h["hint"])) + field(15, 0, varint(sample["t"]))
    return out + nested(16, b"".join(struct.pack("<d", number(v)) for v in h["cv"] or []))


def time_series(series):
    out = b"".join(label(*pair) for pair in sorted(series["labels"].items()))
    for sample in series["samples"]:
        if isinstance(sample, list):
            out += nested(2, double_bits(1, sample[1]) + field(2, 0, varint(sample[0])))
        else:
            out += nested(4, histogram(sample))
    return nested(1, out)


def snappy(data):
    """Snappy's block format without compression: literals of at most 64 KiB."""
    out = bytearray(varint(len(data)))
    for at in range(0, len(data), 1 << 16):
        piece = data[at:at + (1 << 16)]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


def send(server, series, window=1_800_000):
    """Sends everything in order of time, as a head refuses what is much older than its newest. Of one
    series floats must come before histograms, and these before float histograms: a head takes the
    samples of one request in this order."""
    times = [time_of(sample) for one in series for sample in one["samples"]]
    for start in range(min(times), max(times) + 1, window):
        body = b""
        for one in series:
            samples = [s for s in one["samples"] if start <= time_of(s) < start + window]
            body += time_series({"labels": one["labels"], "samples": samples}) if samples else b""
        server.send("/api/v1/write", snappy(body), {
            "Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0"})


def time_of(sample):
    return sample[0] if isinstance(sample, list) else sample["t"]
