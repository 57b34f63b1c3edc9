#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Mnemo's main path on one machine: two Prometheus servers as HA replicas with a day of history, their
# sidecars, a folder as bucket, a store and a querier. Prints the URLs and a few answers.
#
#   examples/quickstart/run.sh          runs until Ctrl-C
#   examples/quickstart/run.sh --once   checks the answers and ends
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

once=false
case ${1:-} in
  '') ;;
  --once) once=true ;;
  *) sed -n '3,7s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

"$root/tests/install-packages.sh" build
if [[ -z ${MNEMO:-} ]]; then
  echo "building Mnemo (a few minutes the first time) ..."
  [[ -f $root/build/build.ninja ]] || meson setup "$root/build" "$root" -Dtests=disabled >/dev/null
  ninja -C "$root/build" tools/mnemo
  MNEMO=$root/build/tools/mnemo
fi

work=$(mktemp -d)
pids=()
finish() {
  ((${#pids[@]})) && kill "${pids[@]}" 2>/dev/null
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() { # start NAME COMMAND...
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  pids+=($!)
}

wait_for() { # wait_for NAME URL
  for _ in $(seq 300); do
    curl -fs -o /dev/null "$2" && return
    sleep 0.2
  done
  echo "$1 does not answer $2; its log:" >&2
  tail -n 30 "$work/$1.log" >&2
  exit 1
}

bucket="{type: FILESYSTEM, config: {directory: $work/bucket}}"
endpoints=()
end=$(($(date +%s) - 60))

echo "making a day of history for two replicas ..."
for replica in a b; do
  python3 "$here/history.py" "$replica" $((end - 86400)) "$end" >"$work/$replica.om"
  promtool tsdb create-blocks-from openmetrics "$work/$replica.om" "$work/data-$replica" >/dev/null
  rm "$work/$replica.om"

  prometheus_port=$(port) grpc=$(port) http=$(port)
  cat >"$work/prometheus-$replica.yml" <<CONFIG
global:
  scrape_interval: 5s
  external_labels: {cluster: quickstart, replica: $replica}
scrape_configs:
  - job_name: prometheus
    static_configs: [{targets: ["127.0.0.1:$prometheus_port"]}]
CONFIG
  start "prometheus-$replica" prometheus --config.file="$work/prometheus-$replica.yml" \
    --storage.tsdb.path="$work/data-$replica" --web.listen-address="127.0.0.1:$prometheus_port" \
    --storage.tsdb.min-block-duration=2h --storage.tsdb.max-block-duration=2h
  wait_for "prometheus-$replica" "http://127.0.0.1:$prometheus_port/-/ready"

  start "sidecar-$replica" "$MNEMO" sidecar --tsdb.path="$work/data-$replica" \
    --prometheus.url="http://127.0.0.1:$prometheus_port" --objstore.config="$bucket" \
    --grpc-address="127.0.0.1:$grpc" --http-address="127.0.0.1:$http"
  wait_for "sidecar-$replica" "http://127.0.0.1:$http/-/ready"
  endpoints+=("--endpoint=127.0.0.1:$grpc")
  echo "  Prometheus $replica   http://127.0.0.1:$prometheus_port   sidecar http://127.0.0.1:$http"
done

blocks=$(find "$work"/data-? -mindepth 2 -maxdepth 2 -name meta.json | wc -l)
echo "shipping $blocks blocks to the bucket ..."
for _ in $(seq 300); do
  shipped=$(find "$work" -path "$work/bucket/*/meta.json" | wc -l)
  ((shipped >= blocks)) && break
  sleep 0.2
done
echo "  $shipped of $blocks are there: $work/bucket"

grpc=$(port) http=$(port)
start store "$MNEMO" store --objstore.config="$bucket" --data-dir="$work/store" \
  --grpc-address="127.0.0.1:$grpc" --http-address="127.0.0.1:$http"
wait_for store "http://127.0.0.1:$http/-/ready"
echo "  store          http://127.0.0.1:$http"
endpoints+=("--endpoint=127.0.0.1:$grpc")

query=$(port)
start query "$MNEMO" query "${endpoints[@]}" --query.replica-label=replica \
  --grpc-address="127.0.0.1:$(port)" --http-address="127.0.0.1:$query"
wait_for query "http://127.0.0.1:$query/-/ready"
echo "  querier        http://127.0.0.1:$query   (Grafana: a Prometheus data source with this URL)"

for _ in $(seq 100); do # until the querier has seen its three endpoints
  seen=$(curl -fs "http://127.0.0.1:$query/api/v1/stores" | python3 -c '
import json, sys
print(sum(len(group) for group in json.load(sys.stdin)["data"].values()))')
  ((seen >= 3)) && break
  sleep 0.2
done

ask() { # ask EXPRESSION TIME [CURL-OPTION...]: prints the answer's series, one a line
  curl -fsG "http://127.0.0.1:$query/api/v1/query" --data-urlencode "query=$1" \
    --data-urlencode "time=$2" "${@:3}" | python3 "$here/answer.py"
}

noon=$((end - 43200))
wrong=0
show() { # show EXPECTED-SERIES EXPRESSION TIME [CURL-OPTION...]
  local answer
  echo
  echo "> $2   (time $3${4:+, ${*:4}})"
  answer=$(ask "${@:2}") || answer="(failed)"
  echo "$answer"
  if [[ $(grep -c '^{' <<<"$answer") != "$1" ]]; then
    echo "  expected $1 series"
    wrong=1
  fi
}

show 4 'http_requests_total' "$noon"
show 8 'http_requests_total' "$noon" --data dedup=false
show 2 'sum by (code) (rate(http_requests_total[5m]))' "$noon"
show 2 'avg_over_time(temperature_celsius[24h])' "$end"
for _ in $(seq 60); do # until both replicas have scraped themselves: fresh data
  (($(ask up "$(date +%s)" | grep -c '^{') >= 2)) && break
  sleep 0.5
done
show 2 'up' "$(date +%s)"

if $once; then
  echo
  ((wrong == 0)) && echo "all answers are as expected" || echo "some answers are not as expected"
  exit "$wrong"
fi
echo
echo "running; Ctrl-C ends everything and removes $work"
wait
