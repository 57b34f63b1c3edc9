# SPDX-License-Identifier: Apache-2.0
"""Blocks that a real Prometheus wrote from samples that we know: read, rewritten, encoded again, and
with deletions."""
import json
import random
import shutil

import pytest

from blocks import (START as START_SECONDS, check_dump_is_promtools, check_same_files, content, dump,
                    merged, rewritten)
from peers import Server, blocks_in, data_directory, need, run
from remote_write import send
from series_maker import make_series, normal

START = START_SECONDS * 1000
HOUR = 3_600_000
HEAD_FLAGS = ["--web.enable-remote-write-receiver", "--web.enable-admin-api",
              "--enable-feature=native-histograms"]


class Written:
    """A block and the series that went in."""

    def __init__(self, block, series):
        self.block, self.series = block, series

    def input_lines(self):
        return "".join(json.dumps(one) + "\n" for one in self.series)


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory):
    """A head's snapshot, after remote writes of every kind of series."""
    need("prometheus", 3)
    # 3.5 counts to wrong buckets where some are named that are empty.
    series = make_series(random.Random(3), START + 1000, START + 2 * HOUR - 1000, 15_000,
                         empty_buckets=False)
    data = data_directory(tmp_path_factory.mktemp("snapshot") / "data", [])
    with Server(3, data, *HEAD_FLAGS) as server:
        send(server, series)
        name = json.loads(server.send("/api/v1/admin/tsdb/snapshot", b""))["data"]["name"]
    [block] = blocks_in(data / "snapshots" / name)
    return Written(block, series)


def open_metrics(series_count, start, hours):
    """Text of some series of floats, in seconds."""
    rng = random.Random(start)
    lines = []
    for number in range(series_count):
        value = 0
        for time in range(start + number, start + hours * 3600, 30):
            value = rng.choice([0, value + 1, value + 0.25, -value, 1e300, "NaN", "+Inf"])
            lines.append(f'backfilled{{n="{number}",job="a b"}} {value} {time}')
            value = 0 if isinstance(value, str) else value
    return "\n".join(lines) + "\n# EOF\n"


@pytest.fixture(scope="session")
def backfilled(tmp_path_factory):
    """Blocks of two windows of two hours each, by either version's promtool."""
    made = {}

    def make(major):
        promtool = need("promtool", major)
        if major not in made:
            folder = tmp_path_factory.mktemp(f"backfilled{major}")
            (folder / "in.txt").write_text(open_metrics(7, START // 1000 + 4 * 3600, 4))
            run(promtool, "tsdb", "create-blocks-from", "openmetrics", folder / "in.txt",
                folder / "data")
            made[major] = blocks_in(folder / "data")
        assert len(made[major]) == 2
        return made[major]
    return make


def test_a_snapshot_holds_what_was_sent(snapshot, mnemo):
    found = content(mnemo, snapshot.block)
    assert len(found) == len(snapshot.series)
    for one in snapshot.series:
        ours = found[tuple(sorted(one["labels"].items()))]
        assert [normal(s) for s in ours] == [normal(s) for s in one["samples"]], one["labels"]


def test_a_snapshot_is_dumped_as_by_promtool(snapshot, mnemo, tmp_path):
    check_dump_is_promtools(mnemo, data_directory(tmp_path / "data", [snapshot.block]))


def test_a_snapshot_is_rewritten_byte_for_byte(snapshot, mnemo, tmp_path):
    check_same_files(rewritten(mnemo, snapshot.block, tmp_path), snapshot.block)


def test_what_was_sent_is_encoded_as_the_head_does(snapshot, block_tool):
    found = json.loads(run(block_tool, "compare", snapshot.block, text=snapshot.input_lines()))
    assert found.pop("differences") == []
    assert set(found) == {"1", "2", "3"}
    for encoding, counts in found.items():
        assert counts["chunks"] > 12, encoding
        if encoding == "1":
            continue
        assert counts["recoded"] > 50, encoding
        # Not known, reset, not reset, gauge; float histograms tell less.
        assert all(counts["headers"]), encoding


@pytest.mark.parametrize("major", [2, 3])
def test_backfilled_blocks_are_dumped_as_by_promtool(backfilled, mnemo, tmp_path, major):
    data = data_directory(tmp_path / "data", backfilled(major))
    check_dump_is_promtools(mnemo, data)
    assert dump(mnemo, data) == run(need("promtool", major), "tsdb", "dump", data)


@pytest.mark.parametrize("major", [2, 3])
def test_backfilled_blocks_are_rewritten_byte_for_byte(backfilled, mnemo, tmp_path, major):
    for block in backfilled(major):
        check_same_files(rewritten(mnemo, block, tmp_path), block)


class Deleted:
    """A data directory with deletions, after `clean_tombstones`, and with more deletions, of gauge
    histograms, which 3.5 can't clean: it takes their stale markers for counters'."""

    def __init__(self, folder):
        self.marked, self.cleaned, self.gauges = (folder / n for n in ("marked", "cleaned", "gauges"))


DELETIONS = [
    ('{__name__="floats"}', START + HOUR // 2, START + HOUR),
    ('{__name__="floats"}', START + HOUR - 5000, START + HOUR + 60_000),  # joins the one before
    ('{__name__="floats",jitter="1"}', START, START + 40_000),
    ('{__name__=~"histograms_(int|float)|growing.*|mixed"}', START + HOUR // 3, START + HOUR // 2),
    ('{__name__=~"histograms_(int|float)"}', START + HOUR, START + HOUR),  # perhaps nothing
    ('{__name__="growing_int"}', START + 1000, START + 1000),  # one sample
    ('{__name__="growing_float"}', START, START + 2 * HOUR - 20_000),  # nearly all
    ('{__name__="ends"}', START, START + 2 * HOUR),
    ('{__name__="backfilled",n="3"}', START, START + 9 * HOUR),  # whole series of two blocks
    ('{__name__="backfilled",n=~"[45]"}', START + 6 * HOUR - 90_000, START + 6 * HOUR + 90_000),
    ('{__name__="backfilled"}', START + 6 * HOUR, START + 9 * HOUR),  # a whole block
]


@pytest.fixture(scope="session")
def deleted(snapshot, backfilled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("deleted")
    data = data_directory(folder / "data", [snapshot.block, *backfilled(3)])
    made = Deleted(folder)
    with Server(3, data, *HEAD_FLAGS) as server:
        def delete(selector, start, end):
            server.send("/api/v1/admin/tsdb/delete_series", b"",
                        **{"match[]": selector, "start": start / 1000, "end": end / 1000})

        for deletion in DELETIONS:
            delete(*deletion)
        shutil.copytree(data, made.marked)
        server.send("/api/v1/admin/tsdb/clean_tombstones", b"")
        shutil.copytree(data, made.cleaned)
        delete('{__name__=~".*gauge"}', START + HOUR // 3, START + HOUR // 2)
        shutil.copytree(data, made.gauges)
    return made


def test_deletions_are_seen_as_by_promtool(deleted, mnemo):
    assert all((block / "tombstones").stat().st_size > 9 for block in blocks_in(deleted.marked))
    check_dump_is_promtools(mnemo, deleted.marked)
    check_dump_is_promtools(mnemo, deleted.gauges)


def test_deletions_stay_in_rewritten_blocks(deleted, mnemo, tmp_path):
    made = [rewritten(mnemo, block, tmp_path / "made") for block in blocks_in(deleted.marked)]
    data = data_directory(tmp_path / "data", made)
    check_dump_is_promtools(mnemo, data)
    promtool = need("promtool", 3)
    assert run(promtool, "tsdb", "dump", data) == run(promtool, "tsdb", "dump", deleted.marked)


def test_a_merged_block_is_the_cleaned_one(deleted, mnemo, tmp_path):
    def window(block):
        meta = json.loads((block / "meta.json").read_text())
        return meta["minTime"], meta["maxTime"]

    cleaned = {window(block): block for block in blocks_in(deleted.cleaned)}
    marked = blocks_in(deleted.marked)
    assert len(marked) == 3 and len(cleaned) == 2  # of one block nothing was left
    for block in marked:
        made = merged(mnemo, [block], tmp_path / "made")
        if window(block) not in cleaned:
            assert made == tmp_path / "made"  # none
            continue
        theirs = cleaned.pop(window(block))
        assert dump(mnemo, made) == dump(mnemo, theirs)
        check_same_files(made, theirs)
    assert not cleaned
    data = data_directory(tmp_path / "data", blocks_in(tmp_path / "made"))
    check_dump_is_promtools(mnemo, data)


def test_a_merged_block_has_nothing_deleted_of_gauge_histograms(deleted, mnemo, tmp_path):
    marked = [b for b in blocks_in(deleted.gauges) if (b / "tombstones").stat().st_size > 9]
    assert len(marked) == 1
    made = merged(mnemo, marked, tmp_path / "made")
    assert dump(mnemo, made) == dump(mnemo, marked[0])
    check_dump_is_promtools(mnemo, data_directory(tmp_path / "data", [made]))
