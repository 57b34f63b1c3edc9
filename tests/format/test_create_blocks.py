# SPDX-License-Identifier: Apache-2.0
"""`mnemo tools tsdb create-blocks-from openmetrics` against promtool, on the same text."""
import gzip
import json
import os
import re
import subprocess
import time

import pytest

from promtool import promtool3

START = 1780272000  # aligned to 2 h

# What both take, odd as it may be, and what it says (as `dump` prints it, in order).
WELL_FORMED = {
    "no newline at the end": "a 1 1\n# EOF",
    "metadata": "# HELP a some \\n text\n# TYPE a gauge\n# UNIT a_b b\n# UNIT a \na 1 1\n# EOF\n",
    "empty help": "# HELP a \na 1 1\n# EOF\n",
    "quoted family": '# HELP "a.b" x\n# TYPE "a.b" counter\n{"a.b"} 1 1\n# EOF\n',
    "family without order": "a 1 1\nb 1 1\na 2 2\n# TYPE a gauge\n# EOF\n",
    "name in braces": '{"a.b",c="d"} 1 1\n{c="e","a.b"} 1 1\n# EOF\n',
    "quoted label": 'a{"b.c"="d"} 1 1\n# EOF\n',
    "trailing comma": 'a{b="c",} 1 1\n{"a",} 1 2\n# EOF\n',
    "empty braces": "a{} 1 1\n# EOF\n",
    "empty label value": 'a{b="",c="d"} 1 1\n# EOF\n',
    "empty metric name": '{"",a="b"} 1 1\n# EOF\n',
    "escapes": 'a{b="\\\\ \\" \\n \\t \\q"} 1 1\n# EOF\n',
    "escaped names": '{"a\\"\\\\\\n","b\\n"="c"} 1 1\n# EOF\n',
    "byte of zero": 'a{b="c\0d"} 1 1\n# EOF\n',
    "UTF-8": '{"ä€",b="日本"} 1 1\n# EOF\n',
    "colons": ":a:b 1 1\n# EOF\n",
    "braces and hashes in values": 'a{b="} 1 # {"} 1 1\n# EOF\n',
    "number forms": "a +1. 1\nb .5 1\nc -1E+2 1\nd 00 1\ne 1e-400 1\n# EOF\n",
    "infinities": "a inf 1\nb +InFiNiTy 1\nc -Inf 1\nd NaN 1\ne nAn 1\n# EOF\n",
    "rounding": "a 9007199254740993 1\nb 2.2250738585072011e-308 1\nc 1.7976931348623157e308 1\n# EOF\n",
    "timestamps": "a 1 1.0009\nb 1 1e3\nc 1 4.35\nd 1 1.001\ne 1 1565133713.9895\n# EOF\n",
    "exemplars": 'a 1 1 # {b="c"} 1\na 2 2 # {} 1 2\na 3 3 # {"b.c"="d",} NaN 0.5\n# EOF\n',
    "histogram": ('# TYPE h histogram\nh_bucket{le="1"} 1 1\nh_bucket{le="0.25"} 1 1\n'
                  'h_bucket{le="+Inf"} 1 1\nh_bucket{le="1e9"} 1 1\nh_bucket{le="x"} 1 1\n'
                  'h_bucket{le="-0"} 1 1\nh_created 1 1\nother{le="2"} 1 1\n# EOF\n'),
    "summary": '# TYPE s summary\ns{quantile="1",le="1"} 1 1\ns{quantile="0.5"} 1 1\n# EOF\n',
    "histogram no more": '# TYPE h histogram\n# TYPE g gauge\ng{le="1"} 1 1\n# EOF\n',
    "created": "# TYPE a counter\na_total 1 1\na_created 5 1\n# EOF\n",
    "no samples": "# EOF\n",
    "the same sample twice": "a 1 1\na 1 1\n# EOF\n",
    "labels in another order": 'a{b="1",c="2"} 1 1\na{c="2",b="1"} 2 2\n# EOF\n',
    "far apart": "a 1 0\na 2 4000000000\n# EOF\n",
}

# What both refuse.
MALFORMED = {
    "empty": "",
    "no end": "a 1 1\n",
    "no line break, no end": "a 1 1",
    "data after the end": "# EOF\na 1 1\n",
    "line after the end": "# EOF\n\n",
    "end with more": "# EOFa\n",
    "end with a carriage return": "a 1 1\n# EOF\r\n",
    "carriage return": "a 1 1\r\n# EOF\n",
    "empty line": "a 1 1\n\n# EOF\n",
    "comment": "# a comment\na 1 1\n# EOF\n",
    "no timestamp": "a 1\n# EOF\n",
    "no timestamp, exemplar": 'a 1 # {b="c"} 1\n# EOF\n',
    "no value": "a\n# EOF\n",
    "leading space": " a 1 1\n# EOF\n",
    "two spaces": "a  1 1\n# EOF\n",
    "two spaces before the timestamp": "a 1  1\n# EOF\n",
    "trailing space": "a 1 1 \n# EOF\n",
    "tab": "a\t1\t1\n# EOF\n",
    "third number": "a 1 1 1\n# EOF\n",
    "digit first": "9a 1 1\n# EOF\n",
    "bad metric name": "a-b 1 1\n# EOF\n",
    "bad label name": 'a{b:c="d"} 1 1\n# EOF\n',
    "space in braces": 'a{b="c", d="e"} 1 1\n# EOF\n',
    "space before braces": 'a {b="c"} 1 1\n# EOF\n',
    "no comma": 'a{b="c"d="e"} 1 1\n# EOF\n',
    "comma first": 'a{,b="c"} 1 1\n# EOF\n',
    "two commas": 'a{b="c",,d="e"} 1 1\n# EOF\n',
    "single quotes": "a{b='c'} 1 1\n# EOF\n",
    "no quotes": "a{b=c} 1 1\n# EOF\n",
    "open quote": 'a{b="c} 1 1\n# EOF\n',
    "line break in a value": 'a{b="c\nd"} 1 1\n# EOF\n',
    "open brace": 'a{b="c" 1 1\n# EOF\n',
    "no label name": 'a{="c"} 1 1\n# EOF\n',
    "empty label name": 'a{""="c"} 1 1\n# EOF\n',
    "label twice": 'a{b="1",b="2"} 1 1\n# EOF\n',
    "name twice": '{"a","b"} 1 1\n# EOF\n',
    "name before and in braces": 'a{"b"} 1 1\n# EOF\n',
    "name as label": 'a{__name__="b"} 1 1\n# EOF\n',
    "no metric name": '{b="c"} 1 1\n# EOF\n',
    "no labels at all": '{""} 1 1\n# EOF\n',
    "name without quotes in braces": "{a} 1 1\n# EOF\n",
    "value not in UTF-8": b'a{b="\xff"} 1 1\n# EOF\n',
    "word for a number": "a true 1\n# EOF\n",
    "hexadecimal": "a 0x10 1\n# EOF\n",
    "hexadecimal float": "a 0x1p-3 1\n# EOF\n",
    "underscore": "a 1_000 1\n# EOF\n",
    "signed NaN": "a +NaN 1\n# EOF\n",
    "too large": "a 1e400 1\n# EOF\n",
    "timestamp NaN": "a 1 NaN\n# EOF\n",
    "timestamp infinite": "a 1 +Inf\n# EOF\n",
    "timestamp too large": "a 1 1e309\n# EOF\n",
    "exemplar without labels": "a 1 1 # 1\n# EOF\n",
    "exemplar without value": 'a 1 1 # {b="c"}\n# EOF\n',
    "exemplar with a name": 'a 1 1 # {"b"} 1\n# EOF\n',
    "exemplar with much": 'a 1 1 # {b="c"} 1 1 1\n# EOF\n',
    "exemplar timestamp": 'a 1 1 # {b="c"} 1 NaN\n# EOF\n',
    "old type": "# TYPE a untyped\na 1 1\n# EOF\n",
    "type with a space": "# TYPE a gauge \na 1 1\n# EOF\n",
    "type without a type": "# TYPE a\na 1 1\n# EOF\n",
    "unit that doesn't fit": "# UNIT a seconds\na 1 1\n# EOF\n",
    "help not in UTF-8": b"# HELP a \xff\na 1 1\n# EOF\n",
    "compressed": gzip.compress(b"a 1 1\n# EOF\n"),
}

# What promtool does and Mnemo doesn't: see docs/formats/openmetrics.md.
REFUSED_BY_US = {
    "different values at one time": ("a 1 1\na 2 1\n# EOF\n", "two samples with different values"),
    "milliseconds": ("a 1 1600000000000\n# EOF\n", "in seconds, not in milliseconds"),
    "line break in a name": ('{"a\nb"} 1 1\n# EOF\n', "a closing quote on the same line"),
    "name not in UTF-8": (b'{"a\xff"} 1 1\n# EOF\n', "a name in UTF-8"),
}


def create(command, folder, text, *flags):
    """Runs one of the two; its exit status, output and error."""
    source = folder / "input.om"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    return subprocess.run([*command, *flags, str(source), str(folder / "data")],
                          capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def ours(mnemo, tmp_path):
    folder = tmp_path / "ours"
    folder.mkdir()
    command = [mnemo, "tools", "tsdb", "create-blocks-from", "openmetrics"]

    def run(text, *flags):
        return create(command, folder, text, *flags)
    run.folder = folder / "data"
    run.command = command
    return run


@pytest.fixture
def theirs(tmp_path):
    promtool = promtool3()
    if promtool is None:
        pytest.skip("no promtool of version 3")
    folder = tmp_path / "theirs"
    folder.mkdir()

    def run(text, *flags):
        return create([promtool, "tsdb", "create-blocks-from", "openmetrics"], folder, text, *flags)
    run.folder = folder / "data"
    return run


def blocks(folder):
    """The meta.json of each block, in order of time."""
    metas = [json.loads(path.read_text()) for path in folder.glob("*/meta.json")]
    return sorted(metas, key=lambda meta: meta["minTime"])


def ranges(folder):
    return [(meta["minTime"], meta["maxTime"], meta["stats"]["numSamples"],
             meta["stats"]["numSeries"], meta["compaction"]["level"]) for meta in blocks(folder)]


def dump(mnemo, folder):
    if not blocks(folder):
        return ""
    return subprocess.run([mnemo, "tools", "tsdb", "dump", str(folder)], check=True,
                          capture_output=True, text=True).stdout


def both(ours, theirs, mnemo, text, *flags):
    """Runs both and compares all that they made."""
    for run in (theirs, ours):
        result = run(text, *flags)
        assert result.returncode == 0, result.stderr
    assert dump(mnemo, ours.folder) == dump(mnemo, theirs.folder)
    assert ranges(ours.folder) == ranges(theirs.folder)


@pytest.mark.parametrize("case", WELL_FORMED)
def test_well_formed_texts_give_the_same_samples(case, ours, theirs, mnemo):
    both(ours, theirs, mnemo, WELL_FORMED[case])


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_texts_are_refused(case, ours, theirs):
    assert theirs(MALFORMED[case]).returncode != 0
    result = ours(MALFORMED[case])
    assert result.returncode == 1
    assert "input.om" in result.stderr and not result.stdout
    assert not list(ours.folder.glob("*"))


@pytest.mark.parametrize("case", REFUSED_BY_US)
def test_what_promtool_takes_wrongly_is_refused(case, ours, theirs):
    text, error = REFUSED_BY_US[case]
    assert theirs(text).returncode == 0
    result = ours(text)
    assert result.returncode == 1 and error in result.stderr
    assert not list(ours.folder.glob("*"))


def test_samples_that_promtool_drops_are_kept(ours, theirs, mnemo):
    text = "a 3 30\na 1 10\na 2 20\nb 1 -1\nb 2 1\n# EOF\n"
    for run in (theirs, ours):
        assert run(text).returncode == 0
    assert len(dump(mnemo, theirs.folder).splitlines()) == 2
    assert dump(mnemo, ours.folder).splitlines() == [
        '{__name__="a"} 1 10000', '{__name__="a"} 2 20000', '{__name__="a"} 3 30000',
        '{__name__="b"} 1 -1000', '{__name__="b"} 2 1000']


def history(order):
    """A day of counters, gauges and histogram buckets, with gaps and irregular times."""
    lines = []
    for step in range(24 * 60):
        for number in range(12):
            hour = step // 60
            if (number == 3 and 5 <= hour < 11) or (number == 4 and hour % 7) or 14 <= hour < 17:
                continue
            seconds = START + step * 60 + (number * 37 + step * 7 % 11) / 1000
            labels = f'instance="host-{number % 3}",job="x"'
            if number % 3 == 0:
                line = f'requests_total{{{labels},n="{number}"}} {step * (number + 1) % 5000}'
            elif number % 3 == 1:
                line = f'{{"temp.celsius",{labels},n="{number}"}} {(step * 31 % 97) / 7}'
            else:
                line = f'wait_bucket{{{labels},n="{number}",le="{number}"}} {step}'
            lines.append((number, step, f"{line} {seconds:.3f}\n"))
    if order == "series":
        lines.sort()
    return "# TYPE wait histogram\n" + "".join(line for _, _, line in lines) + "# EOF\n"


@pytest.mark.parametrize("order", ["time", "series"])
@pytest.mark.parametrize("flags", [[], ["--label=replica=a", "--label=job=y"],
                                   ["--max-block-duration=8h"], ["--max-block-duration=90m"]])
def test_a_day_of_samples_becomes_the_same_blocks(order, flags, ours, theirs, mnemo):
    both(ours, theirs, mnemo, history(order), *flags)


def test_chunks_have_the_same_bytes_where_they_have_the_same_samples(ours, theirs, mnemo):
    # Four chunks of 120 samples each in promtool's head as in ours.
    lines = [f'm{{n="{n}"}} {step * n % 1000 / 8} {START + step * 15}\n'
             for step in range(480) for n in range(5)]
    both(ours, theirs, mnemo, "".join(lines) + "# EOF\n")
    segments = [next(folder.glob("*/chunks/000001")) for folder in (ours.folder, theirs.folder)]
    assert segments[0].read_bytes() == segments[1].read_bytes()


def test_promtool_dumps_what_we_wrote(ours, theirs, mnemo):
    assert ours(history("time")).returncode == 0
    (ours.folder / "wal").mkdir()
    assert theirs("# EOF\n").returncode == 0  # skips without promtool
    printed = subprocess.run([promtool3(), "tsdb", "dump", str(ours.folder)], check=True,
                             capture_output=True, text=True).stdout
    assert printed == dump(mnemo, ours.folder)


def test_ulids_go_to_standard_output_and_a_table_to_standard_error(ours):
    result = ours("a 1 0\na 2 7200\n# EOF\n", "--human-readable")
    assert result.returncode == 0
    ulids = [meta["ulid"] for meta in blocks(ours.folder)]
    assert result.stdout.splitlines() == ulids
    header, *rows = result.stderr.splitlines()
    assert re.split(r"\s{2,}", header) == ["BLOCK ULID", "MIN TIME", "MAX TIME", "DURATION",
                                           "NUM SAMPLES", "NUM CHUNKS", "NUM SERIES", "SIZE"]
    assert [row.split()[0] for row in rows] == ulids
    assert rows[0].split()[1] == "1970-01-01T00:00:00Z"
    assert not ours("a 1 0\n# EOF\n", "--quiet").stderr


def test_standard_input_is_an_input(ours, mnemo):
    text = history("series")
    result = subprocess.run([*ours.command, "--max-memory=0", "-", str(ours.folder)], input=text,
                            capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert len(dump(mnemo, ours.folder).splitlines()) == text.count("\n") - 2
    assert sorted(path.name for path in ours.folder.iterdir()) == sorted(result.stdout.split())


def test_inputs_and_outputs_that_are_none(ours, tmp_path):
    def run(*arguments):
        return subprocess.run([*ours.command, *map(str, arguments)], capture_output=True, text=True,
                              check=False, cwd=tmp_path, stdin=subprocess.DEVNULL)

    good = tmp_path / "good.om"
    good.write_text("a 1 1\n# EOF\n")
    missing = run("nowhere.om", "out")
    assert missing.returncode == 1 and "nowhere.om" in missing.stderr
    folder = run(tmp_path, "out")
    assert folder.returncode == 1 and "is a directory" in folder.stderr
    to_a_file = run(good, good)
    assert to_a_file.returncode == 1 and str(good) in to_a_file.stderr
    if os.geteuid() != 0:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
        assert run(good, closed).returncode == 1
    assert run().returncode == 2
    assert run("--label=novalue", good).returncode == 2
    assert run("--max-block-duration=long", good).returncode == 2
    assert run(good).returncode == 0 and blocks(tmp_path / "data")  # the default


def test_a_kill_leaves_complete_blocks_alone(ours, mnemo):
    text = "".join(f'm{{n="{n}"}} {step} {START + step * 60}\n'
                   for step in range(60 * 48) for n in range(100)) + "# EOF\n"
    ours.folder.parent.joinpath("input.om").write_text(text)
    for delay in (0.05, 0.15, 0.3, 0.5):
        with subprocess.Popen([*ours.command, "--quiet", "--max-memory=0",
                               ours.folder.parent / "input.om", ours.folder],
                              stdout=subprocess.DEVNULL) as process:
            time.sleep(delay)
            process.kill()
        entries = list(ours.folder.iterdir()) if ours.folder.exists() else []
        for entry in entries:
            if ".tmp-for-creation" in entry.name:  # or its lock
                continue
            verified = subprocess.run([mnemo, "tools", "tsdb", "dump", str(entry)], check=False,
                                      stdout=subprocess.DEVNULL)
            assert verified.returncode == 0, entry
