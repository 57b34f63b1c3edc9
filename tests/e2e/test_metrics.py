# SPDX-License-Identifier: Apache-2.0
"""Each component exposes what Thanos' does, under the same names and types, but for what is named here."""
import os
import re
import time
import urllib.request

import pytest

from processes import MNEMO, SHARED, Process, free_port, prometheus
from site_of_one import Site

EXPOSED = SHARED / "thanos-metrics.txt"
DASHBOARDS = SHARED / "thanos-mixin-metrics.txt"

# Go's runtime, Thanos' own build, handlers that panic: none of them is here.
NOWHERE = re.compile(r"go_.*|thanos_build_info|grpc_req_panics_recovered_total")
LEFT_OUT = {
    "sidecar": set(),
    # no modifier of metas is at work in a store
    "store": {"thanos_blocks_meta_modified"},
    # Prometheus' engine and a limit of selects, which aren't here; quantiles by numbers of series
    "query": {
        "prometheus_engine_queries", "prometheus_engine_queries_concurrent_max",
        "prometheus_engine_query_duration_histogram_seconds",
        "prometheus_engine_query_duration_seconds", "prometheus_engine_query_log_enabled",
        "prometheus_engine_query_log_failures_total", "prometheus_engine_query_samples_total",
        "thanos_query_concurrent_selects_gate_selects_duration_seconds",
        "thanos_query_concurrent_selects_gate_selects_in_flight",
        "thanos_query_concurrent_selects_gate_selects_max",
        "thanos_query_concurrent_selects_gate_selects_total",
        "thanos_query_endpoint_groups_dns_failures_total",
        "thanos_query_endpoint_groups_dns_lookups_total", "thanos_store_api_query_duration_seconds",
    },
}

CACHES = """{type: MEMCACHED, config: {addresses: ["dns+127.0.0.1:1"]}}"""
OF_CACHES = """
thanos_cache_memcached_hits_total thanos_cache_memcached_requests_total
thanos_memcached_dns_failures_total thanos_memcached_dns_lookups_total
thanos_memcached_dns_provider_results thanos_memcached_getmulti_gate_gets_duration_seconds
thanos_memcached_getmulti_gate_gets_in_flight thanos_memcached_getmulti_gate_gets_max
thanos_memcached_getmulti_gate_gets_total thanos_memcached_operation_data_size_bytes
thanos_memcached_operation_duration_seconds thanos_memcached_operation_failures_total
thanos_memcached_operation_skipped_total thanos_memcached_operations_total
thanos_store_bucket_cache_getrange_fetched_bytes_total
thanos_store_bucket_cache_getrange_refetched_bytes_total
thanos_store_bucket_cache_getrange_requested_bytes_total
thanos_store_bucket_cache_operation_hits_total thanos_store_bucket_cache_operation_requests_total
"""

pytestmark = [
    pytest.mark.skipif(not os.access(MNEMO, os.X_OK), reason=f"{MNEMO} is not built"),
    pytest.mark.skipif(not prometheus(), reason="no Prometheus on this machine"),
    pytest.mark.skipif(not EXPOSED.exists(), reason=f"no {EXPOSED}"),
]


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def listed(component):
    lines = [line.split() for line in EXPOSED.read_text().splitlines() if line[0] != "#"]
    return {name: kind for at, name, kind in lines if at == component and not NOWHERE.fullmatch(name)}


@pytest.fixture(scope="module")
def exposed(tmp_path_factory, make_bucket):
    """The text of /metrics of each component, after a query that went through all."""
    folder = tmp_path_factory.mktemp("metrics")
    site = Site(folder, make_bucket(folder / "bucket"))
    try:
        config = site.folder / "prometheus-here.yml"
        config.write_text("global: {external_labels: {replica: a}}\n")
        site.start_prometheus("--storage.tsdb.min-block-duration=2h",
                              "--storage.tsdb.max-block-duration=2h", config=config)
        urls, grpc = {"sidecar": site.http}, {"sidecar": site.grpc}

        def start(component, *flags):
            http = free_port()
            urls[component], grpc[component] = f"http://127.0.0.1:{http}", f"127.0.0.1:{free_port()}"
            process = Process(component, [
                MNEMO, component, f"--grpc-address={grpc[component]}",
                f"--http-address=127.0.0.1:{http}", *flags], site.folder)
            site.processes.append(process)
            return process

        bucket = f"--objstore.config={site.bucket.config}"
        processes = {
            "sidecar": site.start_sidecar(),
            "store": start("store", bucket, f"--data-dir={site.folder / 'store'}",
                           f"--store.caching-bucket.config={CACHES}"),
        }
        for component, process in processes.items():
            process.wait_for(f"{urls[component]}/-/ready")
        query = start("query", *(f"--endpoint={grpc[c]}" for c in ("sidecar", "store")))
        query.wait_for(f"{urls['query']}/-/ready")
        get(f"{urls['query']}/api/v1/query?query=up")
        yield {component: get(f"{url}/metrics") for component, url in urls.items()}
    finally:
        site.stop()


@pytest.mark.parametrize("component", LEFT_OUT)
def test_names_and_types_are_those_of_thanos(exposed, component):
    found = dict(re.findall(r"^# TYPE (\S+) (\S+)$", exposed[component], re.M))
    wanted = listed(component)
    assert set(wanted) - set(found) == LEFT_OUT[component]
    assert {name: found[name] for name in wanted if name in found} == {
        name: kind for name, kind in wanted.items() if name in found}
    if DASHBOARDS.exists():
        needed = set(DASHBOARDS.read_text().split()) & set(wanted)
        assert needed and not needed & LEFT_OUT[component]


def test_a_store_with_memcached_counts_as_thanos_does(exposed):
    found = set(re.findall(r"^# TYPE (\S+) ", exposed["store"], re.M))
    assert not set(OF_CACHES.split()) - found


def test_the_process_is_measured(exposed):
    """Figures that no running process can lack."""
    value = dict(re.findall(r"^(process_\w+) (\S+)$", exposed["store"], re.M))
    assert 1e6 < float(value["process_resident_memory_bytes"]) < float(
        value["process_virtual_memory_bytes"])
    assert float(value["process_open_fds"]) > 3
    assert float(value["process_cpu_seconds_total"]) > 0
    assert -2 < time.time() - float(value["process_start_time_seconds"]) < 300
