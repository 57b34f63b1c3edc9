#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every public header compiles alone and names no type of gRPC, protobuf or Boost."""
import concurrent.futures
import os
import re
import subprocess

import common

FOREIGN = re.compile(r"\b(grpc|protobuf|google::|boost::|asio::)|#\s*include\s+[<\"](grpc|google|boost)")


def check(path):
    found = []
    text = (common.ROOT / path).read_text()
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("//")[0]
        if FOREIGN.search(code):
            found.append(f"{path}:{number}: a public header must not name gRPC, protobuf or Boost")
    compiled = subprocess.run(
        [os.environ.get("CXX", "g++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
         "-Iinclude", "-x", "c++", "-"],
        cwd=common.ROOT, capture_output=True, text=True,
        input=f"#include <{path.relative_to('include')}>\n")
    if compiled.returncode != 0:
        found.append(f"{path}: does not compile alone:\n{compiled.stderr}")
    return found


with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    headers = [p for p in common.files(".hpp", ".h") if p.parts[0] == "include"]
    common.finish([problem for found in pool.map(check, headers) for problem in found])
