# SPDX-License-Identifier: Apache-2.0
"""Replicas become one, a store that is down is told, a stacked querier answers as a flat one."""
import socket
import urllib.error
import urllib.request

import pytest

from buckets import S3Bucket, S3Client
from cluster import DAY, REPLICAS, get, live_stores, wait_until
from compare import differences
from counting_s3 import CountingS3
from processes import MNEMO, Process, free_port

QUERIES = [
    "http_requests_total",
    "sum by (code) (rate(http_requests_total[5m]))",
    "avg_over_time(memory_bytes[20m])",
    "flapping",
    'count({__name__=~".+"})',
    "histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[10m])))",
]


def history_range(cluster):
    middle = cluster.history_start + DAY // 2
    return {"start": middle - 7200, "end": middle, "step": 60}


@pytest.mark.parametrize("query", QUERIES)
def test_deduplicated_series_appear_once(cluster, route, query):
    status, answer = get(route.url, "/api/v1/query_range",
                         {"query": query, "dedup": "true", **history_range(cluster)})
    assert status == 200, answer
    labels = [tuple(sorted(s["metric"].items())) for s in answer["data"]["result"]]
    assert labels and len(labels) == len(set(labels))
    assert not any(name == "replica" for metric in labels for name, _ in metric)


def test_an_outage_of_one_replica_is_filled_by_the_other(cluster, route):
    outage = cluster.history_start + 9600
    for dedup, replica, expected in (("false", "b", 0), ("false", "a", 9), ("true", None, 9)):
        matcher = f'{{replica="{replica}"}}' if replica else ""
        _, answer = get(route.url, "/api/v1/query",
                        {"query": f"http_requests_total{matcher}", "time": outage, "dedup": dedup})
        assert len(answer["data"]["result"]) == expected


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("dedup", ["true", "false"])
def test_a_stacked_querier_answers_as_a_flat_one(cluster, route, stacked, query, dedup):
    params = {"query": query, "dedup": dedup, **history_range(cluster)}
    flat_status, flat = get(route.url, "/api/v1/query_range", params)
    status, answer = get(stacked, "/api/v1/query_range", params)
    assert (status, flat_status) == (200, 200), answer
    assert not differences(answer["data"], flat["data"])


@pytest.fixture(scope="module")
def stacked(cluster, route):
    return cluster.start_query(f"stacked-{route.name.replace(' ', '-')}", [route.grpc])[0]


def test_labels_and_series(cluster, route):
    _, names = get(route.url, "/api/v1/labels", {})
    assert names["data"] == sorted({"__name__", "cluster", "code", "instance", "job", "le", "odd",
                                    "replica", "version"} | set(names["data"]))
    _, values = get(route.url, "/api/v1/label/replica/values", {})
    assert values["data"] == list(REPLICAS)
    _, codes = get(route.url, "/api/v1/label/code/values",
                   {"match[]": 'http_requests_total{instance="10.0.0.1:80"}'})
    assert codes["data"] == ["200", "404", "500"]
    _, series = get(route.url, "/api/v1/series",
                    {"match[]": "build_info", "dedup": "true", **history_range(cluster)})
    assert sorted(s["instance"] for s in series["data"]) == ["10.0.0.1:80", "10.0.0.2:80",
                                                            "10.0.0.3:80"]


def test_a_store_that_is_down_is_a_warning_or_an_error(cluster):
    endpoint, _ = cluster.start_store("store-to-die")
    url, grpc = cluster.start_query("query-partial", [cluster.sidecar_grpc["a"]],
                                 f"--endpoint-strict={endpoint}")
    wait_until(lambda: len(live_stores(url)) >= 2, "both endpoints")
    params = {"query": "http_requests_total", **history_range(cluster)}
    middle, middle_grpc = cluster.start_query("query-partial-middle", [grpc])
    top, _ = cluster.start_query("query-partial-top", [middle_grpc])
    for asked in (url, middle, top):
        status, answer = get(asked, "/api/v1/query_range", {**params, "partial_response": "false"})
        assert status == 200 and not answer.get("warnings"), answer
    cluster.process("store-to-die").kill()

    for asked in (url, middle, top):  # however many queriers are between
        status, answer = get(asked, "/api/v1/query_range", {**params, "partial_response": "true"})
        assert status == 200
        assert answer["data"]["result"]
        assert any(endpoint in warning for warning in answer["warnings"])
        status, answer = get(asked, "/api/v1/query_range", {**params, "partial_response": "false"})
        assert status in (422, 500, 503)
        assert endpoint in answer["error"]


@pytest.mark.parametrize("caches", [False, True])
def test_a_store_that_has_not_looked_at_its_bucket_yet_warns_or_fails(tmp_path, cluster, caches):
    """So that nobody keeps a hole for an answer: while the bucket is slow, and once it is there."""
    s3 = CountingS3("slow")
    block = min(cluster.bucket.blocks())
    for path in cluster.bucket.copy(block, tmp_path).rglob("*"):
        if path.is_file():
            s3.objects[str(path.relative_to(tmp_path))] = (path.read_bytes(), 0)
    s3.held = lambda kind, name: kind != "location"
    bucket = S3Bucket(S3Client(s3.endpoint, "key", "secret", "slow"))
    flags = ["--store.caching-bucket.config={type: IN-MEMORY}"] if caches else []
    name = f"slow-{caches}"
    grpc, http = cluster.start_store(name, *flags, bucket=bucket, wait_for="healthy")
    meta = cluster.bucket.meta(block)
    params = {"query": "http_requests_total", "time": (meta["minTime"] + meta["maxTime"]) / 2000}
    try:
        with pytest.raises(urllib.error.HTTPError) as not_ready:
            urllib.request.urlopen(f"{http}/-/ready", timeout=10)
        assert not_ready.value.code == 503
        url, _ = cluster.start_query(f"query-{name}", [], f"--endpoint-strict={grpc}")

        def ask(partial_response):
            return get(url, "/api/v1/query", {**params, "partial_response": partial_response})

        def warned():
            status, answer = ask("true")
            return status == 200 and answer.get("warnings")
        # Listing; then the block is known but not what is in it.
        for held in ("list", "get", "get range"):
            s3.held = lambda kind, name, held=held: kind == held
            wait_until(lambda: held in s3.counts(), held)
            wait_until(warned, f"a warning while {held} waits")
            assert ask("false")[0] in (422, 500, 503)
        s3.held = lambda kind, name: False
        cluster.process(name).wait_for(f"{http}/-/ready")
        status, answer = ask("false")
        assert status == 200 and len(answer["data"]["result"]) == 9 and not answer.get("warnings")
    finally:
        s3.stop()


def test_programs_end_cleanly_on_sigterm(cluster):
    cluster.start_store("store-to-end")
    cluster.start_query("query-to-end", [cluster.store_grpc])
    assert cluster.process("query-to-end").stop() == 0
    assert cluster.process("store-to-end").stop() == 0


def test_a_querier_that_has_not_asked_its_endpoints_yet_refuses_to_answer(tmp_path):
    http = free_port()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, says nothing
        process = Process("query", [
            MNEMO, "query", f"--endpoint-strict=127.0.0.1:{silent.getsockname()[1]}",
            "--endpoint.info-timeout=3s", "--grpc-address=127.0.0.1:0",
            f"--http-address=127.0.0.1:{http}"], tmp_path)
        try:
            url = f"http://127.0.0.1:{http}"
            process.wait_for(f"{url}/-/healthy")
            status, answer = get(url, "/api/v1/query", {"query": "up"})
            assert status == 503 and "ready" in answer["error"]
            process.wait_for(f"{url}/-/ready")
            status, answer = get(url, "/api/v1/query", {"query": "up", "timeout": "2s"})
            assert status != 200 or answer["warnings"]
        finally:
            assert process.stop() == 0
