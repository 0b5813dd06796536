#!/bin/bash
# replay.sh - a saved answer asked again: the same, times aside; and files of questions.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
ask() { "$bot" ask --db "$sample" --no-model --format json "$@"; }
replay() { "$bot" replay --db "$sample" "$@"; }

n=0
while IFS= read -r question; do
    n=$((n + 1))
    ask "$question" >"$scratch/$n.json"
    code 0 replay "$scratch/$n.json"; says '^The same'
done <<'END'
sales by region in 2024
top 5 products by margin in 2025
Why did sales fall in West in March 2025, by store?
what was the weather in 2024
how many active customers do we have
delete all sales of 2024
help
average basket by channel
END
ask --pick 2 "how many active customers do we have" >"$scratch/pick.json"
code 0 replay "$scratch/pick.json"; says '^The same'
ask --sql "SELECT region FROM regions" >"$scratch/sql.json"
code 0 replay "$scratch/sql.json"; says '^The same'
ask --sql "SELECT sale_id FROM sales" >"$scratch/cut.json"
code 0 replay "$scratch/cut.json"; says '^The same'

code 0 replay "$scratch/1.json" --format csv; says '^region,sales'
code 0 replay "$scratch/1.json" --format json --no-times --out "$scratch/again.json"
ask --no-times "sales by region in 2024" >"$scratch/once.json"
cmp -s "$scratch/again.json" "$scratch/once.json" || { bad=$((bad + 1)); echo "--out is not the state"; }
code 0 bash -c "'$bot' replay --db '$sample' - <'$scratch/1.json'"
sed 's/"East"/"Eest"/' "$scratch/1.json" >"$scratch/other.json"
code 1 replay "$scratch/other.json"; says 'Not the same: results.rows'
"$bot" init --rows 2000 "$scratch/small.duckdb" 2>/dev/null
code 1 "$bot" replay --db "$scratch/small.duckdb" "$scratch/1.json"; says 'Not the same'

code 2 replay
code 9 replay "$scratch/none.json"
echo '{"question"' >"$scratch/bad.json"; code 2 replay "$scratch/bad.json"; says 'not JSON'
echo '{"a": 1}' >"$scratch/bad.json"; code 2 replay "$scratch/bad.json"; says 'no "question"'
echo '{"question": "x", "options": {"beam": -4}}' >"$scratch/bad.json"; code 2 replay "$scratch/bad.json"; says 'beam'
head -c 3000 /dev/urandom >"$scratch/bad.json"; code 2 replay "$scratch/bad.json"
head -c 2000 "$scratch/1.json" >"$scratch/bad.json"; code 2 replay "$scratch/bad.json"

# batch: one state a line, in step, whatever the lines hold
printf 'sales in 2024\n\n{"question": "sales in 2023"}\n"sales in 2022"\n{"q": 1}\nsales\0in 2024\n\xff\xfe\n%s\nlast without an end' \
    "$(head -c 200000 /dev/zero | tr '\0' x)" >"$scratch/batch"
code 0 "$bot" ask --db "$sample" --no-model --batch "$scratch/batch"
python3 - "$scratch/out" <<'PY' || bad=$((bad + 1))
import json, sys
states = [json.loads(line) for line in open(sys.argv[1])]
kinds = [s["error"] and s["error"]["code"] for s in states]
assert kinds[:3] == [None] * 3 and len(states) == 8, kinds
assert all(kinds[3:7]), kinds
assert "2022" in states[2]["answer"], states[2]["answer"]
PY
code 0 "$bot" ask --db "$sample" --no-model --batch "$scratch/batch" --out "$scratch/states.jsonl"
[ "$(wc -l <"$scratch/states.jsonl")" = 8 ] || { bad=$((bad + 1)); echo "--batch --out: not 8 lines"; }
code 9 "$bot" ask --db "$sample" --no-model --batch "$scratch/none"
code 9 "$bot" ask --db "$sample" --no-model --batch "$scratch"
finish
