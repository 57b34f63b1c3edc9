# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import buckets  # noqa: E402
import routes  # noqa: E402
from cluster import Cluster  # noqa: E402
from processes import MNEMO, prometheus  # noqa: E402

# The bucket and the major version of Prometheus (None: what there is) of each cluster.
CLUSTERS = [("folder", None), ("s3", None)]
if os.environ.get("MNEMO_E2E") == "full":
    CLUSTERS = [(bucket, major) for bucket in ("folder", "s3") for major in (2, 3)]


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    buckets.need_s3()
    server = buckets.S3Server(tmp_path_factory.mktemp("s3"))
    yield server
    server.stop()


@pytest.fixture(scope="session", params=["folder", "s3"])
def make_bucket(request):
    """Makes a bucket of one kind, given a folder."""
    if request.param == "folder":
        return buckets.FolderBucket
    server = request.getfixturevalue("s3_server")
    return lambda _: server.make_bucket()


@pytest.fixture(scope="session", params=CLUSTERS, ids=lambda p: f"{p[0]}-{p[1]}" if p[1] else p[0])
def cluster(request, tmp_path_factory):
    bucket, major = request.param
    if not os.access(MNEMO, os.X_OK):
        pytest.skip(f"{MNEMO} is not built")
    if not prometheus(major=major) or not prometheus("promtool", major):
        pytest.skip(f"no prometheus and promtool {major or ''} on this machine")
    folder = tmp_path_factory.mktemp("cluster")
    made = buckets.FolderBucket(folder / "bucket") if bucket == "folder" else \
        request.getfixturevalue("s3_server").make_bucket()
    running = Cluster(folder, made, major or (3 if os.environ.get("MNEMO_PROMETHEUS3") else 2))
    yield running
    running.stop()


@pytest.fixture(scope="module", params=routes.ROUTES)  # not more, so that a cluster has all of its own
def route(request, cluster):
    """A querier over one arrangement of stores."""
    if request.param not in cluster.routes:
        cluster.routes[request.param] = routes.start(cluster, request.param)
    return cluster.routes[request.param]
