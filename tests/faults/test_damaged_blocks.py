# SPDX-License-Identifier: Apache-2.0
"""A damaged block in the bucket is told by name, file and offset; the store lives on and serves the
other blocks."""
import json
import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from cluster import get, live_stores, wait_until  # noqa: E402
from processes import MNEMO, Process, free_port, prometheus  # noqa: E402

START = 1_780_272_000  # 2026-06-01T00:00:00Z
BLOCKS = 3
TWO_HOURS = 7200


def history_text():
    lines = []
    for series in range(20):
        lines += [f'steps_total{{series="{series:02}"}} {t - START + series} {t}'
                  for t in range(START, START + BLOCKS * TWO_HOURS, 15)]
    return "\n".join(lines) + "\n# EOF\n"


@pytest.fixture(scope="module")
def good_bucket(tmp_path_factory):
    import history
    if not prometheus("promtool"):
        pytest.skip("no promtool on this machine")
    if not os.access(MNEMO, os.X_OK):
        pytest.skip(f"{MNEMO} is not built")
    bucket = tmp_path_factory.mktemp("good") / "bucket"
    history.write_blocks(bucket, history_text(), prometheus("promtool"))
    for meta in bucket.glob("*/meta.json"):
        content = json.loads(meta.read_text())
        content["thanos"] = {"version": 1, "labels": {"cluster": "test", "replica": "a"},
                             "downsample": {"resolution": 0}, "source": "test"}
        meta.write_text(json.dumps(content))
    for folder in bucket.glob("*/"):
        (folder / "tombstones").unlink(missing_ok=True)
    assert len(list(bucket.glob("*/meta.json"))) == BLOCKS
    return bucket


def flip(path, offset):
    content = bytearray(path.read_bytes())
    content[offset] ^= 0x10
    path.write_bytes(content)


def truncate(path, size):
    os.truncate(path, size)


def toc(index):
    """The offsets in an index's table of contents, by name."""
    table = index.read_bytes()[-52:]
    names = ("symbols", "series", "label_indices", "label_offsets", "postings", "postings_offsets")
    return {name: int.from_bytes(table[i * 8:i * 8 + 8], "big") for i, name in enumerate(names)}


def flip_postings(index):
    """Every list: one byte of each reference."""
    for offset in range(toc(index)["postings"] + 11, toc(index)["label_offsets"] - 4, 4):
        flip(index, offset)


DAMAGES = {
    "index cut in half": (lambda b: truncate(b / "index", (b / "index").stat().st_size // 2), "index"),
    "index empty": (lambda b: truncate(b / "index", 0), "index"),
    "flipped magic": (lambda b: flip(b / "index", 0), "index"),
    "flipped symbols": (lambda b: flip(b / "index", toc(b / "index")["symbols"] + 10), "index"),
    "flipped series": (lambda b: flip(b / "index", toc(b / "index")["series"] + 20), "index"),
    "flipped postings": (lambda b: flip_postings(b / "index"), "index"),
    "flipped offset table":
        (lambda b: flip(b / "index", toc(b / "index")["postings_offsets"] + 12), "index"),
    "flipped table of contents": (lambda b: flip(b / "index", (b / "index").stat().st_size - 30),
                                  "index"),
    "flipped chunk": (lambda b: flip(b / "chunks/000001", 60), "chunks/000001"),
    "chunks cut": (lambda b: truncate(b / "chunks/000001", 100), "chunks/000001"),
    "segment missing": (lambda b: (b / "chunks/000001").unlink(), "chunks/000001"),
    "meta.json cut": (lambda b: truncate(b / "meta.json", 40), "meta.json"),
    "meta.json not JSON": (lambda b: (b / "meta.json").write_text("\0\xff{"), "meta.json"),
    "meta.json of version 9": (lambda b: (b / "meta.json").write_text('{"version": 9}'), "meta.json"),
}


class Serving:
    """A store over a bucket, and a querier over the store."""

    def __init__(self, bucket, folder):
        grpc, http, query = free_port(), free_port(), free_port()
        self.store = Process("store", [
            MNEMO, "store", f"--objstore.config={{type: FILESYSTEM, config: {{directory: {bucket}}}}}",
            f"--data-dir={folder / 'data'}", f"--grpc-address=127.0.0.1:{grpc}",
            f"--http-address=127.0.0.1:{http}"], folder)
        self.url = f"http://127.0.0.1:{query}"
        self.querier = Process("query", [
            MNEMO, "query", f"--endpoint=127.0.0.1:{grpc}", "--query.replica-label=replica",
            f"--grpc-address=127.0.0.1:{free_port()}", f"--http-address=127.0.0.1:{query}"], folder)
        self.store.wait_for(f"http://127.0.0.1:{http}/-/ready")
        self.querier.wait_for(f"{self.url}/-/ready")
        wait_until(lambda: live_stores(self.url), "the store", self.querier)

    def ask(self, **params):
        return get(self.url, "/api/v1/query", {"query": "count_over_time(steps_total[90m])", **params})

    def stop(self):
        self.querier.stop()
        assert self.store.stop() == 0


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_block_is_told_and_the_others_are_served(good_bucket, tmp_path, damage):
    bucket = tmp_path / "bucket"
    shutil.copytree(good_bucket, bucket)
    by_time = sorted(bucket.glob("*/"),
                     key=lambda b: json.loads((b / "meta.json").read_text())["minTime"])
    harm, file = DAMAGES[damage]
    harm(by_time[1])
    serving = Serving(bucket, tmp_path)
    try:
        for block in (0, 2):  # untouched blocks
            status, answer = serving.ask(time=START + block * TWO_HOURS + 7100)
            assert status == 200, answer
            assert [s["value"][1] for s in answer["data"]["result"]] == ["360"] * 20, damage
            assert not answer.get("warnings"), damage
        # The damaged one, with partial response: the process lives, and says what is wrong, either
        # in the answer (it found out while reading) or in its log (it refused the block).
        _, answer = serving.ask(time=START + TWO_HOURS + 7100, partial_response="true")
        told = " ".join(answer.get("warnings", [])) + answer.get("error", "")
        complaint = told if file in told else serving.store.tail(100_000)
        assert by_time[1].name in complaint and file in complaint, (told, serving.store.tail())
        if file != "meta.json" and "missing" not in damage:
            assert "offset" in complaint or "size" in complaint or "bytes" in complaint, complaint
        assert serving.store.running()
    finally:
        serving.stop()
