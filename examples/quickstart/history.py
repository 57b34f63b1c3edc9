#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints history in OpenMetrics: history.py REPLICA START END (seconds since the epoch).

Replica b sees the same as replica a, a few seconds later, and was down for half an hour.
"""
import math
import sys

STEP = 15
replica, start, end = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
offset = 6.431 if replica == "b" else 0.0
outage = range(start + 30000, start + 31800) if replica == "b" else range(0)


def samples(value):
    return ((t + offset, value(t)) for t in range(start, end, STEP) if t not in outage)


print("# TYPE http_requests counter")
for instance in (1, 2):
    for code, rate in (("200", 12), ("500", 1)):
        labels = f'job="api",instance="10.0.0.{instance}:80",code="{code}"'
        for t, value in samples(lambda t: (t - start) * rate * instance // 4):
            print(f"http_requests_total{{{labels}}} {value} {t:.3f}")
print("# TYPE temperature_celsius gauge")
for room in ("attic", "cellar"):
    for t, value in samples(lambda t: 18 + 6 * math.sin(t / 13750 + len(room))):
        print(f'temperature_celsius{{room="{room}"}} {value:.2f} {t:.3f}')
print("# EOF")
