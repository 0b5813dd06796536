#!/bin/bash
# bad_input.sh - hostile and broken input: a clear error, the right exit code,
# nothing half-written, the database unchanged.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
ask() { "$bot" ask --db "$sample" --no-model "$@"; }
before=$(sha256sum <"$sample")

# questions
code 2 ask ""
code 2 ask "$(head -c 100000 /dev/zero | tr '\0' a)"
code 2 ask "$(printf 'sales \xff\xfe 2024')"
code 2 ask "$(printf 'sales \033[2J 2024')"
code 5 ask "'; DROP TABLE sales; --"
says '.'

# databases
code 7 "$bot" ask --db "$scratch/none.duckdb" --no-model "sales"; says 'none.duckdb'
: >"$scratch/empty.duckdb"
code 7 "$bot" ask --db "$scratch/empty.duckdb" --no-model "sales"
head -c 100000 /dev/urandom >"$scratch/noise.duckdb"
code 7 "$bot" ask --db "$scratch/noise.duckdb" --no-model "sales"
head -c 1000000 "$sample" >"$scratch/cut.duckdb"
code 7 "$bot" ask --db "$scratch/cut.duckdb" --no-model "sales by region in 2024"
mkdir "$scratch/folder"
code 7 "$bot" ask --db "$scratch/folder" --no-model "sales"

# weights
model=$home/models/gemma-3-270m-Q4_K_M.gguf
code 8 "$bot" model show "$scratch/none.gguf"
head -c 5000 /dev/urandom >"$scratch/noise.gguf"
code 8 "$bot" model show "$scratch/noise.gguf"
if [ -f "$model" ]; then
    for size in 3 20 1000 100000 20000000 200000000; do
        head -c $size "$model" >"$scratch/cut.gguf"
        code 8 "$bot" model show "$scratch/cut.gguf"
    done
    code 0 "$bot" model show "$model"; says 'Gemma 3'
fi

# init: nothing replaced, nothing half-written
code 2 "$bot" init
code 2 "$bot" init --rows 1 "$scratch/a.duckdb"
code 2 "$bot" init --rows -5 "$scratch/a.duckdb"
code 0 "$bot" init --rows 2000 "$scratch/a.duckdb"
code 9 "$bot" init --rows 2000 "$scratch/a.duckdb"; says 'force'
code 9 "$bot" init --rows 900000000 "$scratch/huge.duckdb"
if [ "$(id -u)" = 0 ] && mkdir "$scratch/small" && mount -t tmpfs -o size=6m none "$scratch/small" 2>/dev/null; then
    code 9 "$bot" init --rows 20000 "$scratch/small/a.duckdb"
    [ -z "$(ls -A "$scratch/small")" ] || { bad=$((bad + 1)); echo "left behind: $(ls -A "$scratch/small")"; }
    umount "$scratch/small"
fi

# interrupted: exit 130 and nothing under the final name
"$bot" init --rows 3000000 "$scratch/late.duckdb" >/dev/null 2>&1 &
pid=$!
sleep 1.5; kill -INT $pid; wait $pid; got=$?
[ $got = 130 ] || { bad=$((bad + 1)); echo "interrupted init: exit $got"; }
[ -z "$(ls "$scratch" | grep late)" ] || { bad=$((bad + 1)); echo "left behind: $(ls "$scratch" | grep late)"; }
slow="SELECT sum(a.net_amount * b.quantity) AS x FROM sales a, sales b WHERE a.cost_amount + b.quantity <> 1"
"$bot" ask --db "$sample" --no-model --sql "$slow" >/dev/null 2>&1 &
pid=$!
sleep 1; kill -INT $pid; wait $pid; got=$?
[ $got = 130 ] || { bad=$((bad + 1)); echo "interrupted question: exit $got"; }

# the child killed in the middle of a query
"$bot" ask --db "$sample" --no-model --sql "$slow" >"$scratch/out" 2>&1 &
pid=$!
sleep 1; pkill -KILL -P $pid; wait $pid; got=$?
[ $got = 7 ] || { bad=$((bad + 1)); echo "killed child: exit $got"; cat "$scratch/out"; }

[ "$before" = "$(sha256sum <"$sample")" ] || { bad=$((bad + 1)); echo "the database changed"; }
finish
