#!/bin/bash
# soak_train.sh SALESBOT [KILLS] - training on the real weights, killed at random moments and resumed:
# the adapter and the log are those of the run never stopped. The last line is the result.
set -eu
bot=$1 kills=${2:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bot" init --rows 2000 "$work/small.duckdb" 2>/dev/null
"$bot" data generate --db "$work/small.duckdb" --limit 60 --out "$work/data" 2>/dev/null
train() {
    "$bot" train --data "$work/data/training_data_train.jsonl" --steps 8 --rank 8 --batch-tokens 512 --checkpoint-every 2 \
        --eval-every 4 --eval-examples 4 "$@" >/dev/null 2>"$work/err"
}
from=$(date +%s%N)
train --out "$work/whole" || { cat "$work/err"; exit 1; }
span=$((($(date +%s%N) - from) / 1000000))
killed=0
for _ in $(seq $((3 * kills))); do
    rm -rf "$work/cut"
    train --out "$work/cut" &
    pid=$!
    late=$((span * (10 + RANDOM % 85) / 100))
    sleep "$((late / 1000)).$(printf '%03d' $((late % 1000)))"
    # the child of the subshell is the program
    child=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null || true)
    kill -KILL ${child:-$pid} 2>/dev/null && killed=$((killed + 1))
    wait $pid 2>/dev/null || true
    train --out "$work/cut" --resume || { cat "$work/err"; exit 1; }
    for file in adapter_model.safetensors loss.jsonl; do
        cmp "$work/whole/$file" "$work/cut/$file" || { echo "$file differs after a kill at $late ms"; exit 1; }
    done
    [ $killed -lt "$kills" ] || break
done
[ $killed -ge "$kills" ] || { echo "only $killed of $kills runs were killed"; exit 1; }
echo "$killed kills, each resumed to the same bits"
