# SPDX-License-Identifier: Apache-2.0
"""The topology of the end-to-end tests: two Prometheus servers as HA replicas with a day of history,
their sidecars, a bucket, a store and queriers."""
import json
import time
import urllib.error
import urllib.parse
import urllib.request

import history
from processes import MNEMO, Process, free_port, prometheus

REPLICAS = ("a", "b")
DAY = 86400

CONFIG = """
global:
  scrape_interval: 1s
  external_labels: {{cluster: test, replica: {replica}}}
scrape_configs:
  - job_name: api
    honor_labels: true
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Cluster:
    """`major` is the version of Prometheus. The sidecars in `sidecar_grpc` serve all that their servers
    have; those in `recent_grpc`, which ship nothing, only what is not all in the bucket."""

    def __init__(self, folder, bucket, major):
        self.folder, self.bucket, self.major = folder, bucket, major
        self.target = history.Target()
        self.processes = []
        self.prometheus_url = {}
        self.sidecar_grpc = {}
        self.recent_grpc = {}
        self.routes = {}
        now = int(time.time())
        self.history_end = now - 90
        self.history_start = (now - DAY) // 7200 * 7200
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        for replica in REPLICAS:
            self._start_prometheus(replica)
        for replica in REPLICAS:
            self.sidecar_grpc[replica] = self._start_sidecar(
                replica, f"sidecar-{replica}", f"--objstore.config={self.bucket.config}")
            self.recent_grpc[replica] = self._start_sidecar(replica, f"recent-{replica}", "--min-time=-3h")
        self.store_grpc, self.store_http = self.start_store("store")
        endpoints = [*self.sidecar_grpc.values(), self.store_grpc]
        self.query_url, self.query_grpc = self.start_query("query", endpoints)
        self._wait_for_uploads()

    def start(self, name, *command, environment=None):
        process = Process(name, command, self.folder, environment)
        self.processes.append(process)
        return process

    def _start_prometheus(self, replica):
        data = self.folder / f"data-{replica}"
        outage = (self.history_start + 9000, self.history_start + 10800)
        text = history.open_metrics(self.history_start, self.history_end,
                                    offset=6.431 if replica == "b" else 0.0,
                                    gaps=[outage] if replica == "b" else [])
        history.write_blocks(data, text, prometheus("promtool", self.major))
        config = self.folder / f"prometheus-{replica}.yml"
        config.write_text(CONFIG.format(replica=replica, port=self.target.port))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        process = self.start(
            f"prometheus-{replica}", prometheus(major=self.major), f"--config.file={config}",
            f"--storage.tsdb.path={data}", f"--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h",
            "--storage.tsdb.retention.time=30d", "--log.level=warn",
            # Of one of them, series come in many frames.
            *(["--storage.remote.read-max-bytes-in-frame=1000"] if replica == "b" else []))
        process.wait_for(f"{url}/-/ready", timeout=60)
        self.prometheus_url[replica] = url

    def _start_sidecar(self, replica, name, *flags):
        grpc, http = free_port(), free_port()
        process = self.start(
            name, MNEMO, "sidecar", f"--tsdb.path={self.folder / f'data-{replica}'}",
            f"--prometheus.url={self.prometheus_url[replica]}",
            f"--grpc-address=127.0.0.1:{grpc}", f"--http-address=127.0.0.1:{http}", *flags)
        process.wait_for(f"http://127.0.0.1:{http}/-/ready")
        return f"127.0.0.1:{grpc}"

    def start_store(self, name, *flags, bucket=None, wait_for="ready"):
        grpc, http = free_port(), free_port()
        process = self.start(
            name, MNEMO, "store", f"--objstore.config={(bucket or self.bucket).config}",
            f"--data-dir={self.folder / name}", "--sync-block-duration=1s",
            f"--grpc-address=127.0.0.1:{grpc}", f"--http-address=127.0.0.1:{http}", *flags)
        process.wait_for(f"http://127.0.0.1:{http}/-/{wait_for}")
        return f"127.0.0.1:{grpc}", f"http://127.0.0.1:{http}"

    def start_query(self, name, endpoints, *flags):
        grpc, http = free_port(), free_port()
        process = self.start(
            name, MNEMO, "query", *[f"--endpoint={e}" for e in endpoints],
            "--query.replica-label=replica", "--store.sd-dns-interval=1s",
            f"--grpc-address=127.0.0.1:{grpc}", f"--http-address=127.0.0.1:{http}", *flags)
        url = f"http://127.0.0.1:{http}"
        process.wait_for(f"{url}/-/ready")
        wait_until(lambda: len(live_stores(url)) >= len(endpoints),
                   f"{name} sees its endpoints", process)
        return url, f"127.0.0.1:{grpc}"

    def process(self, name):
        return next(p for p in self.processes if p.name == name)

    def _wait_for_uploads(self):
        expected = sum(len(list((self.folder / f"data-{r}").glob("*/meta.json"))) for r in REPLICAS)
        wait_until(lambda: len(self.bucket.blocks()) >= expected, f"{expected} blocks in the bucket")

        def loaded():
            stores = get(self.query_url, "/api/v1/stores", {})[1]["data"]
            return any(s["minTime"] <= (self.history_start + 60) * 1000
                       for s in stores.get("store", []))
        wait_until(loaded, "the store serves the oldest block")

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
        self.target.stop()


def wait_until(condition, what, process=None, timeout=60):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited in vain: {what}\n{process.tail() if process else ''}")


def live_stores(query_url):
    answer = get(query_url, "/api/v1/stores", {})[1]
    return [s for group in answer["data"].values() for s in group if not s.get("lastError")]


def get(base, path, params):
    """Asks an API; returns the HTTP status and the decoded JSON."""
    url = f"{base}{path}?{urllib.parse.urlencode(params, doseq=True)}"
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        body = error.read()
        try:
            return error.code, json.loads(body)
        except ValueError:
            return error.code, {"status": "error", "error": body.decode(errors="replace")}
