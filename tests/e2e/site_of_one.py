# SPDX-License-Identifier: Apache-2.0
"""A Prometheus with rules, exemplars and an admin API, and its sidecar that writes its configuration:
for what a sidecar does beside serving series."""
import http.server
import json
import os
import pathlib
import shutil
import threading

from processes import MNEMO, SHARED, Process, free_port, prometheus

GOLDEN = SHARED / "golden"
HAS_PROMETHEUS3 = bool(os.environ.get("MNEMO_PROMETHEUS3"))

CONFIG = """
global:
  scrape_interval: 1s
  evaluation_interval: 1s
  external_labels: {{cluster: golden, replica: $(REPLICA)}}
rule_files: ["{rules}/*.yml"]
scrape_configs:
  - {{job_name: demo, static_configs: [{{targets: ["127.0.0.1:{demo}"]}}]}}
  - {{job_name: prometheus, static_configs: [{{targets: ["127.0.0.1:{prometheus}"]}}]}}
  - job_name: gone
    relabel_configs: [{{source_labels: [team], regex: x, action: drop}}]
    static_configs: [{{targets: ["127.0.0.1:1"], labels: {{team: x}}}}]
"""

RULES = """
groups:
  - name: alerting
    interval: 2s
    rules:
      - {alert: DemoAlways, expr: demo_temperature_celsius > 20, labels: {severity: warning},
         annotations: {summary: "It is {{ $value }}"}}
      - {alert: DemoNever, expr: demo_temperature_celsius > 100, labels: {severity: critical}}
  - name: recording
    interval: 1s
    rules:
      - {record: "code:demo_requests:rate1m", labels: {kind: demo},
         expr: "sum by (code) (rate(demo_requests_total[1m]))"}
"""


class Demo:
    """A scrape target with exemplars, in OpenMetrics."""

    def __init__(self):
        demo = self
        self.scrapes = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                demo.scrapes += 1
                n = demo.scrapes
                body = ("# TYPE demo_requests counter\n# HELP demo_requests Requests seen.\n"
                        f'demo_requests_total{{code="200"}} {5 * n} # {{trace_id="abc{n}"}} 0.67\n'
                        f'demo_requests_total{{code="500"}} {n} # {{trace_id="def{n}"}} 1.5\n'
                        "# TYPE demo_temperature_celsius gauge\ndemo_temperature_celsius 21.5\n"
                        "# EOF\n").encode()
                self.send_response(200)
                self.send_header("Content-Type",
                                 "application/openmetrics-text; version=1.0.0; charset=utf-8")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Site:
    def __init__(self, folder: pathlib.Path, bucket):
        self.folder, self.data, self.bucket = folder, folder / "data", bucket
        self.demo = Demo()
        self.processes = []
        self.ports = {name: free_port() for name in ("prometheus", "grpc", "http")}
        self.url = f"http://127.0.0.1:{self.ports['prometheus']}"
        self.http = f"http://127.0.0.1:{self.ports['http']}"
        self.grpc = f"127.0.0.1:{self.ports['grpc']}"
        self.rules = folder / "rules"
        self.rules.mkdir()
        (self.rules / "rules.yml").write_text(RULES)
        self.config, self.output = folder / "prometheus.yml", folder / "out" / "prometheus.yml"
        self.output.parent.mkdir()
        self.config_text = CONFIG.format(rules=self.rules, demo=self.demo.port, **self.ports)
        self.config.write_text(self.config_text)
        self.data.mkdir()
        self.golden_blocks = []
        if HAS_PROMETHEUS3 and GOLDEN.exists():
            self.golden_blocks = json.loads((GOLDEN / "manifest.json").read_text())["raw_a"]
            for block in self.golden_blocks:
                shutil.copytree(GOLDEN / "raw" / block, self.data / block)
                meta = self.data / block / "meta.json"
                content = json.loads(meta.read_text())
                content.pop("thanos", None)  # Prometheus writes none
                meta.write_text(json.dumps(content))

    def start_sidecar(self, *flags, bucket=True, name="sidecar"):
        storage = [f"--objstore.config={self.bucket.config}"]
        process = Process(name, [
            MNEMO, "sidecar", f"--prometheus.url={self.url}", f"--tsdb.path={self.data}",
            f"--grpc-address={self.grpc}", f"--http-address=127.0.0.1:{self.ports['http']}",
            "--prometheus.get_config_interval=1s", *(storage if bucket else []), *flags],
            self.folder, {"REPLICA": "a"})
        self.processes.append(process)
        return process

    def start_prometheus(self, *flags, config=None, name="prometheus", program=None):
        process = Process(name, [
            program or prometheus(), f"--config.file={config or self.output}",
            f"--storage.tsdb.path={self.data}", "--storage.tsdb.retention.time=10y",
            f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}", *flags], self.folder)
        self.processes.append(process)
        process.wait_for(f"{self.url}/-/ready", timeout=60)
        return process

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
        self.demo.server.shutdown()
