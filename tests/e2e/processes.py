# SPDX-License-Identifier: Apache-2.0
"""Starts and ends the processes of a test: programs that listen, and the ports they listen on."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("MNEMO_SHARED", ROOT.parent / "shared"))
MNEMO = os.environ.get("MNEMO", str(ROOT / "build" / "tools" / "mnemo"))


def prometheus(name="prometheus", major=None):
    """Where `prometheus` or `promtool` of a major version is; of any: a 3.x where the environment names
    one, else Debian's 2.x."""
    folder = os.environ.get("MNEMO_PROMETHEUS3", "")
    if major == 3 or (major is None and folder):
        return str(pathlib.Path(folder) / name) if folder else None
    return shutil.which(name)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """A program under test. Its output goes to a file that is shown when it fails to start."""

    def __init__(self, name, command, log_folder, environment=None):
        self.name = name
        self.command = [str(part) for part in command]
        self.log = pathlib.Path(log_folder) / f"{name}.log"
        self.environment = {**os.environ, **(environment or {})}
        self.popen = None
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=log, env=self.environment)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def wait_for(self, url, timeout=30, expected=200):
        """Waits until `url` answers; fails with the log when the program ends or time runs out."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not self.running():
                break
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:
                    if answer.status == expected:
                        return
            except (urllib.error.URLError, OSError):
                pass
            time.sleep(0.05)
        raise AssertionError(f"{self.name} does not answer {url}\n{self.tail()}")

    def wait_to_listen(self, port, timeout=30):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.running():
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError(f"{self.name} does not listen on {port}\n{self.tail()}")

    def tail(self, size=4000):
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    def stop(self, timeout=20):
        """SIGTERM; returns the exit status. A program that does not end is killed and blamed."""
        if self.running():
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.name} does not end on SIGTERM\n{self.tail()}")
        return self.popen.returncode

    def kill(self):
        if self.running():
            self.popen.kill()
        self.popen.wait()
