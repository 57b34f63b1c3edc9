# SPDX-License-Identifier: Apache-2.0
"""A store gateway that finds its bucket in a bad state."""
import os

import pytest

from cluster import wait_until
from counting_s3 import CountingS3
from processes import MNEMO, Process, free_port

pytestmark = pytest.mark.skipif(not os.access(MNEMO, os.X_OK), reason=f"{MNEMO} is not built")


def test_a_bucket_that_cannot_be_read_at_first_is_asked_again_soon(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{free_port()}"
    store = Process("store", [
        MNEMO, "store", f"--http-address={url.removeprefix('http://')}", "--grpc-address=127.0.0.1:0",
        f"--data-dir={tmp_path / 'data'}",
        f"--objstore.config={{type: S3, config: {{bucket: b, endpoint: '127.0.0.1:{port}', "
        "insecure: true, region: x, access_key: a, secret_key: s, max_retries: 1}}"], tmp_path)
    try:
        store.wait_for(f"{url}/-/healthy")
        wait_until(lambda: "Connection refused" in store.tail(), "the failure is told", store)
        server = CountingS3("b", port=port)
        try:
            store.wait_for(f"{url}/-/ready", timeout=20)
        finally:
            server.stop()
    finally:
        store.stop()
