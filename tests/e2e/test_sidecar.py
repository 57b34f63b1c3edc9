# SPDX-License-Identifier: Apache-2.0
"""What a sidecar does beside serving series: it writes Prometheus' configuration and has it reloaded,
serves Thanos' other gRPC APIs, ships blocks, survives Prometheus, and ships the head at its end."""
import base64
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from cluster import get, wait_until
from processes import MNEMO, prometheus
from site_of_one import GOLDEN, Site

try:
    import grpc
except ImportError:
    grpc = None

PROTOS = pathlib.Path(__file__).resolve().parents[2] / "lib" / "rpc" / "proto"

pytestmark = [
    pytest.mark.skipif(not os.access(MNEMO, os.X_OK), reason=f"{MNEMO} is not built"),
    pytest.mark.skipif(not prometheus(), reason="no Prometheus on this machine"),
]
needs_grpc = pytest.mark.skipif(not grpc or not shutil.which("protoc"),
                                reason="no grpcio for Python, or no protoc, on this machine")


@pytest.fixture(scope="module")
def site(tmp_path_factory, make_bucket):
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, make_bucket(folder / "bucket"))
    try:
        site.sidecar = site.start_sidecar(
            "--shipper.flush-on-shutdown", f"--reloader.config-file={site.config}",
            f"--reloader.config-envsubst-file={site.output}", f"--reloader.rule-dir={site.rules}",
            "--reloader.retry-interval=1s", "--shipper.upload-concurrency=4")
        wait_until(site.output.exists, "Prometheus' configuration", site.sidecar)
        site.prometheus_flags = [
            "--web.enable-lifecycle", "--web.enable-admin-api", "--storage.tsdb.min-block-duration=2h",
            "--storage.tsdb.max-block-duration=2h", "--enable-feature=exemplar-storage"]
        site.prometheus = site.start_prometheus(*site.prometheus_flags)
        site.sidecar.wait_for(f"{site.http}/-/ready")
        # Labels change further down; blocks are shipped with those of the moment.
        wait_until(lambda: all(site.bucket.has(b) for b in site.golden_blocks),
                   "the blocks are shipped", site.sidecar)
        yield site
    finally:
        site.stop()


def metric(site, name):
    with urllib.request.urlopen(f"{site.http}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return next((float(line.split()[-1]) for line in lines if re.match(rf"{name}(\{{.*\}})? ", line)),
                None)


def call(site, method, request=b""):
    with grpc.insecure_channel(site.grpc) as channel:
        return list(channel.unary_stream(method)(request, timeout=10))


def decoded(message, kind):
    """A message as protoc shows it."""
    file = {"Rules": "rules", "Targets": "targets", "MetricMetadata": "metadata",
            "Exemplars": "exemplars", "TSDBStatistics": "status", "Info": "info"}
    name = kind.removesuffix("Response")
    package = "thanos.info" if name == "Info" else "thanos"
    proto = file.get(name, "store")
    return subprocess.run(["protoc", "-I", PROTOS, f"--decode={package}.{kind}", f"{proto}.proto"],
                          input=message, capture_output=True, check=True).stdout.decode()


def test_the_configuration_is_written_with_variables_and_reloaded_when_it_changes(site):
    assert "replica: a}" in site.output.read_text()
    wait_until(lambda: metric(site, "thanos_sidecar_reloader_last_reload_successful") == 1,
               "the first reload", site.sidecar)

    def labels():
        yaml = get(site.url, "/api/v1/status/config", {})[1]["data"]["yaml"]
        return "zone: new" in yaml
    site.config.write_text(site.config_text.replace("cluster: golden", "cluster: golden, zone: new"))
    wait_until(labels, "Prometheus has the new label", site.sidecar)
    if grpc and shutil.which("protoc"):
        info = lambda: decoded(one_info(site), "InfoResponse")
        wait_until(lambda: '"zone"' in info(), "the sidecar has it too", site.sidecar)
    site.config.write_text(site.config_text)
    wait_until(lambda: not labels(), "Prometheus has the old ones again", site.sidecar)


def one_info(site):
    with grpc.insecure_channel(site.grpc) as channel:
        return channel.unary_unary("/thanos.info.Info/Info")(b"", timeout=10)


def test_a_new_file_of_rules_is_noticed(site):
    extra = site.rules / "extra.yml"
    extra.write_text("groups: [{name: extra, rules: [{record: one, expr: vector(1)}]}]\n")

    def names():
        return [g["name"] for g in get(site.url, "/api/v1/rules", {})[1]["data"]["groups"]]
    wait_until(lambda: "extra" in names(), "Prometheus has the new rules", site.sidecar)
    extra.unlink()
    wait_until(lambda: "extra" not in names(), "Prometheus has forgotten them", site.sidecar)


@needs_grpc
def test_info_says_what_is_served(site):
    info = decoded(one_info(site), "InfoResponse")
    for api in ("rules", "metric_metadata", "targets", "exemplars", "status"):
        assert f"\n{api} {{" in info, info


@needs_grpc
def test_rules_targets_metadata_exemplars_and_statistics_are_served(site):
    def rules():
        return "".join(decoded(m, "RulesResponse") for m in call(site, "/thanos.Rules/Rules"))
    wait_until(lambda: "state: FIRING" in rules(), "the alert fires", site.sidecar)
    assert 'name: "code:demo_requests:rate1m"' in rules() and 'value: "golden"' in rules()
    alerts = "".join(decoded(m, "RulesResponse")
                     for m in call(site, "/thanos.Rules/Rules", b"\x08\x01"))
    assert "DemoNever" in alerts and "code:demo_requests" not in alerts
    (targets,) = call(site, "/thanos.Targets/Targets")
    assert "health: UP" in decoded(targets, "TargetsResponse")
    (metadata,) = call(site, "/thanos.Metadata/MetricMetadata", b"\x0a\x0ddemo_requests\x10\x05")
    assert 'type: "counter"' in decoded(metadata, "MetricMetadataResponse")
    request = varint_field(2, int(time.time() - 600) * 1000) + varint_field(
        3, int(time.time() + 60) * 1000)
    exemplars = call(site, "/thanos.Exemplars/Exemplars", b"\x0a\x13demo_requests_total" + request)
    assert len(exemplars) == 2 and "trace_id" in decoded(exemplars[0], "ExemplarsResponse")
    (status,) = call(site, "/thanos.Status/TSDBStatistics", b"\x10\x03")
    assert decoded(status, "TSDBStatisticsResponse").count("series_count_by_metric_name") == 3
    # Statistics of other servers are not ours.
    other = b"\x22\x0d\x12\x07cluster\x1a\x02no"
    assert call(site, "/thanos.Status/TSDBStatistics", other) == [b"\x0a\x00"]


@needs_grpc
@pytest.mark.parametrize("method, request_bytes, code", [
    ("/thanos.Rules/Rules", b"\x08", "INVALID_ARGUMENT"),
    ("/thanos.Rules/Rules", b"\x08\x07", "INVALID_ARGUMENT"),
    ("/thanos.Exemplars/Exemplars", b"\x0a\x04sum(", "INVALID_ARGUMENT"),
    ("/thanos.Status/TSDBStatistics", b"\x22\x05\x08\x09\x12\x01a", "INVALID_ARGUMENT"),
    ("/thanos.Rules/NoSuch", b"", "UNIMPLEMENTED"),
])
def test_bad_requests_are_refused(site, method, request_bytes, code):
    with pytest.raises(grpc.RpcError) as refused:
        call(site, method, request_bytes)
    assert refused.value.code().name == code, refused.value.details()


def varint(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def varint_field(number, value):
    return varint(number << 3) + varint(value)


def as_of_now(request, shift):
    """The request with its times of the recording (all later than the blocks) moved by `shift`."""
    out, at = b"", 0

    def read():
        nonlocal at
        value, bits = 0, 0
        while True:
            byte = request[at]
            at += 1
            value |= (byte & 0x7f) << bits
            bits += 7
            if byte < 0x80:
                return value
    while at < len(request):
        tag = read()
        value = read()
        if tag & 7 == 0:
            out += varint(tag) + varint(value + shift if 1_790_000_000_000 < value < 1 << 62 else value)
        else:
            out += varint(tag) + varint(value) + request[at:at + value]
            at += value
    return out


def paths(text):
    """Which fields are there, by protoc's text."""
    found, stack = set(), []
    for line in text.splitlines():
        word = line.strip()
        if word == "}":
            stack.pop()
            continue
        stack.append(re.split(r"[ :]", word, maxsplit=1)[0])
        found.add(".".join(stack))
        if not word.endswith("{"):
            stack.pop()
    return found


def golden_calls():
    file = GOLDEN / "thanos-other-apis.ndjson.gz"
    if not file.exists():
        return []
    with gzip.open(file, "rt") as lines:
        return [c for c in map(json.loads, lines) if c["server"] == "thanos sidecar"]


@needs_grpc
@pytest.mark.skipif(not golden_calls(), reason=f"no {GOLDEN}")
@pytest.mark.parametrize("golden", golden_calls(), ids=[golden["name"] for golden in golden_calls()])
def test_calls_to_thanos_sidecar_are_answered_alike(site, golden):
    if not site.golden_blocks:
        pytest.skip("no Prometheus 3 at $MNEMO_PROMETHEUS3")
    shift = int(time.time() * 1000) - 1795348918146
    request = as_of_now(base64.b64decode(golden["request"]), shift)
    answers = call(site, golden["method"], request)
    expected = [base64.b64decode(response) for response in golden["responses"]]
    kind = golden["method"].rsplit("/", 1)[1] + "Response"
    if kind != "SeriesResponse":
        assert len(answers) == len(expected)

    def all_paths(messages):
        # A target that was never scraped well has an error; nothing else depends on the moment.
        return {p for m in messages for p in paths(decoded(m, kind)) if not p.endswith("Error")}
    # Thanos loses the count of chunks, and passes counts of label values off as bytes.
    more = {"chunk_count", "label_value_count_by_label_name"}
    assert {p for p in all_paths(answers) if not more & set(p.split("."))} == all_paths(expected)
    if golden["name"] in ("series of history", "native histograms of history"):
        def series(messages):
            return sorted(line.strip() for m in messages for line in decoded(m, kind).splitlines()
                          if "data:" in line)
        assert series(answers) == series(expected)


def test_blocks_are_shipped_as_thanos_ships_them(site):
    if not site.golden_blocks:
        pytest.skip("no Prometheus 3 at $MNEMO_PROMETHEUS3, or no golden data")
    for block in site.golden_blocks:
        ours = site.bucket.meta(block)
        golden = json.loads((GOLDEN / "sidecar-run" / block / "meta.json").read_text())
        for meta in (ours, golden):
            assert meta["thanos"].pop("upload_time")
        assert ours == golden
    ours = json.loads((site.data / "thanos.shipper.json").read_text())
    assert set(site.golden_blocks) <= set(ours["uploaded"])


def test_a_restart_of_prometheus_is_survived(site):
    site.prometheus.kill()
    wait_until(lambda: metric(site, "thanos_sidecar_prometheus_up") == 0, "it is missed")
    with pytest.raises(urllib.error.HTTPError) as not_ready:
        urllib.request.urlopen(f"{site.http}/-/ready", timeout=10)
    assert not_ready.value.code == 503
    site.prometheus = site.start_prometheus(*site.prometheus_flags, name="prometheus-again")
    site.sidecar.wait_for(f"{site.http}/-/ready")
    assert metric(site, "thanos_sidecar_prometheus_up") == 1


def test_an_end_ships_what_is_in_no_block(site, tmp_path):
    before = site.bucket.blocks()
    assert site.sidecar.stop(timeout=60) == 0, site.sidecar.tail()
    new = site.bucket.blocks() - before
    assert new, site.sidecar.tail()
    meta = site.bucket.meta(max(new))
    assert meta["thanos"]["labels"] == {"cluster": "golden", "replica": "a"}
    assert meta["maxTime"] > (time.time() - 60) * 1000
    dump = subprocess.run([MNEMO, "tools", "tsdb", "dump", site.bucket.copy(max(new), tmp_path),
                           '--match={__name__="demo_requests_total"}'],
                          capture_output=True, text=True, check=True).stdout
    assert 'code="500"' in dump
    assert not any((site.data / "snapshots").iterdir())


def test_a_server_that_cannot_be_shipped_from_is_refused(site, tmp_path):
    site.prometheus.popen.send_signal(signal.SIGTERM)
    site.prometheus.popen.wait(30)
    bare = tmp_path / "bare.yml"
    bare.write_text("global: {external_labels: {cluster: x}}\n")
    unfit = site.start_prometheus("--storage.tsdb.min-block-duration=2h",
                                  "--storage.tsdb.max-block-duration=1d", config=bare, name="unfit")

    def refusal(*flags):
        process = site.start_sidecar(*flags, name=f"sidecar-{len(site.processes)}")
        assert process.popen.wait(20) == 1
        return process.tail()
    assert "Compaction needs to be disabled" in refusal()
    assert "--web.enable-admin-api" in refusal("--shipper.ignore-unequal-block-size",
                                               "--shipper.flush-on-shutdown")
    bare.write_text("global: {}\n")
    unfit.popen.send_signal(signal.SIGHUP)
    wait_until(lambda: "cluster" not in get(site.url, "/api/v1/status/config", {})[1]["data"]["yaml"],
               "the labels are gone")
    assert "no external labels configured on Prometheus server" in refusal()
    unfit.popen.send_signal(signal.SIGTERM)
    unfit.popen.wait(30)


def test_prometheus_can_be_made_to_reload_by_a_signal(site, tmp_path):
    program = tmp_path / f"prom-{os.getpid()}"  # no other process has this name
    program.symlink_to(prometheus())
    config = tmp_path / "signalled.yml"
    config.write_text("global: {external_labels: {cluster: one}}\n")
    server = site.start_prometheus(config=config, name="signalled", program=program)
    sidecar = site.start_sidecar(f"--reloader.config-file={config}", "--reloader.method=signal",
                                 f"--reloader.process-name={program.name}",
                                 "--reloader.retry-interval=1s", bucket=False, name="signalling")

    def has(label):
        return label in get(site.url, "/api/v1/status/config", {})[1]["data"]["yaml"]
    sidecar.wait_for(f"{site.http}/-/ready")
    config.write_text("global: {external_labels: {cluster: two}}\n")
    wait_until(lambda: has("two"), "the new label", sidecar)
    config.write_text("global: {external_labels: {cluster: [broken]}}\n")
    wait_until(lambda: "configuration reload has failed" in sidecar.tail(), "a complaint", sidecar)
    assert sidecar.stop() == 0
    server.popen.send_signal(signal.SIGTERM)
    server.popen.wait(30)
