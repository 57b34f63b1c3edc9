# SPDX-License-Identifier: Apache-2.0
"""Blocks that `mnemo tools tsdb rewrite` makes of golden ones: what is in them, and what real
Prometheus servers and promtool make of them."""
import pytest

from blocks import blocks_of, dump, rewritten
from peers import blocks_in, check_answers, data_directory, need, run
from test_tsdb_dump import FOLDERS

# A data directory holds the blocks of one role: others overlap them.
ROLES = ["raw_a", "compacted_b", "vertical_one-to-one", "vertical_penalty"]


@pytest.fixture(scope="session")
def copies(golden, mnemo, tmp_path_factory):
    """What became of each golden block: {source: block}."""
    output = tmp_path_factory.mktemp("rewritten")
    return {source: rewritten(mnemo, source, output / folder)
            for folder in FOLDERS for source in sorted((golden / folder).iterdir()) if source.is_dir()}


def in_folder(copies, folder):
    found = [(source, block) for source, block in copies.items() if source.parent.name == folder]
    assert found
    return found


def of_role(copies, golden, role):
    return [copies[source] for source in blocks_of(golden, role)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_content_is_the_sources(copies, mnemo, folder):
    """And this, as test_tsdb_dump shows, is what its writer says."""
    for source, block in in_folder(copies, folder):
        lines = dump(mnemo, block, "--format=ndjson").splitlines()
        assert lines == dump(mnemo, source, "--format=ndjson").splitlines(), source.name
        assert len(lines) >= 10


@pytest.mark.parametrize("folder", FOLDERS)
def test_index_and_chunks_are_the_sources_byte_for_byte(copies, folder):
    for source, block in in_folder(copies, folder):
        files = sorted(path.relative_to(source) for path in (source / "chunks").iterdir())
        assert files == sorted(path.relative_to(block) for path in (block / "chunks").iterdir())
        for name in ["index", *files]:
            assert (block / name).read_bytes() == (source / name).read_bytes(), (source.name, name)


def figures(promtool, data, block):
    """The lines of promtool's analysis, which come in no promised order where numbers are equal."""
    text = run(promtool, "tsdb", "analyze", "--extended", "--limit=1000", data, block.name)
    assert f"Block ID: {block.name}" in text
    return sorted(text.replace(block.name, "ULID").splitlines())


@pytest.mark.parametrize("role", ROLES)
def test_promtool_prints_the_same_of_source_and_rewritten_block(copies, golden, tmp_path, role):
    promtool = need("promtool", 3)
    sources = data_directory(tmp_path / "sources", blocks_of(golden, role))
    ours = data_directory(tmp_path / "ours", of_role(copies, golden, role))
    expected = run(promtool, "tsdb", "dump", sources)
    assert expected.count("\n") > 10_000
    assert run(promtool, "tsdb", "dump", ours) == expected
    for source in blocks_of(golden, role)[:2]:
        expected = figures(promtool, sources, source)
        assert len(expected) > 100
        assert figures(promtool, ours, copies[source]) == expected


@pytest.mark.parametrize("major, role", [*((3, role) for role in ROLES), (2, "raw_a"),
                                         (2, "vertical_penalty")])
def test_prometheus_answers_the_same_from_source_and_rewritten_blocks(copies, golden, golden_answers,
                                                                     tmp_path, major, role):
    need("prometheus", major)
    data = data_directory(tmp_path / "data", of_role(copies, golden, role))
    given = blocks_in(data)
    check_answers(major, data, golden_answers(major, role))
    assert blocks_in(data) == given  # it read these, and made nothing of them
