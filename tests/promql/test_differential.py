# SPDX-License-Identifier: Apache-2.0
"""A short run of differential.py."""
import os
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "e2e")]

import differential  # noqa: E402
from processes import MNEMO  # noqa: E402


@pytest.mark.parametrize("seed, delayed", [(20, False), (21, True)], ids=["", "delayed names"])
def test_prometheus_answers_generated_queries_alike(tmp_path, seed, delayed):
    build = pathlib.Path(MNEMO).resolve().parents[1]
    program = build / "tests" / "promql" / "answer_queries"
    if not os.access(program, os.X_OK):
        pytest.skip(f"{program} is not built")
    differential.peers.need("prometheus", 3)
    tally = differential.compare(build, tmp_path, differential.queries(seed, 300, stats=True), delayed)
    assert not tally.wrong, "\n".join(tally.lines())
    assert tally.counts["equal"] > 100, "most queries have no result: the comparison says little"
