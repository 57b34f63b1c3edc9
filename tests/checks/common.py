# SPDX-License-Identifier: Apache-2.0
"""What the checks share: where the project is, and which files it has."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def files(*suffixes):
    """The project's files with one of these endings, tracked or new, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    paths = (pathlib.Path(name) for name in listed)
    return sorted(p for p in paths if p.suffix in suffixes and (ROOT / p).is_file())


def finish(problems):
    """Prints what is wrong, a line each, and ends the check."""
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
