# SPDX-License-Identifier: Apache-2.0
"""`mnemo tools tsdb verify` over golden blocks, whole and damaged."""
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

from test_damaged_blocks import DAMAGES  # noqa: E402


def verify(mnemo, *blocks):
    return subprocess.run([mnemo, "tools", "tsdb", "verify", *map(str, blocks)], check=False,
                          capture_output=True, text=True)


@pytest.fixture
def block(golden, tmp_path):
    """A copy of a block that may be damaged."""
    source = sorted(path for path in (golden / "raw").iterdir() if path.is_dir())[0]
    copy = tmp_path / source.name
    shutil.copytree(source, copy, copy_function=shutil.copyfile)
    for path in [copy, *copy.rglob("*/")]:
        path.chmod(0o755)
    return copy


def test_every_golden_block_is_sound(golden, mnemo):
    blocks = [index.parent for index in sorted(golden.glob("*/*/index"))]
    assert len(blocks) > 15
    run = verify(mnemo, *blocks)
    assert run.returncode == 0 and not run.stdout, run.stdout
    assert run.stderr.splitlines()[0].startswith(f"{blocks[0]}: 0 faults; 28 series, ")
    assert len(run.stderr.splitlines()) == len(blocks)


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_named(block, mnemo, damage):
    harm, file = DAMAGES[damage]
    harm(block)
    run = verify(mnemo, block)
    lines = run.stdout.splitlines()
    assert run.returncode == 1 and lines, damage
    assert all(line.startswith(f"block {block.name}: ") for line in lines), lines
    assert any(line.startswith(f"block {block.name}: {file}: ") for line in lines), lines


def test_many_faults_are_counted(block, mnemo):
    segment = block / "chunks/000001"
    segment.write_bytes(segment.read_bytes()[:9])
    run = verify(mnemo, block)
    assert run.returncode == 1
    assert len(run.stdout.splitlines()) == 100
    shown, rest = run.stderr.splitlines()
    count = int(shown.split(": ")[1].split(" ")[0])
    assert count > 700 and f"{count - 100} of the faults are not shown" in rest


def test_sound_blocks_do_not_hide_a_bad_one(golden, block, mnemo):
    (block / "index").unlink()
    sound = next(index.parent for index in golden.glob("raw/*/index"))
    assert verify(mnemo, block, sound).returncode == 1
    assert verify(mnemo, sound).returncode == 0


def test_errors_have_their_exit_status(mnemo, tmp_path):
    assert verify(mnemo).returncode == 2
    absent = verify(mnemo, tmp_path / "absent")
    assert absent.returncode == 1 and "absent: no folder of a block" in absent.stderr
