# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from cluster import Cluster  # noqa: E402
from processes import MNEMO, prometheus  # noqa: E402


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    if not os.access(MNEMO, os.X_OK):
        pytest.skip(f"{MNEMO} is not built")
    if not prometheus() or not prometheus("promtool"):
        pytest.skip("no prometheus and promtool on this machine")
    running = Cluster(tmp_path_factory.mktemp("cluster"))
    yield running
    running.stop()
