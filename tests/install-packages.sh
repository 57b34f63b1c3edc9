#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs with apt what is missing: install-packages.sh build|test|servers
# (servers: what the tests need, and real object stores, without which some are skipped)
set -euo pipefail

build=(
  ccache g++ meson mold ninja-build pkg-config
  libboost-dev libc-ares-dev libcli11-dev libcurl4-openssl-dev libfmt-dev libgrpc++-dev libhiredis-dev
  libprotobuf-dev libpugixml-dev libre2-dev libsnappy-dev libssl-dev libxxhash-dev libyaml-cpp-dev
  nlohmann-json3-dev prometheus-cpp-dev zlib1g-dev
)
run=(prometheus python3 curl ca-certificates)
test=(
  clang clang-format clang-tidy doctest-dev git libclang-rt-14-dev memcached nginx openssl
  protobuf-compiler python3-grpcio python3-pytest redis-server
)
servers=(
  radosgw ceph-mon ceph-osd swift-proxy swift-account swift-container swift-object python3-swift
)

wanted=("${build[@]}" "${run[@]}")
[[ ${1:-build} == test || ${1:-build} == servers ]] && wanted+=("${test[@]}")
[[ ${1:-build} == servers ]] && wanted+=("${servers[@]}")

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
