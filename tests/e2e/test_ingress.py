# SPDX-License-Identifier: Apache-2.0
"""From cluster to cluster: a querier shows its certificate to an nginx, the ingress of another
cluster, which passes gRPC on to a sidecar."""
import os
import shutil
import signal
import threading
import time

import pytest

from authority import Authority
from cluster import get, live_stores, wait_until
from processes import MNEMO, Process, free_port, prometheus

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

pytestmark = [
    pytest.mark.skipif(not os.access(MNEMO, os.X_OK), reason=f"{MNEMO} is not built"),
    pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine"),
    pytest.mark.skipif(not NGINX, reason="no nginx on this machine"),
    pytest.mark.skipif(not prometheus(), reason="no Prometheus on this machine"),
]

PROMETHEUS = """
global: {{scrape_interval: 1s, external_labels: {{cluster: far}}}}
scrape_configs: [{{job_name: self, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""

INGRESS = """
daemon off; worker_processes 1; error_log {folder}/nginx-error.log; pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl http2;
    server_name ingress.test;
    ssl_certificate {folder}/ingress.crt; ssl_certificate_key {folder}/ingress.key;
    ssl_client_certificate {folder}/authority.crt; ssl_verify_client on;
    location / {{ grpc_pass grpc://127.0.0.1:{sidecar}; }}
  }}
}}
"""


class FarCluster:
    """A Prometheus, its sidecar, and an ingress that wants certificates."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = Authority(folder, "authority")
        self.authority.sign("ingress", "DNS:ingress.test")
        self.processes = []
        port, grpc, http = free_port(), free_port(), free_port()
        config = folder / "prometheus.yml"
        config.write_text(PROMETHEUS.format(port=port))
        self.start("prometheus", prometheus(), f"--config.file={config}",
                   f"--storage.tsdb.path={folder / 'data'}",
                   f"--web.listen-address=127.0.0.1:{port}").wait_for(
                       f"http://127.0.0.1:{port}/-/ready")
        self.start("sidecar", MNEMO, "sidecar", f"--prometheus.url=http://127.0.0.1:{port}",
                   f"--tsdb.path={folder / 'data'}", f"--grpc-address=127.0.0.1:{grpc}",
                   f"--http-address=127.0.0.1:{http}").wait_for(f"http://127.0.0.1:{http}/-/ready")
        self.ingress = free_port()
        nginx = folder / "nginx.conf"
        nginx.write_text(INGRESS.format(folder=folder, port=self.ingress, sidecar=grpc))
        self.nginx = self.start("nginx", NGINX, "-c", nginx, "-p", folder)

    def start(self, name, *command):
        process = Process(name, command, self.folder)
        self.processes.append(process)
        return process

    def querier(self, name, ca, pair):
        http = free_port()
        flags = [f"--grpc-client-tls-ca={ca}", "--grpc-client-server-name=ingress.test",
                 "--grpc-client-tls-secure", "--grpc-client-tls-min-version=1.2"]
        if pair:
            flags += [f"--grpc-client-tls-cert={pair[0]}", f"--grpc-client-tls-key={pair[1]}"]
        process = self.start(name, MNEMO, "query", f"--endpoint-strict=127.0.0.1:{self.ingress}",
                             f"--grpc-address=127.0.0.1:{free_port()}",
                             f"--http-address=127.0.0.1:{http}", "--endpoint.info-timeout=2s",
                             *flags)
        url = f"http://127.0.0.1:{http}"
        process.wait_for(f"{url}/-/ready")
        return url, process

    def stop(self):
        for process in reversed(self.processes):
            process.kill()


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    cluster = FarCluster(tmp_path_factory.mktemp("far"))
    yield cluster
    cluster.stop()


def replace(source, target):
    for new, old in zip(source, target):
        os.replace(new, old)


def up(url):
    return get(url, "/api/v1/query", {"query": 'up{cluster="far"}', "partial_response": "false"})


def test_certificates_are_exchanged_under_traffic_without_a_failed_query(far):
    pair = far.authority.sign("client", "DNS:querier")
    url, process = far.querier("query", far.authority.cert, pair)
    wait_until(lambda: live_stores(url), "the sidecar behind the ingress", process)
    wait_until(lambda: up(url)[1].get("data", {}).get("result"), "the first sample", process)
    answers, end = [], threading.Event()

    def ask():
        while not end.is_set():
            answers.append(up(url))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    try:
        time.sleep(0.5)
        replace(far.authority.sign("client2", "DNS:querier"), pair)
        time.sleep(1.5)
        replace(far.authority.sign("ingress2", "DNS:ingress.test"),
                (far.folder / "ingress.crt", far.folder / "ingress.key"))
        far.nginx.popen.send_signal(signal.SIGHUP)
        time.sleep(1.5)
    finally:
        end.set()
        for thread in asking:
            thread.join()
    failed = [answer for answer in answers if answer[0] != 200 or not answer[1]["data"]["result"]]
    assert not failed, failed[:3]
    assert len(answers) > 50
    assert "certificates were read again" in process.tail(100_000)


@pytest.mark.parametrize("name,expected", [
    ("none", "no client certificate is configured"),
    ("foreign", "may not accept the client certificate"),
    ("expired", "expired.crt expired on "),
    ("unknown", "certificate verify failed"),
])
def test_others_are_refused_and_told_why(far, tmp_path, name, expected):
    pair, ca = None, far.authority.cert
    if name == "foreign":
        pair = Authority(tmp_path, "stranger").sign("foreign", "DNS:querier")
    if name == "expired":
        pair = far.authority.sign("expired", "DNS:querier", days=-1)
    if name == "unknown":
        ca = Authority(tmp_path, "other").cert
        pair = far.authority.sign("known", "DNS:querier")
    url, process = far.querier(f"query-{name}", ca, pair)

    def error():
        groups = get(url, "/api/v1/stores", {})[1]["data"].values()
        return next((s["lastError"] for group in groups for s in group if s.get("lastError")), "")
    wait_until(error, "an error of the endpoint", process)
    assert expected in error() + process.tail(10_000), (error(), process.tail())
    assert up(url)[0] != 200
