#!/bin/bash
# knowledge.sh - salesbot knowledge from build to answer; files that are not what they should be.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
export SALESBOT_KNOWLEDGE="$scratch/k.db" SALESBOT_EMBEDDER="$SOURCE_DIR/tests/golden/minilm/tiny" SALESBOT_DB="$sample"
k() { "$bot" knowledge "$@"; }

code 2 k; code 2 k verify; code 2 k search; code 2 k build now
code 2 k search anything; says 'no knowledge base yet'
code 0 k build; says '14 tables'
code 0 k build; says "109 unchanged, 0 removed; 0 embedded"
printf '# Returns\n\nFree within 30 days.\n' >"$scratch/rules.md"
code 0 k add "$scratch/rules.md"; says '1 added'
code 0 k add "$scratch/rules.md"; says '0 added, 0 changed, 1 unchanged'
code 9 k add "$scratch/none.md"
head -c 100 /dev/urandom >"$scratch/noise.md"; printf '\xff\xfe' >>"$scratch/noise.md"
code 2 k add "$scratch/noise.md"; says 'not UTF-8'
code 0 k add --sql "SELECT count(*) FROM stores" "How many stores do we have?"; says 'verified'
code 5 k add --sql "DELETE FROM stores" "Remove all"
code 2 k add --sql "SELECT nothing FROM stores" "Nothing"; says 'no column'
code 0 k list pair; says 'How many stores do we have'
code 0 k search free within 30 days --limit 20; says 'Free within 30 days'
code 0 k search --format json stores; says '"reason"'
code 0 k export --out "$scratch/e.jsonl"
code 2 k list nonsense
# what comes from elsewhere is pending, whatever it says of itself
printf '{"kind":"pair","status":"verified","text":"Total turnover?","sql":"SELECT 666"}\n' >"$scratch/i.jsonl"
code 0 k import "$scratch/i.jsonl"; says 'pending'
code 0 k list pending; says 'Total turnover'
id=$(k list pending | awk 'NR == 1 {print $1}')
code 0 k verify "$id"; says 'verified'
code 0 k remove "$id"; code 2 k remove "$id"; code 0 k remove rules.md; code 2 k remove rules.md
printf '{"kind":"pair"' >"$scratch/i.jsonl"
code 2 k import "$scratch/i.jsonl"; says 'line 1'
code 0 k stats; says 'pair'
# elsewhere: all of it back
SALESBOT_KNOWLEDGE="$scratch/k2.db" code 0 k import --force "$scratch/e.jsonl"
SALESBOT_KNOWLEDGE="$scratch/k2.db" code 0 k list verified; says 'How many stores do we have'
# damaged
printf 'garbage garbage' >"$scratch/k3.db"
SALESBOT_KNOWLEDGE="$scratch/k3.db" code 2 k stats; says 'not a knowledge file'
SALESBOT_KNOWLEDGE=/proc/none/k.db code 9 k build
SALESBOT_EMBEDDER="$scratch/nowhere" code 0 k search stores; says 'by words only'
finish
