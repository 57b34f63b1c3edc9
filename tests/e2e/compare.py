# SPDX-License-Identifier: Apache-2.0
"""Compares two answers of the Prometheus API: the same series, times and values."""
import math

TOLERANCE = 1e-12


def same_number(a, b):
    x, y = float(a), float(b)
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    if x == y:
        return True
    return abs(x - y) <= TOLERANCE * max(abs(x), abs(y))


def points(series):
    values = series["values"] if "values" in series else [series["value"]] if "value" in series else []
    return [(float(t), v) for t, v in values]


def by_labels(result, without):
    table = {}
    for series in result:
        labels = tuple(sorted((k, v) for k, v in series["metric"].items() if k not in without))
        assert labels not in table, f"series appears twice: {dict(labels)}"
        table[labels] = points(series)
    return table


def differences(ours, theirs, without=()):
    """What differs between two `data` members, as texts; labels in `without` are left out of account."""
    if ours["resultType"] != theirs["resultType"]:
        return [f"resultType {ours['resultType']} instead of {theirs['resultType']}"]
    if ours["resultType"] in ("scalar", "string"):
        (t1, v1), (t2, v2) = ours["result"], theirs["result"]
        same = same_number(v1, v2) if ours["resultType"] == "scalar" else v1 == v2
        return [] if float(t1) == float(t2) and same else [f"{ours['result']} != {theirs['result']}"]
    a, b = by_labels(ours["result"], without), by_labels(theirs["result"], without)
    found = [f"missing series {dict(k)}" for k in b.keys() - a.keys()]
    found += [f"extra series {dict(k)}" for k in a.keys() - b.keys()]
    for labels in a.keys() & b.keys():
        found += point_differences(dict(labels), a[labels], b[labels])
    return found


def point_differences(labels, a, b):
    times_a, times_b = {t for t, _ in a}, {t for t, _ in b}
    if times_a != times_b:
        only = sorted(times_a ^ times_b)[:3]
        return [f"{labels}: {len(a)} points instead of {len(b)}, e.g. at {only}"]
    return [f"{labels} at {t}: {v} instead of {w}" for (t, v), (_, w) in zip(a, b)
            if not same_number(v, w)][:1]
