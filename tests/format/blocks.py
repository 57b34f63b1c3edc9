# SPDX-License-Identifier: Apache-2.0
"""Blocks as the program reads and makes them, compared with golden data, promtool and each other."""
import gzip
import json
import re

from peers import need, run
from promtool import loses_samples, what_old_promtool_prints
from raw_block import index_content
from remote_write import time_of

START, END = 1_780_272_000, 1_780_315_200  # the golden blocks' twelve hours, in seconds
LINE = re.compile(r'(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}) (.*) (-?\d+)')


def dump(mnemo, directory, *flags):
    return run(mnemo, "tools", "tsdb", "dump", *flags, directory)


def decoded(block):
    """What the block holds; a start timestamp of 0 means none."""
    def without_empty_start(members):
        return {name: value for name, value in members.items() if name != "st" or value != 0}

    with gzip.open(f"{block}.samples.ndjson.gz", "rt") as lines:
        return [json.loads(line, object_hook=without_empty_start) for line in lines]


def blocks_of(golden, role):
    """The blocks that the manifest names for "raw_a" or "vertical_penalty"."""
    names = json.loads((golden / "manifest.json").read_text())[role]
    folder = golden / (role.replace("_", "-") if role.startswith("vertical_") else
                       role.rsplit("_", 1)[0])
    return [folder / name for name in ([names] if isinstance(names, str) else names)]


def metric_names(blocks):
    return sorted({line["labels"]["__name__"] for block in blocks for line in decoded(block)})


def by_series(text):
    """[(labels, [(time, line)])] in the order of the text."""
    result = []
    for line in text.splitlines():
        labels, _, time = LINE.fullmatch(line).groups()
        if not result or result[-1][0] != labels:
            result.append((labels, []))
        result[-1][1].append((int(time), line))
    return result


def kinds(samples):
    """What kind of sample is at which time."""
    return {time_of(s): "float" if isinstance(s, list) else "histogram" if "int" in s else
            "float histogram" for s in samples}


def content(mnemo, directory):
    """{labels: samples} of the blocks in a directory, as our dump reads them."""
    series = {}
    for line in dump(mnemo, directory, "--format=ndjson").splitlines():
        line = json.loads(line)
        samples = series.setdefault(tuple(sorted(line["labels"].items())), [])
        for chunk in line["chunks"]:
            samples += chunk["samples"] or []
    return series


def check_dump_is_promtools(mnemo, directory):
    """Line for line, of all that such a promtool prints."""
    promtool = need("promtool", 3)
    theirs = run(promtool, "tsdb", "dump", directory).splitlines()
    ours = dump(mnemo, directory)
    if loses_samples(promtool):
        of_series = [kinds(samples) for _, samples in sorted(content(mnemo, directory).items())]
        # A series without any sample left is not printed.
        of_series = [k for k in of_series if k]
        printed = by_series(ours)
        assert len(printed) == len(of_series)
        ours = "".join(
            line + "\n" for (_, samples), kind in zip(printed, of_series)
            for line in what_old_promtool_prints((kind[time], line) for time, line in samples))
    assert ours.splitlines() == theirs
    assert theirs


def rewritten(mnemo, block, folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder / run(mnemo, "tools", "tsdb", "rewrite", "-o", folder, block).strip()


def merged(mnemo, blocks, folder, *flags):
    folder.mkdir(parents=True, exist_ok=True)
    return folder / run(mnemo, "tools", "tsdb", "merge", *flags, "-o", folder, *blocks).strip()


def check_same_files(made, source):
    """Index and chunks byte for byte, but for the label indices of old versions, that nothing reads."""
    assert index_content(made / "index") == index_content(source / "index")
    segments = sorted(path.name for path in (source / "chunks").iterdir())
    assert segments == sorted(path.name for path in (made / "chunks").iterdir())
    for name in segments:
        assert (made / "chunks" / name).read_bytes() == (source / "chunks" / name).read_bytes(), name
