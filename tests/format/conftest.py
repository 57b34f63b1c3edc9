# SPDX-License-Identifier: Apache-2.0
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


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
