# SPDX-License-Identifier: Apache-2.0
"""The arrangements of stores over which the same questions are asked. In all but the first, what is
older than three hours comes from the stores only."""
import collections
import datetime
import os
import shutil

import pytest

from cluster import DAY
from processes import free_port

Route = collections.namedtuple("Route", "name url grpc")


def start(cluster, name):
    if name == "all from everywhere":
        return Route(name, cluster.query_url, cluster.query_grpc)
    short = name.replace(" ", "-")
    endpoints = [*cluster.recent_grpc.values(), *ROUTES[name](cluster, short)]
    return Route(name, *cluster.start_query(f"query-{short}", endpoints))


def one_store(cluster, name):
    return [cluster.start_store(f"store-{name}", "--index-cache-size=0")[0]]


def caches(cluster, name, yaml):
    flags = [f"--index-cache.config={yaml}", f"--store.caching-bucket.config={yaml}"]
    return [cluster.start_store(f"store-{name}", *flags)[0]]


def memcached(cluster, name):
    return caches(cluster, name, start_memcached(cluster))


def redis(cluster, name):
    return caches(cluster, name, start_redis(cluster))


def partitions(cluster, name):
    """Old blocks in one store; younger ones in two, by a hash of the replica. At the borders of time
    the blocks themselves overlap."""
    middle = rfc3339(cluster.history_start + DAY // 2 + 1234)
    shards = [f"""--selector.relabel-config=
- {{action: hashmod, source_labels: [replica], target_label: shard, modulus: 2}}
- {{action: keep, source_labels: [shard], regex: {shard}}}""" for shard in (0, 1)]
    return [cluster.start_store(f"store-{name}-old", f"--max-time={middle}")[0],
            *(cluster.start_store(f"store-{name}-{i}", f"--min-time={middle}", shard)[0]
              for i, shard in enumerate(shards))]


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


ROUTES = {"all from everywhere": None, "one store": one_store, "memcached": memcached, "redis": redis,
          "partitions": partitions}


def start_memcached(cluster, name="memcached"):
    """Starts a server; gives the configuration of a cache in it."""
    program = need("memcached")
    port = free_port()
    user = ["-u", "root"] if os.geteuid() == 0 else []
    cluster.start(name, program, "-l", "127.0.0.1", "-p", port, "-m", "64", *user).wait_to_listen(port)
    return f"{{type: MEMCACHED, config: {{addresses: ['127.0.0.1:{port}']}}}}"


def start_redis(cluster, name="redis"):
    program = need("redis-server")
    port = free_port()
    cluster.start(name, program, "--bind", "127.0.0.1", "--port", port, "--save", "",
                  "--appendonly", "no").wait_to_listen(port)
    return f"{{type: REDIS, config: {{addr: '127.0.0.1:{port}'}}}}"


def need(program):
    path = shutil.which(program)
    if not path:
        pytest.skip(f"no {program} on this machine")
    return path
