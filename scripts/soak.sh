#!/bin/bash
# soak.sh - what takes longer than `make test` may: every query of the evaluation
# data printed and run, the questions on other seeds, a million sales lines in
# little memory, training on the real weights killed and resumed, every fuzz target
# for FUZZ_SECONDS (60). The result goes to docs/SOAK.md with date and machine.
set -u
cd "$(dirname "$0")/.."
scripts/setup.sh soak
make --no-print-directory build >/dev/null || exit 1
bot=$PWD/build/release/salesbot
export SALESBOT_PROGRAM=$bot
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
report=$scratch/report
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
{
    echo "# Soak"
    echo
    echo "\`make soak\`, $(date +%F), $cpu, $(nproc) cores."
    echo
    echo "| what | result | minutes |"
    echo "|---|---|---|"
} >"$report"
failed=0
soak() { # soak WHAT COMMAND...: its last line is the result
    local what=$1 from result
    shift
    from=$(date +%s)
    echo "$what ..." >&2
    "$@" >"$scratch/out" 2>&1 || failed=1
    result=$(tail -1 "$scratch/out" | tr '|' '/')
    printf '| %s | %s | %s |\n' "$what" "$result" "$(awk "BEGIN{printf \"%.1f\", ($(date +%s)-$from)/60}")" >>"$report"
}
cmake --build --preset release --target test_sql_rows test_sql_coverage test_sqlite_golds test_gold_prepares test_random_sql test_questions >/dev/null || exit 1
soak "evaluation queries printed and run, same rows" env SQL_ROWS_STEP=1 build/release/test_sql_rows
soak "every query of the data read, printed, bound, explained" build/release/test_sql_coverage
soak "queries without rows, printed, on tables of their schema" env GOLD_PREPARES_STEP=1 build/release/test_gold_prepares
soak "SQLite's queries and ours on the same rows" env SQLITE_GOLDS_STEP=1 build/release/test_sqlite_golds
soak "the binder against DuckDB: random statements, mutants" env RANDOM_SQL=100000 build/release/test_random_sql
for seed in 2 3; do
    "$bot" init --seed "$seed" "$scratch/$seed.duckdb" 2>/dev/null
    soak "questions on seed $seed" env SALESBOT_DB="$scratch/$seed.duckdb" build/release/test_questions
done
soak "a million sales lines within 1 GB" "$bot" init --rows 1000000 --memory-limit 1GB "$scratch/million.duckdb"
soak "the page's flows in Chromium" tests/web/run.sh
soak "training on the real weights, killed and resumed" scripts/soak_train.sh "$bot" 5
soak "every file compiled for aarch64" tools/check_aarch64.sh
soak "fuzz targets under libFuzzer" scripts/fuzz.sh "${FUZZ_SECONDS:-60}"
{
    echo
    echo "Fuzzing:"
    echo
    sed 's/^/    /' "$scratch/out"
} >"$scratch/fuzz"
cat "$scratch/fuzz" >>"$report"
sed -i "s|$scratch/||g" "$report"
cp "$report" docs/SOAK.md
cat docs/SOAK.md
exit $failed
