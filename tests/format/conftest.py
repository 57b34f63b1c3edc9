# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))  # processes


@pytest.fixture(scope="session")
def golden():
    folder = pathlib.Path(os.environ.get("MNEMO_SHARED", ROOT.parent / "shared")) / "golden"
    if not folder.is_dir():
        pytest.skip(f"no golden data at {folder}")
    return folder


@pytest.fixture(scope="session")
def mnemo():
    program = os.environ.get("MNEMO", str(ROOT / "build" / "tools" / "mnemo"))
    if not os.access(program, os.X_OK):
        pytest.skip(f"{program} is not built")
    return program


@pytest.fixture(scope="session")
def block_tool(mnemo):
    """The test program of that name in the build that the program under test comes from."""
    program = pathlib.Path(mnemo).resolve().parents[1] / "tests" / "format" / "block_tool"
    if not os.access(program, os.X_OK):
        pytest.skip(f"{program} is not built")
    return program


@pytest.fixture(scope="session")
def golden_answers(golden, tmp_path_factory):
    """What a Prometheus of a major version answers over the golden blocks of a role."""
    import blocks
    import peers
    answers = {}

    def ask(major, role):
        if (major, role) not in answers:
            sources = blocks.blocks_of(golden, role)
            # Prometheus 2 doesn't know custom buckets.
            names = [name for name in blocks.metric_names(sources)
                     if major > 2 or name != "nh_custom_buckets"]
            data = peers.data_directory(tmp_path_factory.mktemp("golden") / "data", sources)
            with peers.Server(major, data) as server:
                answers[major, role] = peers.all_answers(server, names, blocks.START, blocks.END)
            assert len(names) == (20 if major > 2 else 19)
        return answers[major, role]
    return ask
