#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests need (Debian 12, apt), builds Mnemo and runs all of its tests.
# The last line counts them: "N passed, N failed, N skipped". Exit status 0 when none failed.
#
#   tests/run.sh            everything
#   tests/run.sh --quick    without sanitizers, clang-tidy and the second builds
set -euo pipefail
cd "$(dirname "$0")/.."

quick=false
[[ ${1:-} == --quick ]] && quick=true

tests/install-packages.sh test
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
exec /usr/bin/python3 tests/run.py $($quick && echo --quick)
