# SPDX-License-Identifier: Apache-2.0
"""Series with every ordinary property, as a function of time: the history that blocks are made from,
and what the scrape target says now, so that a series goes on across the seam."""
import http.server
import math
import subprocess
import threading
import time

STEP = 30
CODES = ("200", "404", "500")
INSTANCES = ("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80")
BOUNDS = ("0.1", "0.5", "1", "+Inf")


def series_at(t):
    """(name, labels, value) of every series that exists at second `t`."""
    for i, instance in enumerate(INSTANCES):
        base = f'job="api",instance="{instance}"'
        for j, code in enumerate(CODES):
            rate = 1 + i + 3 * j
            since_reset = t % (7200 * (i + 2))  # counters start anew now and then
            yield "http_requests_total", f'{base},code="{code}"', math.floor(since_reset * rate / 7)
        for k, bound in enumerate(BOUNDS):
            seen = math.floor((t % 86400) * (k + 1 + i) / 3)
            yield "http_request_duration_seconds_bucket", f'{base},le="{bound}"', seen
        total = math.floor((t % 86400) * (len(BOUNDS) + i) / 3)
        yield "http_request_duration_seconds_count", base, total
        yield "http_request_duration_seconds_sum", base, total * 0.37
        yield "memory_bytes", base, 1e9 + 3e8 * math.sin(t / 1800 + i) + t % 97
        yield "temperature_celsius", base, round(20 + 15 * math.sin(t / 43200 * math.pi + i), 2)
        yield "build_info", f'{base},version="1.{i}"', 1
        if (t // 1200 + i) % 3:
            yield "flapping", base, t % 11
        # Labels named like external ones, which take their place and change the order of series.
        yield "owned", f'{base},cluster="{9 - i}",replica="own"', t % 13 + i
        yield "ratio", base, float("nan") if t % 1500 < 60 and i == 0 else (t % 1000) / 1000
    yield "limit", 'job="api"', 1e21
    yield "constant", 'job="api",odd="a b \\"quoted\\" \u00e9"', -0.0 if t % 60 else 42


def text_value(value):
    if math.isnan(value):
        return "NaN"
    return repr(float(value)) if isinstance(value, float) else str(value)


def open_metrics(start, end, offset=0.0, gaps=()):
    """The history in OpenMetrics: every STEP seconds from `start`, shifted by `offset` seconds,
    without the closed ranges in `gaps`."""
    by_name = {}
    for t in range(start, end, STEP):
        if any(first <= t <= last for first, last in gaps):
            continue
        for name, labels, value in series_at(t):
            by_name.setdefault((name, labels), []).append((t + offset, value))
    lines = []
    for (name, labels), samples in sorted(by_name.items()):
        lines += [f"{name}{{{labels}}} {text_value(v)} {t:.3f}" for t, v in samples]
    return "\n".join(lines) + "\n# EOF\n"


def write_blocks(folder, text, promtool):
    """Blocks made from OpenMetrics text by promtool."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder.parent / f"{folder.name}.om"
    source.write_text(text)
    subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", source, folder],
                   check=True, capture_output=True)
    source.unlink()


class Target:
    """A scrape target that says the same series as of now."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                now = int(time.time())
                body = "".join(f"{name}{{{labels}}} {text_value(value)}\n"
                               for name, labels, value in series_at(now)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
