#!/bin/bash
# fuzz.sh [SECONDS [NAME...]] - every fuzz target under libFuzzer for so long (60 s
# each), from its committed corpus. New inputs stay in build/fuzz/corpus; a crash is
# kept in build/fuzz/crashes, named, and makes the exit code 1. Needs clang.
set -u
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
compiler=$(command -v clang || command -v clang-14) || { echo "clang is missing: apt-get install clang libclang-rt-14-dev"; exit 77; }
mkdir -p build/fuzz/crashes
cmake --preset fuzz -DCMAKE_C_COMPILER="$compiler" >build/fuzz/cmake.log 2>&1 || { tail -20 build/fuzz/cmake.log; exit 1; }
cmake --build --preset fuzz --target fuzzers >build/fuzz/build.log 2>&1 || { grep -E 'error|undefined' build/fuzz/build.log | head -20; exit 1; }
[ $# -gt 0 ] || set -- $(cd fuzz && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//')
crashed=0
for name in "$@"; do
    mkdir -p "build/fuzz/corpus/$name"
    # the corpus that is committed comes second: new inputs go to the first folder
    build/fuzz/fuzz_$name -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=16384 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/crashes/$name-" "build/fuzz/corpus/$name" "fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1
    ended=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log")
    cover=$(grep -oE 'cov: [0-9]+' "build/fuzz/$name.log" | tail -1)
    if [ $ended = 0 ]; then
        printf '%-18s %9s runs, %s\n' "$name" "${runs:-?}" "${cover:-no coverage}"
    else
        crashed=$((crashed + 1))
        printf '%-18s FAILED: %s\n' "$name" "$(grep -m1 -E 'ERROR|SUMMARY|runtime error|panic' "build/fuzz/$name.log")"
    fi
done
echo "$# targets for $seconds s each, $crashed with a finding"
[ $crashed = 0 ]
