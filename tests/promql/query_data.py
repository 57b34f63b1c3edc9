# SPDX-License-Identifier: Apache-2.0
"""The series that generated queries are about: one or more of every kind that PromQL treats apart."""
import json
import math
import random

from peers import run
from series_maker import STALE, bits, histogram_series

START, HOURS, STEP = 1_780_272_000, 3, 15  # seconds, but for HOURS
END = START + HOURS * 3600
SPECIAL = ["7ff8000000000001", "7ff0000000000000", "fff0000000000000", "8000000000000000", "0",
           "7fefffffffffffff", "7e37e43c8800759c", "1", "4000000000000000"]

COUNTERS = ["http_requests_total", "resetting_total"]
GAUGES = ["memory_bytes", "temperature", "up", "constant", "ends", "gaps", "sparse", "special",
          "dotted.name"]
CLASSIC = ["latency_bucket"]
HISTOGRAMS = ["nh_counter", "nh_float", "nh_gauge", "nh_changing", "nh_custom", "nh_custom_changing"]
MIXED = ["mixed", "mixed_kinds"]
INFOS = ["target_info", "build_info"]
METRICS = COUNTERS + GAUGES + CLASSIC + HISTOGRAMS + MIXED + INFOS
LABELS = {"job": ["api", "web"], "instance": ["a:1", "b:2"], "code": ["200", "404", "500"],
          "le": ["0.1", "1", "5", "+Inf"], "version": ["1", "2"], "zone": ["east", "west"]}
OF_METRIC = {"http_requests_total": ["job", "instance", "code"], "memory_bytes": ["job", "instance"],
             "up": ["job", "instance"], "latency_bucket": ["job", "le"], "ends": ["job"],
             "dotted.name": ["job"], "target_info": ["job", "instance", "version"],
             "build_info": ["job", "version"], **dict.fromkeys(HISTOGRAMS + MIXED, ["job"])}


class Maker:
    """Makes the samples of series, all of them from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.series = []

    def add(self, name, samples, **labels):
        self.series.append({"labels": {"__name__": name, **labels}, "samples": samples})

    def times(self, jitter=0, every=STEP):
        """In milliseconds; each series has a phase of its own, or is aligned to the full step."""
        phase = self.random.choice([0, 0, self.random.randrange(every * 1000)])
        times = range(START * 1000 + phase, END * 1000, every * 1000)
        return [t + (self.random.randrange(jitter) if jitter else 0) for t in times]

    def counter(self, reset=0.0, jitter=0, whole=True):
        value, samples = 0.0, []
        for time in self.times(jitter):
            value += self.random.randrange(20) if whole else self.random.expovariate(1)
            if self.random.random() < reset:
                value = float(self.random.randrange(3))
            samples.append([time, bits(value)])
        return samples

    def walk(self, around, width, **times):
        value, samples = around, []
        for time in self.times(**times):
            value += self.random.gauss(0, width) + (around - value) * 0.02
            samples.append([time, bits(value)])
        return samples

    def gaps(self):
        """Stale for some time now and then, and away for some time now and then."""
        kept, is_away = [], False
        for sample in self.walk(50.0, 3.0):
            if self.random.random() < 0.02:
                is_away = not is_away
                if is_away and self.random.random() < 0.7:
                    kept.append([sample[0], STALE])
                    continue
            if not is_away:
                kept.append(sample)
        return kept

    def floats(self):
        for job in LABELS["job"]:
            for instance in LABELS["instance"]:
                labels = {"job": job, "instance": instance}
                for code in LABELS["code"]:
                    self.add("http_requests_total", self.counter(0.002, 900), **labels, code=code)
                self.add("memory_bytes", self.walk(1e9, 1e7), **labels)
                self.add("up", [[t, bits(float(self.random.random() > 0.05))] for t in self.times()],
                         **labels)
            for le in LABELS["le"]:
                self.add("latency_bucket", self.counter(), job=job, le=le)
        for n, instance in enumerate(LABELS["instance"]):
            self.add("resetting_total", self.counter(0.1, whole=False), instance=instance)
            self.add("temperature", self.walk(5.0, 2.0, jitter=4000), instance=instance)
            self.add("constant", [[t, bits(7.5 * n)] for t in self.times()], instance=instance)
            self.add("gaps", self.gaps(), instance=instance)
            self.add("sparse", self.walk(0.0, 1.0, every=250 + 120 * n), instance=instance)
            self.add("special", [[t, self.random.choice(SPECIAL)] for t in self.times()],
                     instance=instance)
        self.add("ends", self.walk(math.pi, 0.1)[:250] + [[END * 1000 - 3_600_000, STALE]], job="api")
        self.add("dotted.name", self.walk(0.5, 0.1), **{"job": "api", "label.with-dots": "x"})

    def infos(self):
        """What info() adds: labels that change in time, some that series have already, and none for
        some series."""
        half = (START + END) * 500
        for job in LABELS["job"]:
            zone = LABELS["zone"][job == "web"]
            for instance in LABELS["instance"]:
                ones = [[t, bits(1.0)] for t in self.times()]
                identity = {"job": job, "instance": instance}
                self.add("target_info", [s for s in ones if s[0] < half], **identity, version="1",
                         zone=zone)
                if (job, instance) != ("web", "b:2"):
                    self.add("target_info", [s for s in ones if s[0] >= half], **identity,
                             version="2", zone=zone, code="of the target")
            self.add("build_info", [[t, bits(1.0)] for t in self.times(every=60)], job=job,
                     instance="a:1", version="1", revision=f"r-{job}")

    def histograms(self):
        def make(kind, **options):
            return histogram_series(self.random, self.times(), kind, **options)

        for job in LABELS["job"]:
            self.add("nh_counter", make("int", only_growing=True), job=job)
            self.add("nh_float", make("float", only_growing=True), job=job)
            self.add("nh_custom", make("int", custom=True, only_growing=True), job=job)
            self.add("nh_gauge", make("float_gauge", only_growing=True), job=job)
        self.add("nh_changing", make("int"), job="api")
        self.add("nh_custom_changing", make("float", custom=True), job="api")
        floats, histograms = self.walk(10.0, 1.0), make("int", only_growing=True)
        self.add("mixed", [s for pair in zip(floats[::40], histograms[20::40]) for s in pair],
                 job="api")
        third = len(floats) // 3
        self.add("mixed_kinds", floats[:third] + histograms[third:2 * third]
                 + make("int", custom=True)[2 * third:], job="web")


def write_blocks(block_tool, folder, seed=1):
    """Blocks of an hour each, of all series."""
    maker = Maker(seed)
    maker.floats()
    maker.histograms()
    maker.infos()
    for hour in range(HOURS):
        begin = (START + hour * 3600) * 1000
        lines = []
        for series in maker.series:
            samples = [s for s in series["samples"] if begin <= time_of(s) < begin + 3_600_000]
            if samples:
                lines.append(json.dumps({**series, "samples": sorted(samples, key=time_of)}) + "\n")
        run(block_tool, "write", folder, text="".join(lines))
    return folder


def time_of(sample):
    return sample[0] if isinstance(sample, list) else sample["t"]
