# SPDX-License-Identifier: Apache-2.0
"""The suite of all buckets on real servers. With MNEMO_FULL_SIZES=1 in the sizes of production."""
import os
import pathlib
import subprocess

import pytest
import servers
from make_bucket import make_bucket

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
        make_bucket(f"127.0.0.1:{port}", access_key, servers.SECRET_KEY, "suite")
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


@pytest.mark.parametrize("name", SERVERS)
def test_suite(name, tmp_path):
    is_there, start = SERVERS[name]
    if not is_there():
        pytest.skip(f"{name} is not installed")
    processes = servers.Processes(tmp_path / "server")
    try:
        buckets = tmp_path / "buckets"
        buckets.mkdir()
        (buckets / f"{name}.yaml").write_text(start(processes, servers.free_ports(1)[0]))
        run = subprocess.run([PROGRAM], env={**os.environ, "MNEMO_BUCKETS": str(buckets)},
                             capture_output=True, text=True, errors="replace", check=False)
        assert run.returncode == 0, run.stdout[-4000:]
    finally:
        processes.stop()
