#!/bin/bash
# test.sh - set-up, then every test there is, in three builds:
#   dev      AddressSanitizer + UBSan: unit tests, fuzz corpora, lint
#   tsan     ThreadSanitizer: what has threads
#   release  the model on its real weights, the database at full size, the program
# What could not run is named; under CI=true a skip is a failure.
set -u
cd "$(dirname "$0")/.."
started=$(date +%s)
mkdir -p build
failed=0
declare -a spent

phase() { # phase NAME COMMAND...
    local name=$1 from to
    shift
    from=$(date +%s)
    printf '\n== %s\n' "$name"
    "$@" || { failed=1; printf 'FAILED: %s\n' "$name"; }
    to=$(date +%s)
    spent+=("$(printf '%6.1f min  %s' "$(awk "BEGIN{print ($to-$from)/60}")" "$name")")
}
build() { # build PRESET
    cmake --preset "$1" >"build/cmake-$1.log" 2>&1 || { cat "build/cmake-$1.log"; return 1; }
    cmake --build --preset "$1" >"build/build-$1.log" 2>&1 || { tail -40 "build/build-$1.log"; return 1; }
}
run() { # run PRESET CTEST-ARGUMENTS...
    local preset=$1
    shift
    ctest --preset "$preset" "$@" 2>&1 | tee -a build/test.log
    return "${PIPESTATUS[0]}"
}
: >build/test.log

phase "set-up" scripts/setup.sh test
[ $failed = 0 ] || exit 1
phase "build dev" build dev
phase "build tsan" build tsan
phase "build release" build release
[ $failed = 0 ] || exit 1
phase "unit tests, fuzz corpora and lint under ASan and UBSan" run dev -LE 'model|system' -j2
phase "threads under TSan" run tsan -L 'threads' -LE 'model|system'
phase "model on the real weights" run release -L model
phase "program and database" run release -L system

skipped=$(grep -E '\*\*\*Skipped|\*\*\*Not Run' build/test.log | sed 's/^ *//' || true)
if [ -n "$skipped" ]; then
    printf '\nNot run (what they need is missing):\n%s\n' "$skipped"
    [ "${CI:-}" = true ] && failed=1
fi
printf '\nMinutes:\n'
printf '%s\n' "${spent[@]}"
printf '%6.1f min  in all\n' "$(awk "BEGIN{print ($(date +%s)-$started)/60}")"
passed=$(grep -cE ' Passed +[0-9.]+ sec' build/test.log)
bad=$(grep -cE '\*\*\*(Failed|Timeout|Exception)' build/test.log)
printf '%d passed, %d failed\n' "$passed" "$bad"
exit $failed
