# SPDX-License-Identifier: Apache-2.0
"""Real Prometheus servers over folders of blocks, and what is asked of them."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

from processes import Process, free_port

ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


def find(name, major):
    """`prometheus` or `promtool` of a major version: in the folder MNEMO_PROMETHEUS<major>, or on
    PATH."""
    folder = os.environ.get(f"MNEMO_PROMETHEUS{major}")
    for program in filter(None, [folder and str(pathlib.Path(folder) / name), shutil.which(name)]):
        try:
            version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if f"version {major}." in version.stdout + version.stderr:
            return program
    return None


def need(name, major):
    program = find(name, major)
    if program is None:
        pytest.skip(f"no {name} of version {major}")
    return program


def run(*command, text=None):
    """The standard output of a program that must succeed."""
    done = subprocess.run([str(word) for word in command], input=text, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
    return done.stdout


def copy_block(block, folder):
    """A copy that may be written to."""
    made = pathlib.Path(folder) / block.name
    shutil.copytree(block, made, copy_function=shutil.copyfile)
    for path in [made, *made.rglob("*/")]:
        path.chmod(0o755)
    return made


def data_directory(folder, blocks):
    """A data directory as Prometheus and promtool want it, with copies of the blocks."""
    (folder / "wal").mkdir(parents=True)
    for block in blocks:
        copy_block(block, folder)
    return folder


def blocks_in(folder):
    return sorted(path for path in folder.iterdir() if ULID.fullmatch(path.name))


class Server:
    """A Prometheus over a data directory; a context manager."""

    def __init__(self, major, data, *flags):
        self.major = major
        program = need("prometheus", major)
        folder = data.parent
        config = folder / "prometheus.yml"
        config.write_text("{}\n")
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        self.process = Process(f"prometheus-{port}", [
            program, f"--config.file={config}", f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=100y", f"--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h", *flags],
            folder)

    def __enter__(self):
        try:
            self.process.wait_for(f"{self.url}/-/ready")
        except BaseException:
            self.process.kill()
            raise
        return self

    def __exit__(self, *_):
        self.process.stop()

    def send(self, path, body=None, headers=None, **params):
        url = f"{self.url}{path}?{urllib.parse.urlencode(params, doseq=True)}"
        request = urllib.request.Request(url, data=body, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {params}: {error.code} {error.read()[:500]}") from error

    def get(self, path, **params):
        answer = json.loads(self.send(path, **params))
        assert answer["status"] == "success", (path, params)
        return answer["data"]

    def query(self, expression, time):
        return in_order(self.get("/api/v1/query", query=expression, time=time)["result"])


def in_order(result):
    """A result whose series come in no promised order."""
    return sorted(result, key=lambda series: sorted(series["metric"].items()))


def escaped_label(name):
    """How a label name stands in a path of Prometheus 3's API."""
    if re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", name):
        return name
    return "U__" + "".join(c if re.fullmatch("[a-zA-Z0-9:]", c) else "__" if c == "_" else
                           f"_{ord(c):x}_" for c in name)


def all_answers(server, names, start, end):
    """What a server says of some metrics between two times (seconds), request by request, as text:
    series come in order of their labels."""
    answers = {}
    window = {"start": start, "end": end}

    def ask(request, path, **params):
        answers[request] = server.send(path, **params)
        assert answers[request].startswith(b'{"status":"success"')

    for name in names:
        selector = f'{{__name__="{name}"}}'
        ask((name, "samples"), "/api/v1/query", query=f"{selector}[{int(end - start) + 1}s]", time=end)
        assert b'"metric"' in answers[name, "samples"]
        ask((name, "series"), "/api/v1/series", **window, **{"match[]": selector})
        for expression in (selector, f"rate({selector}[5m])"):
            ask((name, expression), "/api/v1/query_range", query=expression, step=301, **window)
    ask("labels", "/api/v1/labels", **window)
    for label in server.get("/api/v1/labels", **window):
        if server.major > 2 or escaped_label(label) == label:
            ask(("values", label), f"/api/v1/label/{escaped_label(label)}/values", **window)
    return answers


def check_answers(major, data, expected):
    """Asks a server over `data` the same, of the golden blocks' hours; names the requests that it
    answers otherwise."""
    import blocks
    names = [request[0] for request in expected if request[1] == "samples"]
    with Server(major, data) as server:
        answers = all_answers(server, names, blocks.START, blocks.END)
    assert answers.keys() == expected.keys()
    different = [request for request, answer in expected.items() if answers[request] != answer]
    assert not different
