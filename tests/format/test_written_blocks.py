# SPDX-License-Identifier: Apache-2.0
"""Blocks that we make of samples, and by merging: real Prometheus servers give back exactly what went
in."""
import json
import random

import pytest

from blocks import END, START, blocks_of, check_dump_is_promtools, content, dump, merged
from peers import Server, check_answers, data_directory, need, run
from remote_write import time_of
from series_maker import STALE, indexes_of, make_series, normal, number

FIRST = START * 1000
HOURS = 3 * 3_600_000


def shuffled_lines(rng, series):
    """The series in lines of some samples each, in no order, a part of the samples late, and some
    twice."""
    pieces = []
    for one in series:
        samples = list(one["samples"])
        if rng.random() < 0.5:
            rng.shuffle(samples)
        for at in range(0, len(samples), 100):
            pieces.append({"labels": one["labels"], "samples": samples[at:at + 100]})
    pieces += [{"labels": piece["labels"], "samples": piece["samples"][:10]} for piece in pieces[::7]]
    rng.shuffle(pieces)
    return "".join(json.dumps(piece) + "\n" for piece in pieces)


def awkward_series(rng):
    """Names and values that are allowed and rare, and many series with few samples."""
    result = [
        {"labels": {"__name__": "température.°C", "ünï.çödé": "☃", "quote\"d": "a\\b\n\"c\""},
         "samples": [[FIRST + i * 30_000, f"{rng.getrandbits(64) & ~(1 << 62):x}"]
                     for i in range(300)]},
        {"labels": {"__name__": "long_values", "v": "x" * 70_000,
                    **{f"l{i:03}": f"{i}" for i in range(60)}},
         "samples": [[FIRST + 5, "3ff0000000000000"]]},
        {"labels": {"only": "a label"}, "samples": [[FIRST + 7, "8000000000000000"]]},
    ]
    for i in range(3000):
        result.append({"labels": {"__name__": "many", "i": f"{i}", "odd": "yes" if i % 2 else ""},
                       "samples": [[FIRST + i + j * 60_000, f"{0x3ff0000000000000 + i:x}"]
                                   for j in range(i % 4 + 1)]})
    return result


class WrittenBlock:
    def __init__(self, block, series):
        self.block, self.series = block, series


@pytest.fixture(scope="session")
def written(block_tool, tmp_path_factory):
    rng = random.Random(5)
    series = make_series(rng, FIRST + 1000, FIRST + HOURS, 30_000) + awkward_series(rng)
    folder = tmp_path_factory.mktemp("written")
    block = folder / run(block_tool, "write", folder, text=shuffled_lines(rng, series)).strip()
    for one in series:
        one["labels"] = {name: value for name, value in one["labels"].items() if value}
    return WrittenBlock(block, series)


@pytest.fixture(scope="session")
def in_segments(written, block_tool):
    """The same block in chunk segments of 16 KiB."""
    folder = written.block.parent / "segments"
    folder.mkdir()
    block = folder / run(block_tool, "segments", "16384", folder, written.block).strip()
    assert len(list((block / "chunks").iterdir())) > 5
    return WrittenBlock(block, written.series)


def test_a_written_block_holds_what_went_in(written, mnemo):
    found = content(mnemo, written.block)
    assert len(found) == len(written.series)
    for one in written.series:
        ours = found[tuple(sorted(one["labels"].items()))]
        assert [normal(s) for s in ours] == [normal(s) for s in one["samples"]], one["labels"]


def test_a_written_block_is_dumped_as_by_promtool(written, mnemo, tmp_path):
    check_dump_is_promtools(mnemo, data_directory(tmp_path / "data", [written.block]))


def test_a_block_in_many_segments_is_dumped_as_in_one(written, in_segments, mnemo):
    assert dump(mnemo, in_segments.block).splitlines() == dump(mnemo, written.block).splitlines()


def counts_of(h):
    """What buckets hold, from the lowest to the highest, those that hold nothing left out."""
    def side(spans, buckets):
        return [number(c) for _, c in sorted(zip(indexes_of(h[spans]), h[buckets] or []))]
    zero = [number(h["zc"])]
    return [c for c in side("ns", "nb")[::-1] + zero + side("ps", "pb") if c]


def expected_answer(samples):
    """What a range selector gives of samples: floats and histograms, without stale markers."""
    floats = [(s[0], s[1]) for s in samples if isinstance(s, list) and s[1] != STALE]
    histograms = [(s["t"], number(s["h"]["count"]), number(s["h"]["sum"]), counts_of(s["h"]))
                  for s in samples if not isinstance(s, list) and s["h"]["sum"] != STALE]
    return floats, histograms


def milliseconds(text):
    return round(float(text) * 1000)


def given_answer(series):
    floats = [(milliseconds(t), float(v)) for t, v in series.get("values", [])]
    histograms = [(milliseconds(t), float(h["count"]), float(h["sum"]),
                   [float(bucket[3]) for bucket in h.get("buckets", [])])
                  for t, h in series.get("histograms", [])]
    return floats, histograms


def same_floats(given, expected):
    """NaNs but the stale marker are all printed alike."""
    return len(given) == len(expected) and all(
        t == u and (v == (w := number(b)) and str(v) == str(w) or v != v and w != w)
        for (t, v), (u, b) in zip(given, expected))


def check_served(server, series):
    names = sorted({one["labels"].get("__name__", "") for one in series})
    by_labels = {tuple(sorted(one["labels"].items())): one["samples"] for one in series}
    for name in names:
        answer = server.query(f'{{__name__="{name}",x=""}}[6h]' if name else '{only="a label"}[6h]',
                              (FIRST + HOURS) / 1000)
        assert answer, name
        for one in answer:
            floats, histograms = expected_answer(by_labels.pop(tuple(sorted(one["metric"].items()))))
            given = given_answer(one)
            assert same_floats(given[0], floats), one["metric"]
            assert given[1] == histograms, one["metric"]
    # A series of stale markers alone would have no answer; there is none.
    assert not by_labels


@pytest.mark.parametrize("major, block", [(2, "written"), (3, "written"), (3, "in_segments")])
def test_a_written_block_is_served_as_it_went_in(tmp_path, major, block, request):
    made = request.getfixturevalue(block)
    series = made.series
    if major == 2:  # it doesn't know custom buckets
        series = [one for one in series if not one["labels"].get("__name__", "").startswith("custom")]
    with Server(major, data_directory(tmp_path / "data", [made.block])) as server:
        check_served(server, series)
        found = server.get("/api/v1/series", **{"match[]": '{i!=""}', "start": START, "end": END})
        assert len(found) == 3000


# Blocks of which roles are merged, how, and the role of the block that the peers made of them.
MERGES = {
    "six of a replica": (["raw_a"], [], "compacted_a"),
    "twelve, chained": (["raw_a", "raw_b"], ["--dedup=chain"], "vertical_one-to-one"),
    "twelve, by penalty": (["raw_a", "raw_b"], ["--dedup=penalty", "--replica-label=replica"],
                           "vertical_penalty"),
}


@pytest.fixture(scope="session")
def merges(golden, mnemo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("merged")
    return {case: merged(mnemo, [block for role in roles for block in blocks_of(golden, role)], folder,
                         *flags) for case, (roles, flags, _) in MERGES.items()}


@pytest.mark.parametrize("case", MERGES)
def test_a_merged_block_is_dumped_as_what_the_peers_made(merges, golden, mnemo, tmp_path, case):
    theirs = blocks_of(golden, MERGES[case][2])
    assert dump(mnemo, merges[case]).splitlines() == dump(mnemo, *theirs).splitlines()
    promtool = need("promtool", 3)
    printed = [run(promtool, "tsdb", "dump", data_directory(tmp_path / name, blocks)).splitlines()
               for name, blocks in (("ours", [merges[case]]), ("theirs", theirs))]
    assert printed[0] == printed[1]


@pytest.mark.parametrize("major, case", [(2, "six of a replica"), *((3, case) for case in MERGES)])
def test_a_merged_block_is_served_as_what_the_peers_made(merges, golden_answers, tmp_path, major, case):
    need("prometheus", major)
    # Of the merged six, the six themselves tell more than what a peer made of them.
    role = "raw_a" if case == "six of a replica" else MERGES[case][2]
    check_answers(major, data_directory(tmp_path / "data", [merges[case]]), golden_answers(major, role))
