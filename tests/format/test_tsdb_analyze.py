# SPDX-License-Identifier: Apache-2.0
"""`mnemo tools tsdb analyze` against promtool's figures for the same blocks."""
import shutil
import subprocess

import pytest

from promtool import promtool3

SELECTORS = [None, '{__name__=~"nh_.*|http.*"}', 'latency_bucket{le!="+Inf"}', '{job=""}']


def analyze(mnemo, directory, *flags):
    return subprocess.run([mnemo, "tools", "tsdb", "analyze", *flags, str(directory)], check=False,
                          capture_output=True, text=True)


def paragraphs(text):
    return [part.splitlines() for part in text.strip("\n").split("\n\n")]


def check_same(ours, theirs):
    """Everything is equal, but for the order of a list's entries with equal figures, which is not
    promised."""
    ours, theirs = paragraphs(ours), paragraphs(theirs)
    assert [part[0] for part in ours] == [part[0] for part in theirs]
    for mine, other in zip(ours, theirs):
        is_list = mine[0].endswith(":") and len(mine) > 1
        if not is_list:
            assert mine == other
            continue
        figures = [int(line.split(" ")[0]) for line in mine[1:]]
        assert figures == sorted(figures, reverse=True), mine
        assert sorted(mine) == sorted(other)


@pytest.fixture
def promtool():
    program = promtool3()
    if program is None:
        pytest.skip("no promtool of version 3")
    return program


@pytest.fixture
def data(golden, tmp_path):
    """A data directory with all golden raw blocks of both replicas."""
    folder = tmp_path / "data"
    (folder / "wal").mkdir(parents=True)
    for block in (golden / "raw").iterdir():
        if block.is_dir():
            shutil.copytree(block, folder / block.name, copy_function=shutil.copyfile)
    for path in folder.rglob("*/"):
        path.chmod(0o755)
    return folder


@pytest.mark.parametrize("selector", SELECTORS)
def test_figures_are_promtools(promtool, data, mnemo, selector):
    flags = ["--extended", "--limit=1000"] + ([f"--match={selector}"] if selector else [])
    for block in sorted(data.glob("01*"))[::3]:
        theirs = subprocess.run([promtool, "tsdb", "analyze", *flags, str(data), block.name], check=True,
                                capture_output=True, text=True).stdout
        ours = analyze(mnemo, block, *flags)
        assert ours.returncode == 0, ours.stderr
        check_same(ours.stdout, theirs)


def test_the_latest_block_is_taken(promtool, data, mnemo):
    theirs = subprocess.run([promtool, "tsdb", "analyze", "--limit=1000", str(data)], check=True,
                            capture_output=True, text=True).stdout
    check_same(analyze(mnemo, data, "--limit=1000").stdout, theirs)


def test_churn_is_promtools(promtool, mnemo, tmp_path):
    """Series that live for a tenth of the block, one after the other."""
    lines = []
    for number in range(40):
        lines += [f'steps{{pod="{number:02}",app="{"ab"[number % 2]}"}} 1 {start}'
                  for start in range(1780272000 + number % 10 * 700, 1780272000 + number % 10 * 700 + 600, 30)]
    source = tmp_path / "in.txt"
    source.write_text("\n".join(sorted(lines, key=lambda line: int(line.split(" ")[-1]))) + "\n# EOF\n")
    data = tmp_path / "data"
    (data / "wal").mkdir(parents=True)
    subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", str(source), str(data)],
                   check=True, capture_output=True)
    theirs = subprocess.run([promtool, "tsdb", "analyze", "--limit=1000", str(data)], check=True,
                            capture_output=True, text=True).stdout
    assert "\n36 __name__=steps\n" in theirs  # 40 series miss nine tenths each
    check_same(analyze(mnemo, data, "--limit=1000").stdout, theirs)


def test_lists_are_cut(data, mnemo):
    parts = paragraphs(analyze(mnemo, data, "--limit=3").stdout)
    assert [len(part) for part in parts[1:]] == [4] * 6


def test_errors_have_their_exit_status(mnemo, tmp_path):
    run = analyze(mnemo, tmp_path)
    assert run.returncode == 1 and "holds no block" in run.stderr
    assert analyze(mnemo, tmp_path, "--match={").returncode == 2
    assert analyze(mnemo, tmp_path, "--limit=few").returncode == 2
