# SPDX-License-Identifier: Apache-2.0
"""What the querier says of expressions without evaluating them is what a Prometheus 3.x says; and the
active query log."""
import json
import os
import pathlib
import random
import signal
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / folder) for folder in ("format", "promql")]

import peers  # noqa: E402
from cluster import get  # noqa: E402
from processes import MNEMO, Process, free_port  # noqa: E402
from query_maker import COMPUTED, Maker  # noqa: E402

pytestmark = pytest.mark.skipif(not os.access(MNEMO, os.X_OK), reason=f"{MNEMO} is not built")

LONG = 'a_rather_long_metric_name{job="api",instance=~"10[.].*",path!="/a/b/c"}'
EXPRESSIONS = [
    "sum(rate(x[5m]))by(a)",
    f"sum by (job) (rate({LONG}[5m])) / ignoring (code) group_left (x) sum without (a, b) (irate({LONG}[1m]))",
    f"({LONG} + {LONG} * {LONG}) > bool on (job) ({LONG} unless {LONG}) or -{LONG} ^ (-({LONG} - {LONG}))",
    f"topk by (job) (5, max_over_time(({LONG} - {LONG} offset 5m)[1h30m:5m] @ end() offset -1m))",
    f"-({LONG} + {LONG})", f"+-({LONG} + {LONG})", f"((({LONG})))[5m:1m] @ 12.5",
    f'label_replace({LONG}, "dst", "$1", "src", "(.*)") == count_values("v", sum_over_time({LONG}[5m:]))',
    f"histogram_quantile(0.9, sum by (le) (rate({LONG}[5m])))", f"sum(({LONG})[5m:1m])",
    '{"dotted.name", "label.name"="<&>\\u00e9"}', "'it\\'s' ", "1e100", "-Inf", "NaN == bool +Inf",
    "x offset 1w2d @ 1.234", "x[1h:] offset -5m @ start()", "time() - 0x1F", "sort_by_label(x, 'a', 'b')",
    "quantile(0.5, x) by (a, b)", "count(x) without ()", "a and on () b", "round(x)", "round(x, 5)",
    "sum(", "x[5m", "rate(x)", "x{a=~\"(\"}", "", "{}", "nosuch(x)", "sum(x) by (y) (z)",
]
# Members of newer versions; None: not told by what a Prometheus 3.5 has.
NEWER = {"anchored": False, "smoothed": False, "offsetExpr": None, "rangeExpr": None, "stepExpr": None,
         "fillValues": {"lhs": None, "rhs": None}}


@pytest.fixture(scope="module")
def urls(tmp_path_factory):
    """A Prometheus and a querier, both without any data."""
    folder = tmp_path_factory.mktemp("expressions")
    (folder / "data").mkdir()
    with peers.Server(3, folder / "data", "--enable-feature=promql-experimental-functions") as server:
        process, url = start_query(folder, "--enable-feature=promql-experimental-functions")
        yield server.url, url
        process.stop()


def start_query(folder, *flags):
    grpc, http = free_port(), free_port()
    process = Process("query", [MNEMO, "query", f"--grpc-address=127.0.0.1:{grpc}",
                                f"--http-address=127.0.0.1:{http}", *flags], folder)
    url = f"http://127.0.0.1:{http}"
    process.wait_for(f"{url}/-/ready")
    return process, url


def expressions():
    """Not with an empty `ignoring`, whose grouping a Prometheus before 3.9 doesn't print (#17643), nor
    with computed durations, which it has behind a switch and doesn't tell of."""
    maker = Maker(random.Random(5))
    left_out = ["ignoring () group"] + [before + text for text in COMPUTED for before in ("[", "offset (")]
    made = [maker.expression() for _ in range(400)]
    return EXPRESSIONS + [expression for expression in made
                          if not any(text in expression for text in left_out)]


def without_newer(ours, theirs):
    """`ours` less the members that `theirs` does not have, which must be empty."""
    if isinstance(ours, list) and isinstance(theirs, list):
        assert len(ours) == len(theirs)
        return [without_newer(a, b) for a, b in zip(ours, theirs)]
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return ours
    for name in ours.keys() - theirs.keys():
        assert ours[name] == NEWER[name]
    return {name: without_newer(ours[name], theirs[name]) for name in ours.keys() & theirs.keys()}


@pytest.mark.parametrize("call", ["format_query", "parse_query"])
def test_expressions_are_told_as_by_prometheus(urls, call):
    answered = 0
    for expression in expressions():
        reference, answer = (get(url, f"/api/v1/{call}", {"query": expression}) for url in urls)
        assert answer[0] == reference[0], expression
        if reference[0] == 200:
            answered += 1
            assert without_newer(answer[1], reference[1]) == reference[1], expression
        else:
            assert answer[1]["errorType"] == reference[1]["errorType"], expression
    assert answered > 250


def test_a_killed_querier_tells_of_its_queries(tmp_path):
    folder = tmp_path / "made"
    process, _ = start_query(tmp_path, f"--query.active-query-path={folder}", "--query.max-concurrent=2")
    path = folder / "queries.active"
    assert path.read_bytes() == b"[" + bytes(2000)
    os.kill(process.pid, signal.SIGKILL)
    process.kill()
    # As though it had been evaluating one.
    entry = json.dumps({"query": "sum(slow)", "timestamp_sec": 7}).encode()
    path.write_bytes(b"[" + bytes(1000) + entry.ljust(999, b"\0") + b",")
    process, _ = start_query(tmp_path, f"--query.active-query-path={folder}")
    process.stop()
    assert "sum(slow)" in process.tail() and "did not finish" in process.tail()
    assert path.read_bytes() == b"[" + bytes(20000)
