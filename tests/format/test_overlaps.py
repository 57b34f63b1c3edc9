# SPDX-License-Identifier: Apache-2.0
"""Chunks of one series that overlap: of several blocks, and, as no careful writer makes them, of one
block. Prometheus chains the former; the latter we read as if each chunk came from a block of its own."""
import json
import shutil

import pytest

from blocks import START, blocks_of, check_dump_is_promtools, dump, merged, metric_names
from peers import Server, blocks_in, data_directory, in_order, need, run
from raw_block import chunk_records, write_block

ULIDS = [f"01M81E2SF6BE1K0EGFDAT0MJE{end}" for end in "RST"]


def steps(start, end, step=30, plus=0):
    return [(t, plus + t) for t in range(start, end, step)]


# Chunks of one series each: samples of seconds after START.
CASES = {
    "interleaved": [steps(0, 300), steps(10, 300, plus=1000)],
    "equal_times": [steps(0, 300), steps(0, 300, plus=1000)],
    "equal_samples": [steps(0, 300), steps(60, 400)],
    "inside": [steps(0, 300), steps(90, 150, 20, plus=1000)],
    "some_equal_times": [steps(0, 300), steps(150, 450, plus=1000)],
    "in_no_order": [steps(300, 600, plus=1000), steps(0, 300)],
    "in_no_order_and_overlapping": [steps(300, 600, plus=1000), steps(0, 330)],
    "three": [steps(0, 300), steps(0, 200, plus=1000), steps(60, 400, plus=2000)],
}
QUERIES = ["{}[1h]", "rate({}[2m])", "count_over_time({}[90s])", "{}"]


@pytest.fixture(scope="session")
def chunks(tmp_path_factory):
    """What promtool encodes the samples to: {case: [(first time, last time, encoding, data)]}."""
    promtool = need("promtool", 3)
    folder = tmp_path_factory.mktemp("chunks")
    flat = [samples for parts in CASES.values() for samples in parts]
    lines = [f'c{{i="{number:03}"}} {value} {START + time}'
             for number, samples in enumerate(flat) for time, value in samples]
    (folder / "in.txt").write_text("\n".join(lines) + "\n# EOF\n")
    run(promtool, "tsdb", "create-blocks-from", "openmetrics", folder / "in.txt", folder / "data")
    [block] = blocks_in(folder / "data")
    records = iter(chunk_records(block / "chunks" / "000001"))
    return {case: [((START + samples[0][0]) * 1000, (START + samples[-1][0]) * 1000, *next(records))
                   for samples in parts] for case, parts in CASES.items()}


@pytest.fixture(scope="session")
def several_blocks(chunks, tmp_path_factory):
    """Each series' first chunk in a block, the second in another, and so on."""
    data = data_directory(tmp_path_factory.mktemp("several") / "data", [])
    for number, ulid in enumerate(ULIDS):
        write_block(data, ulid, [({"__name__": case}, [parts[number]])
                                 for case, parts in chunks.items() if number < len(parts)])
    return data


@pytest.fixture(scope="session")
def one_block(chunks, tmp_path_factory):
    data = data_directory(tmp_path_factory.mktemp("one") / "data", [])
    write_block(data, ULIDS[0], [({"__name__": case}, parts) for case, parts in chunks.items()])
    return data


@pytest.fixture(scope="session")
def prometheus_answers(several_blocks):
    with Server(3, several_blocks) as server:
        return {(case, query): server.query(query.format(case), START + 310)
                for case in CASES for query in QUERIES} | {
                    case: in_order(server.get("/api/v1/query_range", query=case, start=START,
                                              end=START + 600, step=20)["result"]) for case in CASES}


def our_answers(mnemo, data):
    def ask(expression, *flags):
        answer = run(mnemo, "tools", "promql", "query", "--tsdb", data, *flags, expression)
        return in_order(json.loads(answer)["data"]["result"])

    return {(case, query): ask(query.format(case), "--time", START + 310)
            for case in CASES for query in QUERIES} | {
                case: ask(case, "--start", START, "--end", START + 600, "--step", "20")
                for case in CASES}


@pytest.mark.parametrize("data", ["several_blocks", "one_block"])
def test_overlapping_chunks_are_queried_as_by_prometheus(prometheus_answers, mnemo, data, request):
    ours = our_answers(mnemo, request.getfixturevalue(data))
    for question, answer in prometheus_answers.items():
        assert answer
        assert ours[question] == answer, question


@pytest.mark.parametrize("data", ["several_blocks", "one_block"])
def test_overlapping_chunks_are_dumped_as_by_promtool(several_blocks, mnemo, data, request):
    theirs = run(need("promtool", 3), "tsdb", "dump", several_blocks)
    assert dump(mnemo, request.getfixturevalue(data)).splitlines() == theirs.splitlines()


def test_overlapping_chunks_of_one_block_are_merged_as_those_of_several(one_block, several_blocks,
                                                                       mnemo, tmp_path):
    ours = merged(mnemo, blocks_in(one_block), tmp_path / "one")
    several = merged(mnemo, blocks_in(several_blocks), tmp_path / "several")
    assert dump(mnemo, ours) == dump(mnemo, several)
    check_dump_is_promtools(mnemo, data_directory(tmp_path / "data", [ours]))


def test_a_block_with_overlapping_chunks_is_not_rewritten(one_block, mnemo, tmp_path):
    """Neither would Prometheus: its index writer refuses them."""
    with pytest.raises(AssertionError, match="overlaps or is out of order"):
        run(mnemo, "tools", "tsdb", "rewrite", "-o", tmp_path, *blocks_in(one_block))
    assert not list(tmp_path.iterdir())


def test_replicas_in_one_folder_are_read_as_by_prometheus(golden, mnemo, tmp_path):
    """Some hours of them: every block overlaps one of the other replica."""
    blocks = [block for role in ("raw_a", "raw_b") for block in blocks_of(golden, role)[:3]]
    data = data_directory(tmp_path / "data", blocks)
    check_dump_is_promtools(mnemo, data)
    time = START + 4 * 3600
    # A server merges overlapping blocks when it likes: give it its own.
    shutil.copytree(data, tmp_path / "server" / "data")
    with Server(3, tmp_path / "server" / "data") as server:
        for name in metric_names(blocks):
            queries = ["{}[3h]", "last_over_time({}[1m])", "count_over_time({}[5m])"]
            # Rates of histograms are extrapolated otherwise up to 3.5.
            queries += [] if name.startswith(("nh_", "mixed")) else ["rate({}[5m])"]
            for query in (query.format(f'{{__name__="{name}"}}') for query in queries):
                ours = json.loads(run(mnemo, "tools", "promql", "query", "--tsdb", data, "--time",
                                      time, query))["data"]["result"]
                assert in_order(ours) == server.query(query, time), query
