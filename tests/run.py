#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds Mnemo in its variants, runs all tests and counts them. Called by tests/run.sh."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECKS = ["files", "floors", "format", "public_headers"]
SHARED = pathlib.Path(os.environ.get("MNEMO_SHARED", ROOT.parent / "shared"))

totals = {"passed": 0, "failed": 0, "skipped": 0}
failures = []
counting = threading.Lock()


def count(name, passed, failed, skipped):
    with counting:
        totals["passed"] += passed
        totals["failed"] += failed
        totals["skipped"] += skipped
        if failed:
            failures.append(name)


def run(name, command, *, environment=None, keep_output=False):
    """Runs a command, showing its output; returns its exit status and, if kept, its output."""
    print(f"==> {name}: {' '.join(map(str, command))}", flush=True)
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            [str(part) for part in command], cwd=ROOT, env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace")
    except OSError as error:
        print(f"<== {name}: {error}", flush=True)
        return 127, ""
    lines = []
    for line in process.stdout:
        if not line.startswith("[") or "FAILED" in line:  # ninja's progress is too much
            print(line, end="", flush=True)
        if keep_output:
            lines.append(line)
    status = process.wait()
    print(f"<== {name}: {'ok' if status == 0 else f'exit {status}'} "
          f"({time.monotonic() - started:.0f} s)", flush=True)
    return status, "".join(lines)


def step(name, command, **options):
    """A command that counts as one test."""
    status, _ = run(name, command, **options)
    count(name, int(status == 0), int(status != 0), 0)
    return status == 0


def doctest(name, program, *, environment=None):
    """Runs the cases of a doctest program in parts, on two processors."""
    counted = subprocess.run([program, "--count"], capture_output=True, text=True,
                             env={**os.environ, **(environment or {})})
    cases = re.search(r"passing the current filters: (\d+)", counted.stdout)
    if not cases:
        print(counted.stdout + counted.stderr)
        count(name, 0, 1, 0)
        return
    last = int(cases[1])
    size = max(50, -(-last // 16))
    parts = [(first, min(first + size - 1, last)) for first in range(1, last + 1, size)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as threads:
        for _ in threads.map(lambda part: doctest_cases(name, program, *part, environment), parts):
            pass


def doctest_cases(name, program, first, last, environment):
    # Shuffled, always alike, since cases that take long stand side by side.
    command = [program, "--order-by=rand", "--rand-seed=1", f"--first={first}", f"--last={last}"]
    status, output = run(f"{name} {first} to {last}", command, environment=environment,
                         keep_output=True)
    summary = re.search(r"test cases:\s*\d+ \|\s*\d+ passed \|\s*(\d+) failed", output)
    if not summary:
        count(name, 0, 1, 0)
        return
    failed = int(summary[1])
    passed = last - first + 1 - failed  # its own count has those it left out
    # A test case that lacks what it needs says so: `MESSAGE("skipped: ...")`.
    cases = re.split(r"^TEST CASE:", output, flags=re.MULTILINE)[1:]
    skipped = len({case.split("\n", 1)[0].strip() for case in cases if "MESSAGE: skipped:" in case})
    count(name, passed - skipped, max(failed, int(status != 0)), skipped)


def pytest(name, folders, environment):
    status, output = run(name, [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider",
                                *folders], environment=environment, keep_output=True)
    numbers = {word.rstrip("s"): int(n) for n, word in
               re.findall(r"(\d+) (passed|failed|skipped|errors?)", output.splitlines()[-1])}
    failed = numbers.get("failed", 0) + numbers.get("error", 0)
    no_tests = status == 5
    count(name, numbers.get("passed", 0), max(failed, int(status not in (0, 5))),
          numbers.get("skipped", 0) + int(no_tests))


def promql(environment):
    """Prometheus' own scripts, and its answers to generated queries."""
    scripts = sorted((SHARED / "promqltest").glob("*.test"))
    for script in scripts:
        step(f"promqltest {script.name}", ["build/tools/mnemo", "tools", "promql", "test", script])
    if not scripts:
        print(f"skipped: no promqltest scripts at {SHARED}")
        count("promqltest", 0, 0, 1)
    if (SHARED / "golden").is_dir():
        step("golden queries", ["build/tests/promql/golden_queries", "--list"], environment=environment)
    else:
        count("golden queries", 0, 0, 1)


def build(name, folder, options, environment=None, targets=()):
    """Configures and builds a variant; false when it does not build."""
    folder = ROOT / folder
    verb = "configure" if (folder / "build.ninja").exists() else "setup"
    status, _ = run(f"configure {name}", ["meson", verb, folder, *options, "-Dtests=enabled"],
                    environment=environment)
    if status != 0:
        count(f"configure {name}", 0, 1, 0)
        return False
    return step(f"build {name}", ["ninja", "-C", folder, *targets], environment=environment)


def programs(folder):
    """The doctest programs of a build: the unit tests, and those of the API where it is there."""
    listed = [ROOT / folder / "tests" / name for name in ("unit/unit", "api/api_replay")]
    return [program for program in listed if program.exists()]


def fuzz_corpus(folder, environment=None):
    step(f"fuzz corpus {folder}", [ROOT / folder / "tests/fuzz/replay", "tests/fuzz/corpus"],
         environment=environment)


def prometheus3():
    """Where a Prometheus 3.x is: named by the environment, or fetched by the script beside us."""
    folder = ROOT / ".cache" / "prometheus3"
    if "MNEMO_PROMETHEUS3" in os.environ:
        return os.environ["MNEMO_PROMETHEUS3"]
    fetch = SHARED / "get-prometheus"
    if fetch.exists():
        run("fetch Prometheus 3", [fetch, folder])
    return str(folder / "usr" / "bin") if (folder / "usr/bin/prometheus").exists() else ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    fast_link = ["-Dcpp_link_args=-fuse-ld=mold"]

    for check in CHECKS:
        step(f"check {check}", [sys.executable, f"tests/checks/{check}.py"])

    environment = {"MNEMO_SHARED": str(SHARED), "MNEMO": str(ROOT / "build/tools/mnemo")}
    if three := prometheus3():
        environment["MNEMO_PROMETHEUS3"] = three
    waiting = None
    if build("full", "build", fast_link):
        for program in programs("build"):
            doctest(program.name, program, environment=environment)
        fuzz_corpus("build")
        promql(environment)
        # These wait more than they compute, so that the next builds go on beside them.
        waiting = concurrent.futures.ThreadPoolExecutor().submit(python_tests, environment)
    variants = [] if quick else build_variants(fast_link)
    if waiting:
        waiting.result()
    for variant in variants:
        for program in programs(variant.folder):
            doctest(f"{variant.name} {program.name}", program,
                    environment={**environment, **variant.options})
        if (ROOT / variant.folder / "tests/fuzz/replay").exists():
            fuzz_corpus(variant.folder, variant.options)
    if not quick:
        tidy()

    if failures:
        print("failed: " + ", ".join(failures))
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    sys.exit(1 if totals["failed"] else 0)


def python_tests(environment):
    folders = [f for f in ("tests/format", "tests/promql", "tests/e2e", "tests/faults",
                           "tests/objstore") if (ROOT / f).is_dir()]
    pytest("python tests", folders, environment)


class Variant(typing.NamedTuple):
    """Another build, and what its programs find in their environment."""
    name: str
    folder: str
    options: dict


def build_variants(fast_link):
    """Without gRPC and programs; under ASan and UBSan; the concurrent part under clang's TSan."""
    built = []
    if build("core", "build-core", ["-Dgrpc=disabled", "-Dtools=disabled", *fast_link]):
        built.append(Variant("core", "build-core", {}))
    common = ["-Db_lundef=false", "-Dcpp_args=-g1"]  # lines for the traces are enough, and quicker
    if build("asan", "build-asan",
             ["-Db_sanitize=address,undefined", "-Doptimization=0", *common, *fast_link],
             targets=["tests/unit/unit", "tests/api/api_replay", "tests/fuzz/replay"]):
        built.append(Variant("asan", "build-asan",
                             {"ASAN_OPTIONS": "detect_stack_use_after_return=1",
                              "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}))
    # gRPC in Debian is not instrumented, so TSan runs on what stands below it.
    clang = {"CC": "clang", "CXX": "clang++"}
    if build("tsan", "build-tsan", ["-Db_sanitize=thread", "-Doptimization=1", "-Dgrpc=disabled",
                                    "-Dtools=disabled", *common], environment=clang,
             targets=["tests/unit/unit"]):
        built.append(Variant("tsan", "build-tsan", {"TSAN_OPTIONS": "halt_on_error=1"}))
    return built


def tidy():
    sources = subprocess.run(["git", "ls-files", "lib/*.cpp", "tools/*.cpp"], cwd=ROOT,
                             capture_output=True, text=True, check=True).stdout.split()
    step("clang-tidy", ["run-clang-tidy", "-quiet", "-p", "build",
                        "-extra-arg=-Wno-unknown-warning-option", *sources])


if __name__ == "__main__":
    main()
