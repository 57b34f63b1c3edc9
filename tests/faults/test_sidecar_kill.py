# SPDX-License-Identifier: Apache-2.0
"""The sidecar is killed again and again in the middle of an upload. The bucket is slowed by the test
(slow_io), which also tells which file was just put, so that each kill is seen to land between the first
and the last file of a block."""
import collections
import json
import math
import os
import pathlib
import random
import re
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import history  # noqa: E402
from cluster import wait_until  # noqa: E402
from processes import MNEMO, Process, free_port, prometheus  # noqa: E402

KILLS = 50
BLOCKS = 45
TWO_HOURS = 7200
SLOW_MS = 10
SLOW_IO = os.environ.get(
    "MNEMO_SLOW_IO", str(pathlib.Path(MNEMO).resolve().parents[1] / "tests/faults/slow_io.so"))
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")

CONFIG = """
global:
  external_labels: {cluster: test, replica: a}
"""


def history_text():
    start = (int(time.time()) // TWO_HOURS - BLOCKS - 2) * TWO_HOURS
    lines = []
    for series in range(50):
        lines += [f'waves{{series="{series:02}"}} {math.sin(t + series)} {t}'
                  for t in range(start, start + BLOCKS * TWO_HOURS, 300)]
    return "\n".join(lines) + "\n# EOF\n"


class Puts:
    """What slow_io has noted so far: the files that got their names in the bucket, in order."""

    def __init__(self, log):
        self.log = log
        self.log.touch()

    def all(self):
        lines = self.log.read_text().splitlines()
        names = [line.removeprefix("put ") for line in lines]
        return [name for name in names if ULID.match(name)]

    def since(self, count):
        return self.all()[count:]


class Scene:
    """A Prometheus with many blocks, a bucket, and a sidecar that comes and goes."""

    def __init__(self, folder):
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self.bucket = self.folder / "bucket"
        self.puts = Puts(self.folder / "puts.log")
        self.config = self.folder / "objstore.yml"
        self.config.write_text(f"type: FILESYSTEM\nconfig:\n  directory: {self.bucket}\n")
        history.write_blocks(self.data, history_text(), prometheus("promtool"))
        self.blocks = {p.parent.name for p in self.data.glob("*/meta.json")}
        self.prometheus = self._start_prometheus()

    def _start_prometheus(self):
        config = self.folder / "prometheus.yml"
        config.write_text(CONFIG)
        self.prometheus_url = f"http://127.0.0.1:{free_port()}"
        process = Process("prometheus", [
            prometheus(), f"--config.file={config}", f"--storage.tsdb.path={self.data}",
            f"--web.listen-address={self.prometheus_url.removeprefix('http://')}",
            "--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h",
            "--storage.tsdb.retention.time=90d"], self.folder)
        process.wait_for(f"{self.prometheus_url}/-/ready", timeout=60)
        return process

    def start_sidecar(self, slow):
        environment = {"LD_PRELOAD": SLOW_IO, "MNEMO_SLOW_IO_DIR": str(self.bucket),
                       "MNEMO_SLOW_IO_MS": str(SLOW_MS if slow else 0),
                       "MNEMO_SLOW_IO_LOG": str(self.puts.log)}
        return Process("sidecar", [
            MNEMO, "sidecar", f"--tsdb.path={self.data}",
            f"--prometheus.url={self.prometheus_url}", f"--objstore.config-file={self.config}",
            f"--http-address=127.0.0.1:{free_port()}", f"--grpc-address=127.0.0.1:{free_port()}"],
            self.folder, environment)

    def uploaded(self):
        return {p.parent.name for p in self.bucket.glob("*/meta.json")}

    def half_uploaded(self):
        """Blocks of which something is in the bucket, but no meta.json."""
        folders = {p.name for p in self.bucket.iterdir() if ULID.fullmatch(p.name)}
        return {b for b in folders - self.uploaded() if any((self.bucket / b).rglob("*"))}

    def check_served_blocks(self):
        """What has a meta.json is whole: every file that it lists is there and as Prometheus has it."""
        for block in self.uploaded():
            meta = json.loads((self.bucket / block / "meta.json").read_text())
            assert meta["thanos"]["labels"] == {"cluster": "test", "replica": "a"}
            listed = {f["rel_path"]: f.get("size_bytes") for f in meta["thanos"]["files"]}
            assert {"index", "meta.json", "chunks/000001"} <= set(listed)
            for path, size in listed.items():
                if path == "meta.json":
                    continue
                content = (self.bucket / block / path).read_bytes()
                assert len(content) == size
                assert content == (self.data / block / path).read_bytes(), f"{block}/{path}"

    def check_shipper_file(self):
        file = self.data / "thanos.shipper.json"
        if file.exists():
            assert set(json.loads(file.read_text())["uploaded"] or []) <= self.uploaded()


def killed_between_files(scene, dice):
    """Starts the sidecar and kills it after the first file of its first or second block, and some time
    more. Returns the block that it left half uploaded, or None when the kill came too late."""
    before = len(scene.puts.all())
    wanted = dice.choice((1, 1, 2))
    sidecar = scene.start_sidecar(slow=True)

    def begun():
        return list(dict.fromkeys(name.split("/")[0] for name in scene.puts.since(before)))

    deadline = time.monotonic() + 60
    while len(begun()) < wanted:
        assert sidecar.running(), sidecar.tail()
        assert time.monotonic() < deadline, f"nothing is shipped\n{sidecar.tail()}"
        time.sleep(0.002)
    time.sleep(dice.uniform(0, 0.012 * SLOW_MS))
    sidecar.kill()
    last = scene.puts.since(before)[-1].split("/")[0]
    return last if last in scene.half_uploaded() else None


@pytest.fixture
def scene(tmp_path):
    if not os.access(MNEMO, os.X_OK) or not os.path.exists(SLOW_IO):
        pytest.skip(f"{MNEMO} or {SLOW_IO} is not built")
    if not prometheus() or not prometheus("promtool"):
        pytest.skip("no prometheus and promtool on this machine")
    made = Scene(tmp_path)
    yield made
    made.prometheus.kill()


def test_kills_in_the_middle_of_uploads_lose_nothing_and_double_nothing(scene):
    dice = random.Random(20260601)
    assert len(scene.blocks) >= BLOCKS
    left_half = []
    while len(left_half) < KILLS:
        block = killed_between_files(scene, dice)
        if block:
            left_half.append(block)
        scene.check_served_blocks()
        scene.check_shipper_file()
    assert len(set(left_half)) > 5, "the kills did not hit different blocks"

    sidecar = scene.start_sidecar(slow=False)
    wait_until(lambda: scene.uploaded() == scene.blocks, "all blocks are in the bucket", sidecar)
    wait_until(lambda: (scene.data / "thanos.shipper.json").exists(), "the pass ends", sidecar)
    assert sidecar.stop() == 0, sidecar.tail()

    scene.check_served_blocks()
    assert scene.uploaded() == scene.blocks
    assert not scene.half_uploaded()
    metas = collections.Counter(n for n in scene.puts.all() if n.endswith("/meta.json"))
    assert set(metas.values()) == {1}, "a block was uploaded twice"
    leftovers = [p for p in (scene.bucket / ".mnemo-tmp").glob("*")]
    assert not leftovers, "files of killed processes are left"
    assert not any((scene.data / "thanos" / "upload").iterdir())
