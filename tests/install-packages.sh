#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs with apt what is missing: install-packages.sh build|test
set -euo pipefail

build=(
  ccache g++ meson mold ninja-build pkg-config
  libboost-dev libc-ares-dev libcli11-dev libcurl4-openssl-dev libfmt-dev libgrpc++-dev libpugixml-dev
  libprotobuf-dev libre2-dev libsnappy-dev libssl-dev libxxhash-dev libyaml-cpp-dev
  nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev
)
run=(prometheus python3 curl ca-certificates)
test=(
  radosgw ceph-mon ceph-osd swift-proxy swift-account swift-container swift-object python3-swift
  clang clang-format clang-tidy doctest-dev git libclang-rt-14-dev openssl protobuf-compiler
  python3-pytest
)

wanted=("${build[@]}" "${run[@]}")
[[ ${1:-build} == test ]] && wanted+=("${test[@]}")

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
((EUID == 0)) || as_root=(sudo)
echo "installing: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
