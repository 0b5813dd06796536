#!/bin/bash
# data.sh - training data from end to end, in small sizes: generate, mix, import from every
# kind of file, split, look; and what goes wrong.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
out=$scratch/data
small=$scratch/small.duckdb
lines() { # FILE AT_LEAST
    done_=$((done_ + 1))
    [ "$(wc -l <"$1")" -ge "$2" ] || { bad=$((bad + 1)); echo "$1: fewer than $2 lines"; }
}
same() {
    done_=$((done_ + 1))
    cmp "$1" "$2" || bad=$((bad + 1))
}
code 0 "$bot" init --rows 2000 "$small"

# made, twice the same
code 0 "$bot" data generate --db "$small" --limit 100 --out "$out/one"; says '1 databases: [0-9]+ train'
code 0 "$bot" data generate --db "$small" --limit 100 --out "$out/two"
same "$out/one/training_data.jsonl" "$out/two/training_data.jsonl"
same "$out/one/manifest.json" "$out/two/manifest.json"
lines "$out/one/training_data_train.jsonl" 80
lines "$out/one/training_data_val.jsonl" 10
code 0 "$bot" data stats "$out/one/training_data.jsonl"; says 'over 1 databases'; says 'prefix, once a database'
code 0 "$bot" data show --limit 1 "$out/one/training_data.jsonl"; says '^<start_of_turn>user'; says '<end_of_turn>'

# imported: lines, array, CSV, Parquet, a folder of them
mkdir -p "$scratch/set"
cat >"$scratch/set/a.jsonl" <<'X'
{"question": "How many are red?", "context": "CREATE TABLE car (id INTEGER, colour VARCHAR)", "answer": "SELECT COUNT(*) FROM car WHERE colour = \"red\""}
{"question": "broken
X
printf 'question,context,answer\n"How many, all in all?",CREATE TABLE car (id INT),SELECT count(*) FROM car\n' >"$scratch/set/b.csv"
code 0 "$bot" ask --db "$small" --format parquet --out "$scratch/set/c.parquet" --sql \
    "SELECT 'Which ids?' AS question, 'CREATE TABLE car (id INT)' AS context, 'SELECT id FROM car' AS answer"
code 0 "$bot" data import "$scratch/set" --out "$out/set"
says '4 read from 2 databases'; says '1 malformed'; says "1 brought from SQLite"
done_=$((done_ + 1))
grep -q 'set/a.jsonl","line":2' "$out/set/dropped.jsonl" || { bad=$((bad + 1)); echo "dropped.jsonl does not name the line"; }
code 0 "$bot" data generate --db "$small" --limit 60 --mix "$scratch/set" --out "$out/mixed"; says '3 more are mixed in'
done_=$((done_ + 1))
grep -q 'How many are red' "$out/mixed/training_data.jsonl" || { bad=$((bad + 1)); echo "nothing was mixed in"; }
code 0 "$bot" data split "$out/mixed/training_data.jsonl" --out "$out/split"; says '[0-9]+ train and [0-9]+ val'

# other databases
mkdir "$scratch/folder" && cp "$small" "$scratch/folder/a.duckdb" && cp "$small" "$scratch/folder/b.duckdb"
echo b >"$scratch/aside.txt"
code 0 "$bot" data generate --db-dir "$scratch/folder" --set-aside "$scratch/aside.txt" --limit 20 --out "$out/many"; says '^1 databases'

# what goes wrong
code 2 "$bot" data; says 'generate, import FILE'
code 2 "$bot" data import
code 9 "$bot" data import "$scratch/no_such_file.jsonl" --out "$out/x"; says 'no_such_file'
: >"$scratch/empty.jsonl"
code 2 "$bot" data import "$scratch/empty.jsonl" --out "$out/x"; says 'nothing to import'
code 2 "$bot" data split "$scratch/empty.jsonl" --out "$out/x"; says 'fewer than two'
code 9 "$bot" data stats "$scratch/no_such_file.jsonl"
code 7 "$bot" data generate --db "$scratch/no.duckdb" --out "$out/x"
code 9 "$bot" data generate --db-dir "$scratch/set" --out "$out/x"; says 'no .duckdb or .sqlite'
code 9 "$bot" data generate --db "$small" --limit 20 --out /proc/nowhere
done_=$((done_ + 1))
[ ! -e "$out/x" ] || { bad=$((bad + 1)); echo "something was written in spite of a failure"; ls "$out/x"; }
finish
