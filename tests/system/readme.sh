#!/bin/bash
# readme.sh - the README's examples are what the program prints: every line
# "$ salesbot ..." of a console block is run and its output compared, times
# masked. Blocks marked "model" (their text depends on the weights) only run.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
mask() { sed -E 's/[0-9]+\.[0-9]+ s$/TIME/; s/ +TIME/ TIME/'; }
export SALESBOT_DB=$sample COLUMNS=100
mkdir "$scratch/blocks"
awk -v dir="$scratch/blocks" '
    /^```console/ { inside = 1; next }
    /^```/        { inside = 0; next }
    /^\$ make run$/ { inside = 0 } # compared below
    inside && /^\$ salesbot / { n++; print substr($0, 3) > (dir "/" sprintf("%02d", n) ".command"); out = dir "/" sprintf("%02d", n) ".output"; printf "" > out; next }
    inside && /^\$ / { out = "/dev/null"; next }
    inside && n   { print > out }
' "$SOURCE_DIR/README.md"
for command in "$scratch"/blocks/*.command; do
    [ -f "$command" ] || { echo "no example in README.md"; exit 1; }
    line=$(sed "s|^salesbot|'$bot'|" "$command")
    (cd "$scratch" && eval "$line" 2>/dev/null) | mask | sed 's/ *$//' >"$scratch/real"
    mask <"${command%.command}.output" | sed -e 's/ *$//' -e :a -e '/^\n*$/{$d;N;ba' -e '}' >"$scratch/written"
    sed -i -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$scratch/real"
    done_=$((done_ + 1))
    if ! diff -u "$scratch/written" "$scratch/real" >"$scratch/diff"; then
        bad=$((bad + 1))
        echo "README.md differs from: $(cat "$command")"
        head -40 "$scratch/diff"
    fi
done

# `make run`: what the README shows and what it prints, the model's answer (from its
# prompt to the next blank line) and times masked
answer() { awk '/--model-only$/ { print; masked = 1; next } /^$/ { masked = 0 } !masked' | mask | sed 's/ *$//'; }
awk '/^\$ make run$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$SOURCE_DIR/README.md" | answer >"$scratch/written"
(cd "$SOURCE_DIR" && scripts/run.sh </dev/null 2>"$scratch/err") | answer >"$scratch/real"
done_=$((done_ + 1))
[ -s "$scratch/written" ] || { bad=$((bad + 1)); echo "README.md does not show make run"; }
if ! diff -u "$scratch/written" "$scratch/real" >"$scratch/diff"; then
    bad=$((bad + 1))
    echo "README.md differs from make run:"
    head -40 "$scratch/diff" "$scratch/err"
fi
finish
