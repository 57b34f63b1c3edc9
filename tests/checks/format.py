#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-format has nothing to change."""
import subprocess

import common

paths = [str(p) for p in common.files(".hpp", ".cpp", ".h", ".c")]
result = subprocess.run(["clang-format", "--dry-run", "--Werror", *paths], cwd=common.ROOT,
                        capture_output=True, text=True)
lines = [line for line in result.stderr.splitlines() if "error:" in line]
common.finish(lines or ([result.stderr] if result.returncode else []))
