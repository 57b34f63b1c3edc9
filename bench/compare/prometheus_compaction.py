# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus that compacts the blocks in its data directory, measured from outside."""
import pathlib
import re
import subprocess
import time

import measure

POLL = 0.005
DEADLINE = 180  # seconds; a server looks for work a minute after its start
UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "µs": 1e-6}


def seconds(text):
    """A duration as Go prints it."""
    return sum(float(number) * UNITS[unit]
               for number, unit in re.findall(r"([0-9.]+)(h|ms|µs|m|s)", text))


def compact(prometheus, data):
    """Starts the server on `data` and returns the usage of its first compaction, its log line as
    the output. CPU time and memory are those of the process while that lasts; at rest it uses next
    to no CPU."""
    config = pathlib.Path(data).parent / "prometheus.yml"
    config.write_text("global: {}\n", encoding="ascii")
    log_path = pathlib.Path(data).parent / "prometheus.log"
    with open(log_path, "w+", encoding="utf-8") as log, subprocess.Popen(
            [str(prometheus), f"--config.file={config}", f"--storage.tsdb.path={data}",
             "--web.listen-address=127.0.0.1:0", "--storage.tsdb.retention.time=100y",
             "--storage.tsdb.min-block-duration=4h", "--storage.tsdb.max-block-duration=12h"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
        try:
            return watch(process, log_path)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def watch(process, log_path):
    """Samples the process until its log tells of a compaction, then looks back over its length."""
    samples = []  # (time, CPU, anonymous memory)
    started = time.monotonic()
    while time.monotonic() - started < DEADLINE:
        if process.poll() is not None:
            raise RuntimeError("prometheus ended: " + log_path.read_text(encoding="utf-8"))
        now = time.monotonic()
        samples.append((now, measure.cpu_time(process.pid), measure.anonymous_memory(process.pid)))
        lines = [line for line in log_path.read_text(encoding="utf-8").splitlines()
                 if 'msg="compact blocks"' in line]
        if lines:
            length = seconds(re.search(r"duration=(\S+)", lines[0])[1])
            during = [sample for sample in samples if sample[0] >= now - length - POLL]
            before = [sample for sample in samples if sample[0] < now - length - POLL]
            return measure.Usage(during[-1][1] - before[-1][1], length,
                                 max(sample[2] for sample in during), lines[0])
        time.sleep(POLL)
    raise RuntimeError("prometheus did not compact: " + log_path.read_text(encoding="utf-8"))
