#!/bin/bash
# eval.sh - salesbot eval: the report, resuming after a kill, bad input.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
mkdir "$scratch/dbs"
ln -s "$sample" "$scratch/dbs/sales.duckdb"
lines=$scratch/lines.jsonl
cat >"$lines" <<'END'
{"db_id": "sales", "question": "how many regions are there", "sql": "SELECT count(*) FROM regions", "source": "a"}
{"db_id": "sales", "question": "how many products are there", "sql": "SELECT count(*) + 1 FROM products", "source": "a"}
{"db_id": "sales", "question": "how many customers are there", "evidence": "customers are people", "sql": "SELECT count(*) FROM customers", "source": "b", "difficulty": "mine"}
{"db_id": "sales", "question": "how many stores are there", "sql": "SELECT broken FROM nowhere", "source": "b"}
{"db_id": "sales", "question": "what is the weather on Mars", "sql": null, "source": "b"}
END
ev() { code "$1" "$bot" eval --db-dir "$scratch/dbs" --template-only "${@:2}"; }

ev 0 --data "$lines" --json "$scratch/r.json" --predictions "$scratch/p.jsonl"
says 'right +66.7 %.* 2 of 3'
says 'left out: 1 whose reference does not run'
says 'refused well +100.0 %'
says '^mine '
cat >"$scratch/check.py" <<'END'
import json, sys
d = sys.argv[1]
r = json.load(open(d + "/r.json"))
assert r["overall"]["right"]["k"] == 2 and r["left_out"] == 1, r
assert r["by_source"]["b"]["right"]["n"] == 1
p = [json.loads(l) for l in open(d + "/p.jsonl")]
assert len(p) == 5 and p[0]["results"]["rows"] and p[0]["eval"]["right"], p[0]
assert p[2]["options"]["evidence"] == "customers are people"
END
code 0 python3 "$scratch/check.py" "$scratch"
# a run that was killed in the middle of a line goes on, and gives the same report
head -n 2 "$scratch/p.jsonl" >"$scratch/cut.jsonl"
sed -n 3p "$scratch/p.jsonl" | head -c 100 >>"$scratch/cut.jsonl"
ev 0 --data "$lines" --predictions "$scratch/cut.jsonl" --resume --json "$scratch/r2.json"
cat >"$scratch/check.py" <<'END'
import json, sys
d = sys.argv[1]
a, b = (json.load(open(d + "/" + n)) for n in ("r.json", "r2.json"))
for r in (a, b):
    r["seconds"] = r["overall"]["p50_ms"] = r["overall"]["p95_ms"] = 0
assert a == b
assert len(open(d + "/cut.jsonl").readlines()) == 5
END
code 0 python3 "$scratch/check.py" "$scratch"
ev 2 --data "$lines" --predictions "$scratch/cut.jsonl" --resume --beam 3
says 'line 1 was made with other options'
sed -n 3p "$scratch/p.jsonl" >"$scratch/other.jsonl"
ev 2 --data "$lines" --predictions "$scratch/other.jsonl" --resume
says 'answers another line'
ev 2 --data "$lines" --resume
says 'needs --predictions'
ev 9 --data "$scratch/none.jsonl"
ev 9 --data "$lines" --predictions /nonexistent/p.jsonl
echo '{"db_id": "sales"}' >"$scratch/bad.jsonl"
ev 2 --data "$scratch/bad.jsonl"
says 'bad.jsonl, line 1: no question'
echo '{"db_id": "../x", "question": "q", "sql": ""}' >"$scratch/bad.jsonl"
ev 2 --data "$scratch/bad.jsonl"
says 'line 1: no db_id'
echo '{"db_id": "other", "question": "q", "sql": "SELECT 1"}' >"$scratch/bad.jsonl"
ev 7 --data "$scratch/bad.jsonl"
says 'no .*/other.duckdb'
: >"$scratch/bad.jsonl"
ev 2 --data "$scratch/bad.jsonl"
says 'no questions'
# one database for all, how a question is to end, the reading that is taken unasked
cat >"$scratch/endings.jsonl" <<'END'
{"question": "what is the weather on Mars", "ending": "not_in_data"}
{"question": "what is the weather on Mars", "ending": "ambiguous"}
{"question": "how many regions are there", "ending": "default", "default": 1, "readings": [{"sql": "SELECT 1"}, {"sql": "SELECT count(*) FROM regions"}]}
END
code 0 "$bot" eval --db "$sample" --template-only --data "$scratch/endings.jsonl"
says 'right +100.0 %.* 1 of 1'
says 'refused well +50.0 %.* 1 of 2'
says '^Sure +1 +100.0'
code 2 "$bot" eval --data "$scratch/endings.jsonl" --db "$sample" --db-dir "$scratch/dbs"
code 2 "$bot" eval
finish
