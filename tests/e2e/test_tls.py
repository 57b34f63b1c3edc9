# SPDX-License-Identifier: Apache-2.0
"""Mutual TLS between a querier and a store, by the flags of both programs."""
import os
import shutil
import subprocess

import pytest

from authority import Authority
from cluster import get, live_stores, wait_until
from processes import MNEMO, Process, free_port

pytestmark = [
    pytest.mark.skipif(not os.access(MNEMO, os.X_OK), reason=f"{MNEMO} is not built"),
    pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine"),
]


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    authority, stranger = Authority(folder, "authority"), Authority(folder, "stranger")
    return {"ca": authority.cert, "server": authority.sign("server", "IP:127.0.0.1"),
            "client": authority.sign("client", "DNS:querier"),
            "foreign": stranger.sign("foreign", "DNS:querier")}


@pytest.fixture(scope="module")
def secure_store(keys, tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    cert, key = keys["server"]
    grpc, http = free_port(), free_port()
    process = Process("store", [
        MNEMO, "store", f"--objstore.config={{type: FILESYSTEM, config: {{directory: {folder}/b}}}}",
        f"--grpc-address=127.0.0.1:{grpc}", f"--http-address=127.0.0.1:{http}",
        f"--grpc-server-tls-cert={cert}", f"--grpc-server-tls-key={key}",
        f"--grpc-server-tls-client-ca={keys['ca']}"], folder)
    process.wait_for(f"http://127.0.0.1:{http}/-/ready")
    yield grpc
    assert process.stop() == 0


class Querier:
    def __init__(self, folder, endpoint, *flags):
        http = free_port()
        self.url = f"http://127.0.0.1:{http}"
        self.process = Process("query", [
            MNEMO, "query", f"--endpoint-strict=127.0.0.1:{endpoint}",
            f"--grpc-address=127.0.0.1:{free_port()}", f"--http-address=127.0.0.1:{http}", *flags],
            folder)
        self.process.wait_for(f"{self.url}/-/ready")

    def error(self):
        groups = get(self.url, "/api/v1/stores", {})[1]["data"].values()
        return next((s["lastError"] for group in groups for s in group if s.get("lastError")), None)


def client_flags(keys, name):
    cert, key = keys[name]
    return [f"--grpc-client-tls-cert={cert}", f"--grpc-client-tls-key={key}"]


def test_a_client_with_a_certificate_is_served(keys, secure_store, tmp_path):
    querier = Querier(tmp_path, secure_store, "--grpc-client-tls-secure",
                      f"--grpc-client-tls-ca={keys['ca']}", *client_flags(keys, "client"))
    try:
        wait_until(lambda: live_stores(querier.url), "the store", querier.process)
    finally:
        assert querier.process.stop() == 0


@pytest.mark.parametrize("flags", [
    lambda keys: [],
    lambda keys: ["--grpc-client-tls-secure", f"--grpc-client-tls-ca={keys['ca']}"],
    lambda keys: ["--grpc-client-tls-secure", f"--grpc-client-tls-ca={keys['ca']}",
                  *client_flags(keys, "foreign")],
    lambda keys: ["--grpc-client-tls-secure", *client_flags(keys, "client")],
], ids=["no TLS", "no certificate", "a foreign certificate", "an unknown authority"])
def test_others_are_refused(keys, secure_store, tmp_path, flags):
    querier = Querier(tmp_path, secure_store, *flags(keys))
    try:
        wait_until(lambda: f"127.0.0.1:{secure_store}" in querier.process.tail(100_000)
                   and "update of endpoint failed" in querier.process.tail(100_000),
                   "a complaint about the endpoint", querier.process)
        assert not live_stores(querier.url)
    finally:
        assert querier.process.stop() == 0


def handshake(port, version, keys):
    cert, key = keys["client"]
    result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", version,
                             "-cert", cert, "-key", key, "-CAfile", keys["ca"], "-alpn", "h2"],
                            input=b"", capture_output=True, timeout=10)
    return b"Verify return code: 0" in result.stdout and b"Cipher is (NONE)" not in result.stdout


def test_tls_below_the_least_version_is_refused(keys, secure_store):
    assert handshake(secure_store, "-tls1_3", keys)
    assert not handshake(secure_store, "-tls1_2", keys)
