#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Generated queries, answered by us and by a Prometheus 3.x over the same blocks: docs/testing.md.

    MNEMO_PROMETHEUS3=FOLDER tests/promql/differential.py --count=5000 --seed=7

Prints how many came out how, and each difference that is not settled by name (settled.py)."""
import argparse
import collections
import http.client
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("e2e", "format", "promql")]

import peers  # noqa: E402
import query_data  # noqa: E402
from compare import same_number  # noqa: E402
from query_maker import Maker, request  # noqa: E402
from settled import settled_by  # noqa: E402

FEATURES = "--enable-feature=promql-experimental-functions,promql-per-step-stats,promql-duration-expr"
DELAYED = "promql-delayed-name-removal"
POSITION = re.compile(r" \(\d+:\d+\)$")
NUMBERS_OF_A_NOTE = re.compile(r", from buckets .*$")  # told by newer versions only
OMITTED = re.compile(r"\d+ more (warning|info) annotations omitted")  # in any order, but ten
IN_ORDER = re.compile(r"(sort|sort_desc|sort_by_label|sort_by_label_desc)\(")


def queries(seed, count, stats=False):
    """The same for the same seed, the first ones also of a longer run."""
    source = random.Random(seed)
    maker = Maker(source)
    asked = [request(source, maker.expression()) for _ in range(count)]
    return [{**query, "stats": "all"} for query in asked] if stats else asked


def our_answers(program, asked):
    text = "".join(json.dumps(query) + "\n" for query in asked)
    lines = peers.run(*program, text=text).splitlines()
    assert len(lines) == len(asked)
    return [json.loads(line) for line in lines]


def their_answers(url, asked):
    """By one connection, which is quicker than one each."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=120)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = []
    for query in asked:
        form = {name: value if name in ("query", "stats") else f"{value / 1000:.3f}"
                for name, value in query.items()}
        path = "/api/v1/query" if "time" in query else "/api/v1/query_range"
        connection.request("POST", path, urllib.parse.urlencode(form), headers)
        answers.append(json.loads(connection.getresponse().read()))
    connection.close()
    return answers


def both_answers(program, url, asked):
    theirs = []
    asking = threading.Thread(target=lambda: theirs.extend(their_answers(url, asked)))
    asking.start()
    try:
        ours = our_answers(program, asked)
    finally:
        asking.join()
    assert len(theirs) == len(asked), "Prometheus did not answer all queries"
    return zip(asked, ours, theirs)


def is_number(value):
    if isinstance(value, (int, float)):
        return True
    try:
        float(value)
        return True
    except (TypeError, ValueError):
        return False


def first_difference(ours, theirs, where=""):
    """Of two JSON values, whose numbers, quoted or not, need be equal to 1e-12 only."""
    if is_number(ours) and is_number(theirs):
        return None if same_number(ours, theirs) else f"{where}: {ours} instead of {theirs}"
    if type(ours) is not type(theirs):
        return f"{where}: {str(ours)[:300]} instead of {str(theirs)[:300]}"
    if isinstance(ours, list):
        for i, (a, b) in enumerate(zip(ours, theirs)):
            if found := first_difference(a, b, f"{where}[{i}]"):
                return found
        same = len(ours) == len(theirs)
        return None if same else f"{where}: {len(ours)} elements instead of {len(theirs)}"
    if isinstance(ours, dict):
        if ours.keys() != theirs.keys():
            return f"{where}: {str(ours)[:300]} instead of {str(theirs)[:300]}"
        return next(filter(None, (first_difference(ours[k], theirs[k], f"{where}.{k}")
                                  for k in ours)), None)
    return None if ours == theirs else f"{where}: {ours} instead of {theirs}"


def data_difference(query, ours, theirs):
    kind = theirs["resultType"]
    ours, theirs = ({"resultType": d["resultType"], "result": d["result"]} for d in (ours, theirs))
    if ours["resultType"] != kind or kind not in ("vector", "matrix"):
        return first_difference(ours, theirs)
    if kind == "vector" and IN_ORDER.match(query):
        return first_difference(ours["result"], theirs["result"])
    a, b = ({json.dumps(s["metric"], sort_keys=True): s for s in d["result"]} for d in (ours, theirs))
    for labels in sorted(a.keys() | b.keys()):
        if labels not in b:
            return f"extra {str(a[labels])[:300]}"
        if labels not in a:
            return f"missing {str(b[labels])[:300]}"
        if found := first_difference(a[labels], b[labels], labels):
            return found
    return None if len(ours["result"]) == len(theirs["result"]) else "a series comes twice"


def notes(answer, kind):
    """Warnings or infos, up to where in the query they are."""
    return sorted({NUMBERS_OF_A_NOTE.sub("", POSITION.sub("", note)) for note in answer.get(kind) or []})


def difference(query, ours, theirs):
    """(kind, text), or nothing where both say the same."""
    if ours["status"] != theirs["status"]:
        return "status", f"{ours.get('error', 'a result')} instead of {theirs.get('error', 'a result')}"
    if theirs["status"] == "error":
        same = ours["errorType"] == theirs["errorType"]
        return None if same else ("error type", f"{ours} instead of {theirs}")
    if found := data_difference(query, ours["data"], theirs["data"]):
        return "data", found
    if "samples" in ours["data"]:
        per_step = [count for _, count in theirs["data"]["stats"]["samples"]["totalQueryableSamplesPerStep"]]
        if ours["data"]["samples"] != per_step:
            return "samples", f"{ours['data']['samples']} instead of {per_step}"
    for kind in ("warnings", "infos"):
        a, b = notes(ours, kind), notes(theirs, kind)
        if a != b and not (any(OMITTED.match(note) for note in b)
                           and all(note in a for note in b if not OMITTED.match(note))):
            return kind, f"{a} instead of {b}"
    return None


class Tally:
    """`ask_again` answers one query anew: Prometheus 3.5 keeps histograms for reuse while an answer
    still refers to them, so that now and then one is another's."""

    def __init__(self, ask_again):
        self.ask_again = ask_again
        self.counts = collections.Counter()
        self.settled = collections.Counter()
        self.wrong = []

    def add(self, query, ours, theirs):
        found = difference(query["query"], ours, theirs)
        name = found and settled_by(query["query"], *found, ours, theirs)
        if found and not name and "nh_" in query["query"]:
            found = difference(query["query"], ours, theirs := self.ask_again(query))
        if found is None:
            filled = theirs["status"] == "success" and theirs["data"]["result"]
            self.counts["equal" if filled else f"equal, {'empty' if 'data' in theirs else 'errors'}"] += 1
        elif name:
            self.settled[name] += 1
        else:
            self.counts[found[0]] += 1
            self.wrong.append((query, *found))

    def lines(self):
        yield from (f"{count:6} {name}" for name, count in sorted(self.counts.items()))
        yield from (f"{count:6} differ: {name}" for name, count in sorted(self.settled.items()))
        for query, kind, text in self.wrong:
            yield f"\n{kind}: {json.dumps(query)}\n    {text[:800]}"


def compare(build, folder, asked, delayed=False):
    """A tally of queries over blocks written to `folder`. `delayed`: names are removed at their end."""
    blocks = folder / "blocks"
    (blocks / "wal").mkdir(parents=True)
    query_data.write_blocks(build / "tests" / "format" / "block_tool", blocks)
    program = [build / "tests" / "promql" / "answer_queries", blocks]
    if delayed:
        program.insert(1, "--delayed-name-removal")
    with peers.Server(3, blocks, f"{FEATURES},{DELAYED}" if delayed else FEATURES) as server:
        tally = Tally(lambda query: their_answers(server.url, [query])[0])
        for query, ours, theirs in both_answers(program, server.url, asked):
            tally.add(query, ours, theirs)
    return tally


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="queries (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the generator (%(default)s)")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--stats", action="store_true", help="compare the samples of each step, too")
    parser.add_argument("--delayed", action="store_true", help="remove names at the end of a query")
    parser.add_argument("--print", action="store_true", help="the queries, and do nothing else")
    arguments = parser.parse_args()
    if arguments.print:
        for query in queries(arguments.seed, arguments.count):
            print(json.dumps(query))
        return 0
    if not peers.find("prometheus", 3):
        print("no Prometheus 3.x: name its folder by MNEMO_PROMETHEUS3", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        asked = queries(arguments.seed, arguments.count, arguments.stats)
        tally = compare(arguments.build, pathlib.Path(folder), asked, arguments.delayed)
    print("\n".join(tally.lines()))
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.SubprocessError as error:
        sys.exit(str(error))
