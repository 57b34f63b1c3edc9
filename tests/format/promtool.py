# SPDX-License-Identifier: Apache-2.0
"""Prometheus 3.x' promtool, and what is known of its dump."""
import os
import pathlib
import shutil
import subprocess


def promtool3():
    """The program, or nothing: named by MNEMO_PROMTOOL3, in the folder MNEMO_PROMETHEUS3, or on PATH."""
    named = os.environ.get("MNEMO_PROMTOOL3")
    folder = os.environ.get("MNEMO_PROMETHEUS3")
    if not named and folder:
        named = str(pathlib.Path(folder) / "promtool")
    for program in filter(None, [named, shutil.which("promtool")]):
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        if "version 3." in version.stdout + version.stderr:
            return program
    return None


def loses_samples(program):
    """Up to 3.5 the dump asks for floats, then float histograms, then histograms, once each, and
    drops the sample that ends each of these runs; later versions print every sample."""
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    words = (text.stdout + text.stderr).split("version ")[1]
    major, minor = words.split(".")[:2]
    return (int(major), int(minor)) <= (3, 5)


def what_old_promtool_prints(samples):
    """Of one series' samples [(kind, line)], those that such a promtool prints."""
    samples = iter(samples)
    for kind in ("float", "float histogram", "histogram"):
        for found, line in samples:
            if found != kind:
                break  # the sample is lost
            yield line
