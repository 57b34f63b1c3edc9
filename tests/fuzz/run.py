#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the fuzz targets (with clang) and runs each for some time: docs/testing.md."""
import argparse
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build-fuzz"
CORPUS = ROOT / "tests/fuzz/corpus"
OPTIONS = ["-Dgrpc=disabled", "-Dtools=disabled", "-Dfuzz=enabled", "-Db_lundef=false",
           "-Db_sanitize=address,undefined", "-Dcpp_args=-fsanitize=fuzzer-no-link"]
HALT = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
LIMITS = ["-rss_limit_mb=1024", "-timeout=10"]


def build():
    """Gives the programs by the names of their targets, which are those of the corpora."""
    if not (BUILD / "build.ninja").exists():
        compiler = {"CC": os.environ.get("CC", "clang"), "CXX": os.environ.get("CXX", "clang++")}
        subprocess.run(["meson", "setup", BUILD, *OPTIONS], cwd=ROOT, check=True,
                       env={**os.environ, **compiler})
    known = subprocess.run(["ninja", "-C", BUILD, "-t", "targets", "all"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    programs = re.findall(r"^(tests/fuzz/fuzz_\w+):", known, re.MULTILINE)
    subprocess.run(["ninja", "-C", BUILD, *programs], check=True)
    names = {str(path.parent.relative_to(CORPUS)) for path in CORPUS.rglob("*") if path.is_file()}
    by_name = {name: BUILD / "tests/fuzz" / f"fuzz_{name.replace('/', '_')}" for name in names}
    missing = set(programs) - {str(path.relative_to(BUILD)) for path in by_name.values()}
    if missing:
        sys.exit(f"no corpus for {', '.join(sorted(missing))}")
    return dict(sorted(by_name.items()))


def run(name, program, seconds, seeds):
    """Runs one target on what it found in former runs and the repository's corpus; true if nothing
    was found that is wrong."""
    work = BUILD / "fuzz" / name.replace("/", "_")
    (work / "corpus").mkdir(parents=True, exist_ok=True)
    (work / "found").mkdir(exist_ok=True)
    folders = [CORPUS / name] + ([seeds / name] if seeds and (seeds / name).is_dir() else [])
    command = [program, f"-max_total_time={seconds}", f"-artifact_prefix={work / 'found'}/", *LIMITS,
               work / "corpus", *folders]
    with open(work / "log", "w") as log:
        status = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT,
                                env={**os.environ, **HALT}).returncode
    text = (work / "log").read_text(errors="replace")
    counts = re.findall(r"^#(\d+)\s.*cov: (\d+) ft: (\d+)", text, re.MULTILINE)
    executions, coverage, features = counts[-1] if counts else (0, 0, 0)
    print(f"{name:12} {executions:>9} executions  cov {coverage:>5}  ft {features:>6}  "
          f"{'ok' if status == 0 else f'exit {status}: {work}/log'}", flush=True)
    return status == 0


def minimise(name, program):
    """Adds to the repository's corpus what former runs found, as far as it reaches new code (not
    only how often)."""
    found = BUILD / "fuzz" / name.replace("/", "_") / "corpus"
    if found.is_dir():
        subprocess.run([program, "-merge=1", "-use_counters=0", CORPUS / name, found], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="names as in tests/fuzz/corpus; default: all")
    parser.add_argument("--seconds", type=int, default=600, help="for each target (%(default)s)")
    parser.add_argument("--seeds", type=pathlib.Path,
                        help="a folder of more seeds, arranged as tests/fuzz/corpus is")
    parser.add_argument("--merge", action="store_true",
                        help="instead, merge what former runs found into tests/fuzz/corpus")
    arguments = parser.parse_args()
    programs = build()
    if unknown := set(arguments.targets) - set(programs):
        parser.error(f"no target {', '.join(sorted(unknown))}")
    passed = True
    for name in arguments.targets or programs:
        if arguments.merge:
            minimise(name, programs[name])
        else:
            passed &= run(name, programs[name], arguments.seconds, arguments.seeds)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
