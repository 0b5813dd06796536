#!/bin/bash
# cli.sh - the surfaces: flags, formats, exit codes, files written whole.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
ask() { "$bot" ask --db "$sample" --no-model "$@"; }

code 2 "$bot"
code 0 "$bot" --help; says 'usage'
code 0 "$bot" ask --help; says '--format'
code 2 "$bot" aks; says 'did you mean "ask"'
code 2 "$bot" ask
code 2 "$bot" ask --nonsense x; says 'no flag'
code 2 "$bot" ask --format pdf x
code 0 "$bot" version; says 'salesbot [0-9]'

code 0 ask "sales by region in 2024"; says 'Switzerland'; says '^SQL: SELECT'; says '^Taken as: '
code 0 ask sales by region in 2024; says 'Switzerland'
code 0 ask --format json "sales by region in 2024"
ask --format json "sales by region in 2024" >"$scratch/state.json"
python3 - "$scratch/state.json" <<'PY' || bad=$((bad + 1))
import json, sys
s = json.load(open(sys.argv[1]))
keys = "question intent entities sql results chart answer explanation assumptions unused_words confidence source choices trace error".split()
missing = [k for k in keys if k not in s]
assert not missing, missing
assert s["error"] is None and s["source"] == "template" and len(s["results"]["rows"]) == 6, s["results"]
PY
ask --format csv "sales by region in 2024" >"$scratch/a.csv"
[ "$(wc -l <"$scratch/a.csv")" = 7 ] || { bad=$((bad + 1)); echo "csv: $(wc -l <"$scratch/a.csv") lines"; }
code 0 ask --format markdown "sales by region in 2024"; says '^\| '
code 0 ask --out "$scratch/b.csv" --format csv "sales by region in 2024"
cmp -s "$scratch/a.csv" "$scratch/b.csv" || { bad=$((bad + 1)); echo "--out differs from stdout"; }
code 9 ask --out /nonexistent/folder/x.csv --format csv "sales by region in 2024"
code 0 ask --chart "$scratch/chart.html" "sales by region in 2024"
grep -q 'Plotly.newPlot' "$scratch/chart.html" || { bad=$((bad + 1)); echo "no chart in the page"; }
code 0 ask --trace "sales by region in 2024"; says 'sql_generator'

# the same question gives the same bytes
ask --format json --no-times "top 5 products by margin in 2025" >"$scratch/1.json"
ask --format json --no-times "top 5 products by margin in 2025" >"$scratch/2.json"
cmp -s "$scratch/1.json" "$scratch/2.json" || { bad=$((bad + 1)); echo "two runs differ"; }

# SQL typed by hand is guarded like any other
code 0 ask --sql "SELECT count(*) AS n FROM stores"
code 5 ask --sql "DELETE FROM sales"
code 2 ask --sql "SELECT regoin FROM regions"
says 'line 1, column 8: no column "regoin" in regions; did you mean "region"'
says '^  SELECT regoin FROM regions$'
says '^         \^$'
code 5 ask --sql "SELECT * FROM read_csv('/etc/passwd')"
code 5 ask --sql "SELECT * FROM '/etc/passwd'"
code 5 ask --sql "SELECT 1; SELECT 2"
code 5 ask --sql "WITH d AS (DELETE FROM sales RETURNING *) SELECT * FROM d"
code 6 ask --sql "SELECT sale_id FROM sales" --format csv

# endings
code 3 ask "what was the weather in 2024"
code 4 ask "how many active customers do we have"
code 5 ask "delete all sales of 2024"
code 0 ask "help"
printf 'sales by region in 2024\n{"question": "how many active stores"}\n' >"$scratch/batch"
code 0 ask --batch "$scratch/batch"
[ "$(wc -l <"$scratch/out")" = 2 ] || { bad=$((bad + 1)); echo "batch: not two states"; }
printf 'sales in 2024\nquit\n' | "$bot" chat --db "$sample" --no-model >"$scratch/out" 2>&1 || bad=$((bad + 1))
says '€'

code 0 "$bot" catalog --db "$sample"; says 'sales .*200000|sales +200000'
code 0 "$bot" catalog show stores --db "$sample"; says 'opened_on'
code 2 "$bot" catalog show nonsense --db "$sample"
printf 'city,amount\nUlm,10\nBonn,20\nUlm,5\n' >"$scratch/mine.csv"
code 0 "$bot" ask --db "$scratch/mine.csv" --no-model "how many rows"; says '3'
code 0 "$bot" ask --db "$scratch/mine.csv" --no-model "total amount by city"; says 'Ulm'
finish
