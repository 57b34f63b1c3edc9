#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A file may include its own floor's headers and those of the floors below it, nothing else."""
import re

import common

FLOORS = {
    "base": 0,
    "http": 1, "discovery": 1, "cache": 1, "model": 1,
    "chunkenc": 2,
    "tsdb": 3, "objstore": 3,
    "dedup": 4, "downsample": 4, "blocks": 4,
    "compact": 5, "store": 5, "promql": 5,
    "rpc": 6, "query": 6,
    "api": 7, "frontend": 7,
    "capi": 8, "tools": 8,
}

# Public headers live together; each belongs to the floor that implements or defines it.
PUBLIC = {
    "status": "base", "bytes": "base", "context": "base", "executor": "base", "log": "base",
    "metrics": "base",
    "labels": "model", "matcher": "model", "histogram": "model", "samples": "model",
    "time_range": "model", "ulid": "model", "queryable": "model",
    "chunk": "chunkenc",
    "block": "tsdb", "block_deletion": "tsdb", "block_meta": "tsdb", "block_writer": "tsdb",
    "bucket": "objstore",
    "store": "store",
    "promql": "promql",
}

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def floor_of_file(path):
    if path.parts[0] == "lib":
        return path.parts[1]
    if path.parts[0] in ("capi", "tools"):
        return path.parts[0]
    if path.parts[:2] == ("include", "mnemo"):
        return PUBLIC.get(path.stem, f"unknown public header {path.name}")
    return None  # tests, examples and benchmarks may include everything


def floor_of_include(name):
    first, _, rest = name.partition("/")
    if first == "mnemo":
        return PUBLIC.get(rest.removesuffix(".hpp"), f"unknown public header {rest}")
    return first if first in FLOORS and rest else None


problems = []
for path in common.files(".hpp", ".cpp", ".h"):
    own = floor_of_file(path)
    if own is None:
        continue
    if own not in FLOORS:
        problems.append(f"{path}: belongs to no floor ({own}); add it to tests/checks/floors.py")
        continue
    for name in INCLUDE.findall((common.ROOT / path).read_text()):
        other = floor_of_include(name)
        if other is None or other == own:
            continue
        if other not in FLOORS or FLOORS[other] >= FLOORS[own]:
            problems.append(f"{path}: includes {name}: {own} stands on floor {FLOORS[own]}, "
                            f"{other} on {FLOORS.get(other, '?')}")
common.finish(problems)
