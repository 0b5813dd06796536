#!/bin/bash
# bench.sh [NAME...] - release build, then bench/run.py.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
make --no-print-directory build >/dev/null
cmake --build --preset release --target bench_prefill bench_decode bench_answer bench_train >/dev/null
home=${SALESBOT_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/salesbot}
[ -f "$home/sales.duckdb" ] || build/release/salesbot init "$home/sales.duckdb"
python3 bench/run.py "$@"
