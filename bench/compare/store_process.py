# SPDX-License-Identifier: Apache-2.0
"""A store gateway under measurement."""
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

import measure

DEADLINE = 120  # seconds
POLL = 0.002
FETCHED_BYTES = "thanos_objstore_bucket_operation_fetched_bytes_total"
OPERATIONS = "thanos_objstore_bucket_operations_total"


class Store:
    """`mnemo store` over a bucket; use it as a context. `start_seconds` is the time from its start
    until it said that it is ready."""

    def __init__(self, program, bucket_config, folder, *flags):
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "store.log"
        self.peak = 0
        started = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, "store", f"--objstore.config={bucket_config}",
                 f"--data-dir={folder / 'data'}", "--grpc-address=127.0.0.1:0",
                 "--http-address=127.0.0.1:0", *flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.monotonic() - started
        self.watcher = threading.Thread(target=self.watch, daemon=True)
        self.watcher.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_until_ready(self):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end and self.process.poll() is None:
            text = self.log.read_text(encoding="utf-8")
            if re.search(r"msg=ready\b", text):
                self.http = re.search(r'msg="listening for HTTP" address=(\S+)', text)[1]
                self.grpc = "127.0.0.1:" + re.search(r'msg="listening for gRPC".* port=(\d+)',
                                                     text)[1]
                return
            time.sleep(POLL)
        raise RuntimeError("the store isn't ready: " + self.log.read_text(encoding="utf-8")[-2000:])

    def watch(self):
        while self.process.poll() is None:
            self.peak = max(self.peak, self.memory())
            time.sleep(POLL)

    def memory(self):
        return measure.anonymous_memory(self.process.pid)

    def cpu(self):
        return measure.cpu_time(self.process.pid)

    def take_peak(self):
        """The peak of anonymous memory since the last call."""
        self.peak, peak = 0, max(self.peak, self.memory())
        return peak

    def metric(self, name):
        """The sum of a metric over its labels."""
        with urllib.request.urlopen(f"http://{self.http}/metrics") as answer:
            text = answer.read().decode()
        return sum(float(value) for value in
                   re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
