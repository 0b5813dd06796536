#!/bin/bash
# manual.sh - help, man page and completion come from the table of verbs, and what
# they name exists.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
code 0 "$bot" help; says '^  ask QUESTION'
code 0 "$bot" help ask; says '^usage: salesbot ask'
code 2 "$bot" help aks; says 'did you mean "ask"'
code 2 "$bot" "sales by region"; says 'salesbot ask'
verbs=$("$bot" help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
[ "$(wc -w <<<"$verbs")" -ge 12 ] || { bad=$((bad + 1)); echo "verbs: $verbs"; }

"$bot" help --man >"$scratch/salesbot.1"
if command -v man >/dev/null; then
    LC_ALL=C.UTF-8 man --warnings -l "$scratch/salesbot.1" >"$scratch/page" 2>"$scratch/warnings"
    done_=$((done_ + 1))
    [ ! -s "$scratch/warnings" ] || { bad=$((bad + 1)); echo "man warns:"; head -5 "$scratch/warnings"; }
fi
for verb in $verbs; do
    code 0 "$bot" "$verb" --help; says "^usage: salesbot $verb"
    cp "$scratch/out" "$scratch/help"
    done_=$((done_ + 1))
    grep -q "^\.SS salesbot $verb " "$scratch/salesbot.1" || { bad=$((bad + 1)); echo "$verb: not in the man page"; }
    # every flag that the help names is taken: the last, made-up one is what is refused
    for flag in $(grep -oE -- '(^|[^-a-z])--[a-z][a-z-]*' "$scratch/help" | grep -oE -- '--[a-z-]+' | sort -u); do
        case "$verb $flag" in "help --man" | *" --help") continue ;; esac
        done_=$((done_ + 1))
        "$bot" "$verb" "$flag" --zzz --zzz </dev/null >"$scratch/out" 2>&1
        if grep -q -- "no flag $flag " "$scratch/out"; then
            bad=$((bad + 1))
            echo "$verb: the help names $flag, the verb refuses it"
        fi
    done
done

# the completions, run by their shells
"$bot" completion bash >"$scratch/complete"
# complete WORDS...: what bash offers for the last word
complete() {
    bash --norc -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _salesbot; echo "${COMPREPLY[@]}"' "$scratch/complete" "$@"
}
offers() { # offers EXPECTED WORDS...
    local want=$1 got
    shift
    got=$(complete "$@")
    done_=$((done_ + 1))
    [ "$got" = "$want" ] || { bad=$((bad + 1)); echo "bash offers for '$*': $got; expected: $want"; }
}
offers "replay" salesbot repl
offers "--format" salesbot ask --form
offers "parquet" salesbot ask --format par
offers "connect" salesbot catalog conn
cd "$scratch" && touch mine.csv && offers "mine.csv" salesbot ask --db mi
for shell in zsh fish; do
    code 0 "$bot" completion $shell; says 'format'
    command -v $shell >/dev/null || continue
    cp "$scratch/out" "$scratch/complete.$shell"
    code 0 $shell -n "$scratch/complete.$shell"
done
code 2 "$bot" completion
code 2 "$bot" completion tcsh; says 'bash, zsh or fish'
finish
