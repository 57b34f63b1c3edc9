# SPDX-License-Identifier: Apache-2.0
"""`mnemo tools tsdb dump` against the decoded content of golden blocks and against promtool."""
import json
import shutil
import subprocess

import pytest

from blocks import blocks_of, by_series, decoded, dump
from promtool import loses_samples, promtool3, what_old_promtool_prints

FOLDERS = ["raw", "compacted", "vertical-one-to-one", "vertical-penalty", "downsampled-5m",
           "downsampled-1h", "prometheus-3.14-xor2", "prometheus-3.14-xor2-st"]
REPLICAS = ["raw_a", "raw_b", "compacted_a", "compacted_b"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_content_of_each_chunk_is_what_its_writer_says(golden, mnemo, folder):
    blocks = [path for path in (golden / folder).iterdir() if path.is_dir()]
    assert blocks
    for block in blocks:
        ours = [json.loads(line) for line in dump(mnemo, block, "--format=ndjson").splitlines()]
        assert ours == decoded(block), block.name


@pytest.fixture(params=REPLICAS)
def replica(request, golden, tmp_path):
    """The blocks of one replica in a data directory, as promtool wants it."""
    data = tmp_path / "data"
    (data / "wal").mkdir(parents=True)
    blocks = blocks_of(golden, request.param)
    for block in blocks:
        shutil.copytree(block, data / block.name, copy_function=shutil.copyfile)
    for folder in data.rglob("*/"):
        folder.chmod(0o755)
    return data, blocks


def kinds_of(blocks):
    """What kind of sample each series, by its number in order of labels, has at which time."""
    series = {}
    for block in blocks:
        for line in decoded(block):
            kinds = series.setdefault(tuple(sorted(line["labels"].items())), {})
            for chunk in line["chunks"]:
                for sample in chunk["samples"]:
                    if isinstance(sample, list):
                        kinds[sample[0]] = "float"
                    else:
                        kinds[sample["t"]] = "histogram" if "int" in sample else "float histogram"
    return [series[labels] for labels in sorted(series)]


def test_every_sample_is_printed_once_in_order(replica, mnemo):
    data, blocks = replica
    printed = by_series(dump(mnemo, data))
    assert [[time for time, _ in samples] for _, samples in printed] == [
        sorted(kinds) for kinds in kinds_of(blocks)]


def test_lines_are_promtools(replica, mnemo):
    data, blocks = replica
    promtool = promtool3()
    if promtool is None:
        pytest.skip("no promtool of version 3")
    theirs = subprocess.run([promtool, "tsdb", "dump", str(data)], check=True, capture_output=True,
                            text=True).stdout
    ours = dump(mnemo, data)
    if loses_samples(promtool):
        kinds = kinds_of(blocks)
        expected = []
        for number, (_, samples) in enumerate(by_series(ours)):
            expected += what_old_promtool_prints(
                (kinds[number][time], line) for time, line in samples)
        ours = "".join(line + "\n" for line in expected)
    assert ours.splitlines() == theirs.splitlines()


def test_ranges_and_selectors_are_promtools(replica, mnemo):
    data, _ = replica
    promtool = promtool3()
    if promtool is None:
        pytest.skip("no promtool of version 3")
    flags = ["--min-time=1780279000000", "--max-time=1780290000000",
             '--match={__name__!~"nh_.*|mixed.*", job!="x"}', '--match={__name__=~".*_total|utf8"}']
    theirs = subprocess.run([promtool, "tsdb", "dump", *flags, str(data)], check=True,
                            capture_output=True, text=True).stdout
    assert theirs
    assert dump(mnemo, data, *flags) == theirs


def test_errors_have_their_exit_status(mnemo, tmp_path):
    def status_of(*flags):
        run = subprocess.run([mnemo, "tools", "tsdb", "dump", *flags], capture_output=True, text=True,
                             check=False)
        assert not run.stdout
        return run.returncode, run.stderr

    status, text = status_of(str(tmp_path))
    assert status == 1 and "holds no block" in text
    status, text = status_of("--min-time=soon", str(tmp_path))
    assert status == 2 and "soon" in text
    status, text = status_of("--match={", str(tmp_path))
    assert status == 2 and "parse error" in text
