# SPDX-License-Identifier: Apache-2.0
"""Random series of every kind, in the schema of docs/formats/dump.md, and what is the same of two
samples whatever the layout of their buckets."""
import math
import struct

STALE = "7ff0000000000002"
CUSTOM = -53


def bits(number):
    return f"{struct.unpack('>Q', struct.pack('>d', number))[0]:x}"


def number(text):
    return struct.unpack(">d", struct.pack(">Q", int(text, 16)))[0]


def spans_of(indexes):
    """Spans [offset, length] over sorted bucket indexes."""
    spans, end = [], None
    for index in indexes:
        if end is not None and index == end:
            spans[-1][1] += 1
        else:
            spans.append([index if end is None else index - end, 1])
        end = index + 1
    return spans


def indexes_of(spans):
    indexes, at = [], 0
    for offset, length in spans or []:
        at += offset
        indexes += range(at, at + length)
        at += length
    return indexes


def normal(sample):
    """A sample without what a chunk may change: hints, empty buckets, how spans are cut."""
    if isinstance(sample, list):
        return sample[0], sample[1]
    h = sample["h"]
    if h["sum"] == STALE:
        return sample["t"], "int" in sample, STALE
    buckets = [[(i, c) for i, c in zip(indexes_of(h[s]), h[b] or []) if number(c) != 0]
               for s, b in (("ps", "pb"), ("ns", "nb"))]
    return (sample["t"], "int" in sample, h["schema"], h["zt"], h["zc"], h["count"], h["sum"],
            h.get("cv") or None, *buckets)


def float_series(random, times):
    """Floats with every awkward value; [time, bits]."""
    awkward = [STALE, "7ff8000000000001", "7ff0000000000000", "fff0000000000000", "8000000000000000",
               "0", "1", "7fefffffffffffff", "10000000000000"]
    value, samples = 0.0, []
    for time in times:
        kind = random.random()
        if kind < 0.1:
            samples.append([time, random.choice(awkward)])
            continue
        value = random.uniform(-1e9, 1e9) if kind < 0.2 else value + random.randrange(100)
        samples.append([time, bits(value)])
    return samples


class Buckets:
    """The buckets of one sign, as they count up."""

    def __init__(self, random):
        self.random = random
        self.counts = {}

    def observe(self, widest):
        for _ in range(self.random.randrange(6)):
            index = min(widest, max(-widest, int(self.random.gauss(0, widest / 3))))
            self.counts[index] = self.counts.get(index, 0) + self.random.randrange(1, 50)

    def layout(self, scale, keep_empty):
        """Spans and absolute counts; some buckets without observations are named, too."""
        indexes = set(self.counts)
        if keep_empty and indexes:
            indexes.add(max(indexes) + 1 + self.random.randrange(3))
        ordered = sorted(indexes)
        return spans_of(ordered), [self.counts.get(i, 0) * scale for i in ordered]


def histogram_series(random, times, kind, custom=False, only_growing=False, empty_buckets=True):
    """Histograms of a `kind` ("int" or "float", "gauge" in the name for gauges) whose buckets come
    and go; schema, zero threshold and boundaries change, counters are reset, and series end. Some name
    buckets that are empty, unless that is not wanted."""
    scale = 0.5 if "float" in kind else 1
    samples = []
    schema, threshold, custom_values = random.randrange(-2, 5), 2.0 ** -128, [0.1, 1.0, 2.5, 10.0]
    positive, negative, zeros = Buckets(random), Buckets(random), 0
    for time in times:
        change = 1 if only_growing else random.random()
        if change < 0.02:
            samples.append({"t": time, "h": stale(kind, custom)})
            continue
        if change < 0.05 or "gauge" in kind and change < 0.4:
            positive, negative, zeros = Buckets(random), Buckets(random), 0
        elif change < 0.07:
            schema, threshold = random.randrange(-2, 5), random.choice([0.0, 2.0 ** -128, 1e-3, 0.5])
            custom_values = sorted(random.sample([0.01, 0.1, 1.0, 2.5, 5.0, 10.0], 4))
        if custom:
            positive.observe(4)
            positive.counts = {i: c for i, c in positive.counts.items() if 0 <= i <= 4}
        else:
            positive.observe(15)
            if random.random() < 0.7:
                negative.observe(5)
            zeros += random.choice([0, 0, 1, 7])
        ps, pb = positive.layout(scale, empty_buckets and not custom and random.random() < 0.2)
        ns, nb = negative.layout(scale, False)
        h = {"hint": 3 if "gauge" in kind else 0, "schema": CUSTOM if custom else schema,
             "zt": bits(0.0 if custom else threshold), "zc": bits(zeros * scale),
             "count": bits(sum(pb) + sum(nb) + zeros * scale), "sum": bits(random.uniform(-1e3, 1e6)),
             "ps": ps or None, "pb": [bits(float(c)) for c in pb] or None,
             "ns": ns or None, "nb": [bits(float(c)) for c in nb] or None,
             "cv": [bits(v) for v in custom_values] if custom else None}
        samples.append({"t": time, "h": h})
    for sample in samples:
        if "float" not in kind:
            sample["int"] = True
    return samples


def stale(kind, custom):
    empty = dict.fromkeys(("ps", "pb", "ns", "nb", "cv"))
    return {"hint": 3 if "gauge" in kind else 0, "schema": 0, "zt": "0", "zc": "0", "count": "0",
            "sum": STALE, **empty}


def make_series(random, start, end, step, empty_buckets=True):
    """Every kind of series between two times in milliseconds."""
    def times(jitter=0):
        return [t + random.randrange(-jitter, jitter + 1)
                for t in range(start + jitter, end - jitter, step)]

    def series(name, samples, **labels):
        return {"labels": {"__name__": name, **labels}, "samples": samples}

    def histograms(times, kind, **options):
        return histogram_series(random, times, kind, empty_buckets=empty_buckets, **options)

    result = [series("floats", float_series(random, times(jitter)), jitter=str(jitter))
              for jitter in (0, 1, 4000)]
    for kind in ("int", "float", "int_gauge", "float_gauge"):
        for number_of in range(3):
            result.append(series(f"histograms_{kind}", histograms(times(number_of * 200), kind),
                                 n=str(number_of)))
        result.append(series(f"growing_{kind}", histograms(times(), kind, only_growing=True)))
    for kind in ("int", "float"):
        result.append(series(f"custom_{kind}", histograms(times(), kind, custom=True)))
    mixed = times()
    third = len(mixed) // 3
    result.append(series("mixed", float_series(random, mixed[:third])
                         + histograms(mixed[third:2 * third], "int")
                         + histograms(mixed[2 * third:], "float")))
    result.append(series("ends", [[t, bits(math.pi)] for t in times()[:7]] + [[end - 1, STALE]]))
    return result
