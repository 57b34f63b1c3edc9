# SPDX-License-Identifier: Apache-2.0
"""What an object store is asked for, which is what it is paid for: by a sidecar and a store, a block, a
query, an idle hour. The server counts, and so do the metrics. The figures are those of
docs/object-storage.md."""
import collections
import os
import re
import time
import urllib.request

import pytest

import buckets
import history
from cluster import DAY, get, live_stores, wait_until
from counting_s3 import CountingS3
from processes import MNEMO, Process, free_port, prometheus

pytestmark = [
    pytest.mark.skipif(not os.access(MNEMO, os.X_OK), reason=f"{MNEMO} is not built"),
    pytest.mark.skipif(not prometheus(), reason="no Prometheus on this machine"),
]

BLOCKS, SPAN = 6, DAY // 2
OPERATIONS = {"iter": "list", "get": "get", "get_range": "get range", "attributes": "head",
              "upload": "put", "delete": "delete"}


class Program:
    """One of ours, and how often it has asked the bucket in its own view."""

    def __init__(self, folder, name, command, *flags):
        self.grpc, self.http = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.http}"
        self.process = Process(name, [MNEMO, command, f"--grpc-address={self.grpc}",
                                      f"--http-address={self.http}", *flags], folder)
        self.process.wait_for(f"{self.url}/-/ready")

    def metrics(self, name):
        """Value by labels, as text."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as answer:
            found = re.findall(rf"^{name}(\{{.*\}})? (\S+)$", answer.read().decode(), re.MULTILINE)
        return {labels: float(value) for labels, value in found}

    def metric(self, name):
        return sum(self.metrics(name).values())

    def operations(self):
        counts = self.metrics("thanos_objstore_bucket_operations_total")
        return collections.Counter({
            kind: int(count) for operation, kind in OPERATIONS.items()
            for labels, count in counts.items() if f'operation="{operation}"' in labels and count})


class Scene:
    """A Prometheus with half a day of blocks, and a server that counts."""

    def __init__(self, folder, upstream=None):
        self.folder, self.data, self.programs = folder, folder / "data", []
        self.start = (int(time.time()) - SPAN) // 7200 * 7200 - 7200
        text = history.open_metrics(self.start, self.start + SPAN)
        history.write_blocks(self.data, text, prometheus("promtool"))
        assert len(list(self.data.glob("*/meta.json"))) == BLOCKS
        client = upstream.client("bill") if upstream else buckets.S3Client("", "key", "secret", "bill")
        if upstream:
            client.make_bucket()
        self.s3 = CountingS3("bill", client.endpoint if upstream else None)
        client.endpoint = self.s3.endpoint
        self.bucket = buckets.S3Bucket(client)
        self.objstore = f"--objstore.config={self.bucket.config}"
        config = folder / "prometheus.yml"
        config.write_text("global: {external_labels: {cluster: test, replica: a}}\n")
        port = free_port()
        self.prometheus_url = f"http://127.0.0.1:{port}"
        self.prometheus = Process("prometheus", [
            prometheus(), f"--config.file={config}", f"--storage.tsdb.path={self.data}",
            f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.min-block-duration=2h",
            "--storage.tsdb.max-block-duration=2h", "--storage.tsdb.retention.time=30d"], folder)
        self.prometheus.wait_for(f"{self.prometheus_url}/-/ready", timeout=60)

    def run(self, name, command, *flags):
        self.programs.append(Program(self.folder, name, command, *flags))
        return self.programs[-1]

    def sidecar(self, name):
        sidecar = self.run(name, "sidecar", f"--tsdb.path={self.data}", self.objstore,
                           f"--prometheus.url={self.prometheus_url}")
        wait_until(lambda: sidecar.metric("thanos_shipper_dir_syncs_total") >= 1, "a pass over the blocks")
        return sidecar

    def store(self, name, *flags, folder=None):
        return self.run(name, "store", self.objstore, f"--data-dir={self.folder / (folder or name)}", *flags)

    def querier(self, name, store):
        query = self.run(name, "query", f"--endpoint={store.grpc}")
        wait_until(lambda: live_stores(query.url), "the store is seen")
        return query

    def stop(self):
        for program in self.programs:
            program.process.kill()
        self.prometheus.kill()
        self.s3.stop()


@pytest.fixture(scope="module", params=["peer", "s3"])
def scene(request, tmp_path_factory):
    upstream = request.getfixturevalue("s3_server") if request.param == "s3" else None
    made = Scene(tmp_path_factory.mktemp("bill"), upstream)
    try:
        shipped = made.s3.during(lambda: setattr(made, "shipper", made.sidecar("sidecar")))
        made.shipped = shipped
        yield made
    finally:
        made.stop()


def counted(scene, program, work):
    """What `work` makes a program ask for, in the view of both sides."""
    before = program.operations()
    asked = scene.s3.during(work)
    assert program.operations() - before == asked
    return dict(asked)


def test_a_block_is_shipped_by_four_requests(scene):
    # Is it there; a segment, the index, meta.json. The region is asked for once.
    assert scene.shipped == {"head": BLOCKS, "put": 3 * BLOCKS, "location": 1}
    assert scene.shipper.operations() == {"head": BLOCKS, "put": 3 * BLOCKS}


def test_an_idle_sidecar_asks_for_nothing(scene):
    assert not scene.s3.during(lambda: scene.sidecar("sidecar-again"))
    if os.environ.get("MNEMO_E2E") != "full":
        return
    # A pass every thirty seconds.
    done = lambda: scene.shipper.metric("thanos_shipper_dir_syncs_total")
    assert not scene.s3.during(
        lambda: wait_until(lambda: done() >= 4, "further passes", timeout=150))


def test_a_store_starts_with_three_requests_a_block(scene):
    asked = scene.s3.during(lambda: scene.store("store-first"))
    assert asked == {"location": 1, "list": 1, "get": BLOCKS, "get range": 2 * BLOCKS}
    # Index-headers are kept.
    asked = scene.s3.during(lambda: scene.store("store-restarted", folder="store-first"))
    assert asked == {"location": 1, "list": 1, "get": BLOCKS}


def test_an_idle_store_lists_the_bucket_once_a_sync(scene):
    """Four times an hour, by --sync-block-duration's default; no more with a caching bucket."""
    store = scene.store("store-idle", "--sync-block-duration=200ms")
    syncs = lambda: store.metric("thanos_blocks_meta_syncs_total")
    first = syncs()
    asked = scene.s3.during(lambda: wait_until(lambda: syncs() >= first + 8, "eight syncs"))
    last = syncs()
    store.process.kill()
    assert set(asked) == {"list"}
    assert 7 <= asked["list"] <= last - first + 1
    cached = scene.store("store-idle-cached", "--sync-block-duration=200ms",
                         "--store.caching-bucket.config={type: IN-MEMORY, blocks_iter_ttl: 1h}")
    asked = scene.s3.during(lambda: wait_until(
        lambda: cached.metric("thanos_blocks_meta_syncs_total") >= 8, "eight syncs"))
    cached.process.kill()
    assert not asked


QUESTIONS = {
    # Expression, blocks: a moment in the middle of one, and all the time.
    "a moment": ("http_requests_total", 1),
    "all the time": ("sum by (code) (rate(http_requests_total[5m]))", BLOCKS),
}


def asker(scene, query, question):
    expression, blocks = QUESTIONS[question]
    middle = scene.start + 3600

    def ask():
        path, params = ("/api/v1/query", {"time": middle}) if blocks == 1 else (
            "/api/v1/query_range", {"start": scene.start + 600, "end": scene.start + SPAN - 60, "step": 60})
        status, answer = get(query.url, path, {"query": expression, **params})
        assert status == 200 and answer["data"]["result"] and not answer.get("warnings"), answer
    return ask


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_query_asks_three_times_a_block_and_once_when_it_was_asked_before(scene, question):
    blocks = QUESTIONS[question][1]
    name = question.replace(" ", "-")
    store = scene.store(f"store-{name}")
    ask = asker(scene, scene.querier(f"query-{name}", store), question)
    assert counted(scene, store, ask) == {"get range": 3 * blocks}  # postings, entries, chunks
    assert counted(scene, store, ask) == {"get range": blocks}  # chunks


@pytest.mark.parametrize("question", QUESTIONS)
def test_with_a_caching_bucket_a_repeated_query_asks_for_nothing(scene, question):
    blocks = QUESTIONS[question][1]
    name = question.replace(" ", "-")
    store = scene.store(f"store-cached-{name}", "--store.caching-bucket.config={type: IN-MEMORY}")
    ask = asker(scene, scene.querier(f"query-cached-{name}", store), question)
    assert counted(scene, store, ask) == {"get range": 3 * blocks, "head": blocks}
    assert counted(scene, store, ask) == {}
