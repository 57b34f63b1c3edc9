# SPDX-License-Identifier: Apache-2.0
"""Runs programs and measures their CPU time, their time by the clock and their anonymous memory."""
import dataclasses
import os
import resource
import subprocess
import tempfile
import time

POLL = 0.002  # seconds
TICK = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Usage:
    """What some work took: seconds, seconds, bytes."""
    cpu: float
    wall: float
    anonymous: int
    output: str = ""


def anonymous_memory(pid):
    """Resident anonymous memory in bytes; 0 once the process is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


def cpu_time(pid):
    """The CPU time that a running process has used so far, in seconds."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command, keep_output=True):
    """Runs a command to its end and measures it; a failure is an error that shows what it said."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        before, started, peak = children_cpu(), time.monotonic(), 0
        with subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                              stdout=out if keep_output else subprocess.DEVNULL,
                              stderr=errors) as process:
            while process.poll() is None:
                peak = max(peak, anonymous_memory(process.pid))
                time.sleep(POLL)
        wall, cpu = time.monotonic() - started, children_cpu() - before
        out.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}: {errors.read()}")
        return Usage(cpu, wall, peak, out.read())
