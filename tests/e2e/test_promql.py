# SPDX-License-Identifier: Apache-2.0
"""What the querier answers for one replica is what that replica's own Prometheus answers."""
import os
import time

import pytest

from cluster import DAY, REPLICAS, get, wait_until
from compare import differences
from routes import ROUTES

# `%s` stands where the replica is matched.
EXPRESSIONS = [
    "http_requests_total{%s}",
    'http_requests_total{%s,code="200"}',
    'http_requests_total{%s,code!="200"}',
    'http_requests_total{%s,code=~"4..|5.."}',
    'http_requests_total{%s,code!~"4.*"}',
    'http_requests_total{%s,absent_label=""}',
    '{%s,__name__=~"memory_.*|temperature_.*"}',
    "constant{%s}",
    "limit{%s}",
    "ratio{%s}",
    "flapping{%s}",
    "owned{%s}",
    "memory_bytes{%s} offset 1h",
    "memory_bytes{%s} offset -10m",
    "memory_bytes{%s} @ end()",
    "memory_bytes{%s} @ start()",
    "rate(http_requests_total{%s}[5m])",
    "rate(http_requests_total{%s}[2h] offset 30m)",
    "increase(http_requests_total{%s}[30m])",
    "irate(http_requests_total{%s}[5m])",
    "resets(http_requests_total{%s}[6h])",
    "changes(flapping{%s}[1h])",
    "delta(temperature_celsius{%s}[1h])",
    "idelta(temperature_celsius{%s}[10m])",
    "deriv(memory_bytes{%s}[15m])",
    "avg_over_time(memory_bytes{%s}[20m])",
    "min_over_time(memory_bytes{%s}[20m])",
    "max_over_time(memory_bytes{%s}[20m])",
    "sum_over_time(ratio{%s}[20m])",
    "count_over_time(flapping{%s}[30m])",
    "last_over_time(flapping{%s}[30m])",
    "present_over_time(flapping{%s}[30m])",
    "absent_over_time(flapping{%s,instance='10.0.0.1:80'}[10m])",
    "quantile_over_time(0.9, memory_bytes{%s}[30m])",
    "stddev_over_time(temperature_celsius{%s}[1h])",
    "stdvar_over_time(temperature_celsius{%s}[1h])",
    "max_over_time(rate(http_requests_total{%s}[5m])[1h:5m])",
    "avg_over_time((memory_bytes{%s} / 2)[30m:1m] offset 5m)",
    "sum(http_requests_total{%s})",
    "sum by (code) (rate(http_requests_total{%s}[5m]))",
    "sum without (instance) (rate(http_requests_total{%s}[5m]))",
    "avg by (instance) (memory_bytes{%s})",
    "min(temperature_celsius{%s})",
    "max by (job) (temperature_celsius{%s})",
    "count by (code) (http_requests_total{%s})",
    "group(http_requests_total{%s})",
    "stddev(memory_bytes{%s})",
    "stdvar by (job) (temperature_celsius{%s})",
    "quantile(0.5, memory_bytes{%s})",
    "topk(2, memory_bytes{%s})",
    "bottomk by (code) (1, http_requests_total{%s})",
    'count_values("version", build_info{%s})',
    "memory_bytes{%s} * 2 + 1",
    "memory_bytes{%s} %% 97 ^ 2",
    "temperature_celsius{%s} > 20",
    "temperature_celsius{%s} > bool 20",
    "-temperature_celsius{%s}",
    'http_requests_total{%s,code="500"} / ignoring (code) http_requests_total{%s,code="200"}',
    "sum by (instance) (http_requests_total{%s}) / on (instance) memory_bytes{%s}",
    "memory_bytes{%s} * on (instance) group_left (version) build_info{%s}",
    "build_info{%s} * on (instance) group_right (version) memory_bytes{%s}",
    "memory_bytes{%s} and on (instance) flapping{%s}",
    "memory_bytes{%s} or temperature_celsius{%s}",
    "memory_bytes{%s} unless on (instance) flapping{%s}",
    "histogram_quantile(0.9, rate(http_request_duration_seconds_bucket{%s}[10m]))",
    "histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket{%s}[10m])))",
    'label_replace(build_info{%s}, "major", "$1", "version", "(.*)[.].*")',
    'label_join(build_info{%s}, "both", "-", "job", "version")',
    "absent(nothing{%s})",
    "scalar(limit{%s}) + vector(1)",
    "time() - timestamp(memory_bytes{%s})",
    "sort_desc(sum by (code) (http_requests_total{%s}))",
    "clamp(temperature_celsius{%s}, 10, 20)",
    "clamp_min(clamp_max(temperature_celsius{%s}, 25), 8)",
    "round(temperature_celsius{%s}, 0.5)",
    "sqrt(abs(temperature_celsius{%s} - 20))",
    "ceil(ln(memory_bytes{%s})) + floor(log2(memory_bytes{%s})) + log10(memory_bytes{%s})",
    "exp(ratio{%s})",
    "hour(timestamp(memory_bytes{%s})) * 100 + minute(timestamp(memory_bytes{%s}))",
    "day_of_week(vector(time())) + day_of_month() + days_in_month() + month() + year()",
    "predict_linear(memory_bytes{%s}[30m], 3600)",
]

# Steps of subqueries lie on multiples of them, where samples are too: the ranges within have one more
# sample in a Prometheus 2.x.
OTHERWISE_IN_2 = ["max_over_time(rate(http_requests_total{%s}[5m])[1h:5m])"]

EXTERNAL = ("cluster", "replica")


def with_matcher(expression, matcher):
    parts = expression.count("%s")
    return expression % ((matcher,) * parts) if parts else expression.replace("%%", "%")


def theirs(expression):
    return with_matcher(expression, "").replace("{,", "{")


def ours(expression, replica):
    return with_matcher(expression, f'replica="{replica}"')


@pytest.fixture(scope="session")
def moments(cluster):
    """Evaluation times: in history, on the seam, on fresh data; there is some by then. With a Prometheus
    2.x, whose ranges are closed at both ends, between samples: no range begins at one."""
    started = cluster.history_end + 90
    wait_until(lambda: time.time() > started + 25, "some fresh data")
    beside = 0 if cluster.major > 2 else 0.217
    fresh = int(time.time()) - 4
    return {"history": cluster.history_start + DAY // 2 + beside,
            "seam": cluster.history_end + 60 + beside, "fresh": fresh + beside}


def requests(cluster, moments, expression):
    """Nothing is asked of what is still to come."""
    ahead = 600 if "offset -10m" in expression else 0
    moments = {name: t - ahead for name, t in moments.items()}
    yield from (("/api/v1/query", {"time": t}, name) for name, t in moments.items())
    end = moments["fresh"]
    for name, start, step in (("day", cluster.history_start, 300), ("seam", end - 1800, 15),
                              ("fresh", end - 20, 1)):
        yield "/api/v1/query_range", {"start": start + end % 1, "end": end, "step": step}, f"range {name}"


@pytest.fixture(scope="session")
def references(cluster, moments):
    """What each replica's own Prometheus says to an expression; asked once."""
    answers = {}

    def ask(expression):
        if expression not in answers:
            answers[expression] = [
                (replica, path, params, name,
                 get(cluster.prometheus_url[replica], path, {"query": theirs(expression), **params}))
                for replica in REPLICAS for path, params, name in requests(cluster, moments, expression)]
        return answers[expression]
    return ask


def asked_over(number):
    """Everything over the first arrangement of stores; over the others a share, or with MNEMO_E2E=full
    everything too."""
    is_everything = number == 0 or os.environ.get("MNEMO_E2E") == "full"
    return EXPRESSIONS if is_everything else EXPRESSIONS[number - 1::len(ROUTES) - 1]


QUESTIONS = [(name, expression) for number, name in enumerate(ROUTES) for expression in asked_over(number)]


@pytest.mark.parametrize("route,expression", QUESTIONS, indirect=["route"])
def test_replica_equals_its_prometheus(cluster, route, references, expression):
    if cluster.major < 3 and expression in OTHERWISE_IN_2:
        pytest.skip("ranges are closed at both ends in a Prometheus 2.x")
    wrong, answered = [], 0
    for replica, path, params, name, (status, reference) in references(expression):
        code, answer = get(route.url, path,
                           {"query": ours(expression, replica), "dedup": "false", **params})
        where = f"{replica}, {name}: "
        if status != code:
            wrong.append(f"{where}status {code}, not {status}: {answer} / {reference}"[:600])
        elif status == 200:
            answered += len(reference["data"]["result"])
            wrong += [where + d for d in
                      differences(answer["data"], reference["data"], without=EXTERNAL)][:2]
    assert not wrong, "\n".join(wrong)
    assert answered > 0, "the reference never has a result: the comparison says nothing"
