#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files are short, say their licence, and headers are guarded."""
import common

MOST_LINES = 600
SOURCES = (".hpp", ".cpp", ".h", ".c", ".py", ".sh", ".proto")

problems = []
for path in common.files(*SOURCES):
    lines = (common.ROOT / path).read_text().splitlines()
    if len(lines) > MOST_LINES:
        problems.append(f"{path}: {len(lines)} lines; more than {MOST_LINES}: give it rooms")
    if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
        problems.append(f"{path}: no SPDX line at its head")
    if path.suffix == ".hpp" and "#pragma once" not in lines:
        problems.append(f"{path}: no #pragma once")
common.finish(problems)
