# SPDX-License-Identifier: Apache-2.0
"""The suite of all buckets on real servers. With MNEMO_FULL_SIZES=1 in the sizes of production."""
import concurrent.futures
import os
import pathlib
import subprocess

import pytest
import servers
from s3_client import S3Client

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/tests/objstore/bucket_servers"


def s3_yaml(port, access_key):
    return f"""type: S3
config:
  bucket: suite
  endpoint: 127.0.0.1:{port}
  insecure: true
  access_key: {access_key}
  secret_key: {servers.SECRET_KEY}
  part_size: 5242880
"""


def start_s3(start, access_key):
    def run(processes, port):
        start(processes, port)
        S3Client(f"127.0.0.1:{port}", access_key, servers.SECRET_KEY, "suite").make_bucket()
        return s3_yaml(port, access_key)
    return run


def start_azure(processes, port):
    servers.start_azurite(processes, port)
    return f"""type: AZURE
config:
  storage_account: {servers.AZURE_ACCOUNT}
  storage_connection_string: "AccountName={servers.AZURE_ACCOUNT};AccountKey={servers.AZURE_KEY};\
BlobEndpoint=http://127.0.0.1:{port}/{servers.AZURE_ACCOUNT}"
  container: suite
"""


SERVERS = {
    "rgw": (servers.has_ceph, start_s3(servers.start_ceph, servers.ACCESS_KEY)),
    "swift": (servers.has_swift, start_s3(servers.start_swift, "test:tester")),
    "azure": (servers.azurite_main, start_azure),
}


def run_suite(name, folder):
    """Starts the server, runs the suite on it, and stops it again."""
    processes = servers.Processes(folder / "server")
    try:
        buckets = folder / "buckets"
        buckets.mkdir()
        _, start = SERVERS[name]
        (buckets / f"{name}.yaml").write_text(start(processes, servers.free_ports(1)[0]))
        return subprocess.run([PROGRAM], env={**os.environ, "MNEMO_BUCKETS": str(buckets)},
                              capture_output=True, text=True, errors="replace", check=False)
    finally:
        processes.stop()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The suite on all servers that are there, at once: most of the time they are what is slow."""
    there = [name for name, (is_there, _) in SERVERS.items() if is_there()]
    with concurrent.futures.ThreadPoolExecutor(len(SERVERS)) as pool:
        yield {name: pool.submit(run_suite, name, tmp_path_factory.mktemp(name)) for name in there}


@pytest.mark.parametrize("name", SERVERS)
def test_suite(name, runs):
    if name not in runs:
        pytest.skip(f"{name} is not installed")
    run = runs[name].result()
    assert run.returncode == 0, run.stdout[-4000:]
