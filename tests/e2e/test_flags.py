# SPDX-License-Identifier: Apache-2.0
"""The command line is Thanos': every flag of a shipped component is known, deployments' arguments are
taken as they are, and wrong usage is told."""
import os
import subprocess

import pytest

from processes import MNEMO, SHARED, Process, free_port

COMPONENTS = ("sidecar", "store", "query")
pytestmark = pytest.mark.skipif(not os.access(MNEMO, os.X_OK), reason=f"{MNEMO} is not built")


def run(*arguments):
    return subprocess.run([MNEMO, *arguments], capture_output=True, text=True, timeout=10,
                          stdin=subprocess.DEVNULL)


def thanos_flags():
    listing = SHARED / "thanos-flags.txt"
    if not listing.exists():
        return []
    words = (line.split() for line in listing.read_text().splitlines() if not line.startswith("#"))
    return [(w[0], w[1]) for w in words if w[0] in COMPONENTS and w[1].startswith("--")]


@pytest.mark.skipif(not thanos_flags(), reason=f"no {SHARED / 'thanos-flags.txt'}")
@pytest.mark.parametrize("component", COMPONENTS)
def test_every_flag_of_thanos_is_known(component):
    unknown = []
    for name, flag in thanos_flags():
        if name != component or flag.removeprefix("--[no-]").removeprefix("--") in (
                "help", "help-long", "version"):
            continue
        switch = flag.startswith("--[no-]")
        bare = flag.replace("[no-]", "")
        for form in ([bare, bare.replace("--", "--no-")] if switch else [f"{bare}=1"]):
            # With a flag that nobody knows, no component starts, whatever the other is.
            result = run(component, form, "--nobody-knows-this")
            assert result.returncode == 2, form
            complaint = result.stderr.splitlines()[-1]
            if "not expected" in complaint and form.split("=")[0] + "," in complaint.replace(" ", ","):
                unknown.append(form)
    assert not unknown


@pytest.mark.parametrize("component", COMPONENTS)
def test_help_teaches(component):
    result = run(component, "--help")
    assert result.returncode == 0
    assert "--grpc-address" in result.stdout and "--http-address" in result.stdout


def test_help_of_a_group_lists_its_commands():
    result = run("tools", "tsdb", "--help")
    assert result.returncode == 0
    assert "tools tsdb dump" in result.stdout and "promql" not in result.stdout


@pytest.mark.parametrize("arguments, told", [
    (["tools", "tsdb"], "tools tsdb"),
    (["tools", "bucket", "ls"], "unknown command"),
    (["store"], "--objstore.config"),
    (["store", "--objstore.config={type: NOSUCH}"], "NOSUCH"),
    (["store", "--objstore.config={type: FILESYSTEM}"], "directory"),
    (["store", "--objstore.config-file=/does/not/exist"], "/does/not/exist"),
    (["store", "--objstore.config={}", "--min-time=yesterday"], "--min-time"),
    (["store", "--objstore.config={}", "--store.limits.request-series=many"], "request-series"),
    (["query", "--http-address=nowhere"], "--http-address"),
    (["query", "--http-address=:0", "--grpc-address=1.2.3.4.5:x"], "1.2.3.4.5:x"),
    (["query", "--query.enforce-tenancy"], "--query.enforce-tenancy"),
    (["query", "--query.mode=distributed"], "--query.mode"),
    (["query", "--enable-feature=no-such"], "no-such"),
    (["query", "--grpc-client-tls-ca=/ca.pem"], "--grpc-client-tls-secure"),
    (["query", "--query.timeout=soon"], "--query.timeout"),
    (["sidecar", "--grpc-server-tls-cert=/c.pem"], "--grpc-server-tls-key"),
    (["sidecar", "--http.config=/web.yml"], "--http.config"),
    (["sidecar", "--log.level=loud"], "--log.level"),
    (["receive"], "receive"),
    (["tools", "tsdb", "dump"], "DIR"),
])
def test_wrong_usage_is_told(arguments, told):
    result = run(*arguments)
    assert result.returncode in (1, 2)
    assert told in result.stderr.splitlines()[-1], result.stderr


def test_a_used_port_is_told(tmp_path):
    http = free_port()
    first = Process("first", [MNEMO, "query", f"--http-address=127.0.0.1:{http}",
                              "--grpc-address=127.0.0.1:0"], tmp_path)
    try:
        first.wait_for(f"http://127.0.0.1:{http}/-/ready")
        second = run("query", f"--http-address=127.0.0.1:{http}", "--grpc-address=127.0.0.1:0")
        assert second.returncode == 1
        assert str(http) in second.stderr.splitlines()[-1]
        assert "in use" in second.stderr.splitlines()[-1]
    finally:
        assert first.stop() == 0


DEPLOYMENTS = {
    "sidecar of Prometheus Operator": [
        "sidecar", "--prometheus.url=http://localhost:1/", "--tsdb.path={data}",
        '--prometheus.http-client={{"tls_config": {{"insecure_skip_verify":true}}}}',
        "--objstore.config={bucket}", "--log.level=info", "--log.format=logfmt",
        "--grpc-address=:{grpc}", "--http-address=:{http}"],
    "store of kube-thanos": [
        "store", "--log.level=info", "--log.format=logfmt", "--data-dir={data}",
        "--grpc-address=0.0.0.0:{grpc}", "--http-address=0.0.0.0:{http}",
        "--objstore.config={bucket}", "--ignore-deletion-marks-delay=24h",
        '--index-cache.config="config":\n  "max_size": "1GB"\n"type": "IN-MEMORY"',
        '--store.caching-bucket.config="config":\n  "addresses": ["127.0.0.1:1"]\n'
        '"type": "memcached"', "--debug.name=store",
        '--tracing.config="config": {{}}\n"type": "JAEGER"', "--no-cache-index-header"],
    "querier of kube-thanos": [
        "query", "--grpc-address=0.0.0.0:{grpc}", "--http-address=0.0.0.0:{http}",
        "--log.level=info", "--log.format=json", "--query.replica-label=prometheus_replica",
        "--query.replica-label=rule_replica", "--endpoint=127.0.0.1:1",
        "--query.timeout=5m", "--query.lookback-delta=15m", "--query.auto-downsampling",
        '--tracing.config="config": {{}}\n"type": "JAEGER"', "--web.external-prefix=",
        "--query.promql-engine=thanos", "--grpc.proxy-strategy=lazy"],
}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_arguments_of_deployments_are_taken(name, tmp_path):
    http = free_port()
    values = {"data": tmp_path, "grpc": free_port(), "http": http,
              "bucket": f"{{type: FILESYSTEM, config: {{directory: {tmp_path / 'bucket'}}}}}"}
    process = Process("deployed", [MNEMO, *[a.format(**values) for a in DEPLOYMENTS[name]]],
                      tmp_path)
    try:
        process.wait_for(f"http://127.0.0.1:{http}/-/healthy")
        process.wait_for(f"http://127.0.0.1:{http}/metrics")
    finally:
        assert process.stop() == 0
