# SPDX-License-Identifier: Apache-2.0
"""Where blocks are kept in a test: in a folder, or in a bucket of a real S3 server."""
import json
import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "objstore"))

import servers  # noqa: E402
from s3_client import S3Client  # noqa: E402


class Bucket:
    """What tests look for in any of them. `config` is the YAML for --objstore.config."""

    def blocks(self):
        """The blocks that exist: those with a meta.json."""
        return {name.split("/")[0] for name in self.names() if name.endswith("/meta.json")}

    def has(self, block):
        return f"{block}/meta.json" in self.names(f"{block}/")

    def meta(self, block):
        return json.loads(self.read(f"{block}/meta.json"))

    def copy(self, block, folder):
        """Copies a block to a folder beneath `folder`, which is returned."""
        for name in self.names(f"{block}/"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.read(name))
        return folder / block


class FolderBucket(Bucket):
    def __init__(self, folder):
        self.folder = folder
        self.config = f"{{type: FILESYSTEM, config: {{directory: {folder}}}}}"

    def names(self, prefix=""):
        files = (path for path in (self.folder / prefix).rglob("*") if path.is_file())
        return [str(path.relative_to(self.folder)) for path in files]

    def read(self, name):
        return (self.folder / name).read_bytes()


class S3Bucket(Bucket):
    def __init__(self, client):
        self.client = client
        self.names, self.read = client.names, client.get
        self.config = (f"{{type: S3, config: {{bucket: {client.bucket}, endpoint: '{client.endpoint}', "
                       f"insecure: true, access_key: '{client.access_key}', "
                       f"secret_key: {client.secret_key}}}}}")


class S3Server:
    """Ceph's gateway, or Swift with its S3 API where that is what is installed."""

    def __init__(self, folder):
        self.processes = servers.Processes(folder / "server")
        port = servers.free_ports(1)[0]
        self.endpoint, self.count = f"127.0.0.1:{port}", 0
        is_ceph = servers.has_ceph()
        self.access_key = servers.ACCESS_KEY if is_ceph else "test:tester"
        try:
            (servers.start_ceph if is_ceph else servers.start_swift)(self.processes, port)
        except BaseException:
            self.stop()
            raise

    def client(self, bucket, endpoint=None):
        return S3Client(endpoint or self.endpoint, self.access_key, servers.SECRET_KEY, bucket)

    def make_bucket(self):
        self.count += 1
        client = self.client(f"bucket-{self.count}")
        client.make_bucket()
        return S3Bucket(client)

    def stop(self):
        self.processes.stop()


def need_s3():
    if not servers.has_ceph() and not servers.has_swift():
        pytest.skip("neither Ceph's gateway nor Swift is installed")
