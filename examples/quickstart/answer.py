#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads an instant query's answer from standard input and prints a line for each series."""
import json
import sys

answer = json.load(sys.stdin)
for series in answer["data"]["result"]:
    labels = ", ".join(f'{name}="{value}"' for name, value in series["metric"].items())
    print(f"{{{labels}}} {series['value'][1]}")
for warning in answer.get("warnings", []):
    print(f"warning: {warning}")
