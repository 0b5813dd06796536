#!/bin/bash
# parquet.sh - --format parquet: every row, types as they are, whole or not at all.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
ask() { "$bot" ask --db "$sample" --no-model "$@"; }
sql() { ask --format parquet --out "$scratch/$1.parquet" --sql "$2"; }
# columns NAME EXPECTED: "name type" of each column, joined by "; "
columns() {
    local got
    got=$("$bot" catalog show "$1" --db "$scratch/$1.parquet" | sed 1d | awk '{print $1, $2}' | paste -sd';')
    done_=$((done_ + 1))
    [ "$got" = "$2" ] || { bad=$((bad + 1)); echo "$1: $got"; echo "expected: $2"; }
}
# cells NAME EXPECTED: the rows as CSV, joined by "; "
cells() {
    local got
    got=$("$bot" ask --db "$scratch/$1.parquet" --no-model --format csv --sql "SELECT * FROM $1" | tr -d '\r' | sed 1d | paste -sd';')
    done_=$((done_ + 1))
    [ "$got" = "$2" ] || { bad=$((bad + 1)); echo "$1: $got"; echo "expected: $2"; }
}

code 0 sql kinds "SELECT CAST(7 AS TINYINT) AS small, CAST(9007199254740993 AS BIGINT) AS big, 12.50 AS money, CAST(0.1 AS DOUBLE) AS real, DATE '2024-02-29' AS day, TIMESTAMP '2024-02-29 13:14:15.123456' AS moment, TIME '01:02:03' AS clock, TRUE AS yes, 'Zürich; \"x\"' AS text, CAST(NULL AS INTEGER) AS nothing"
columns kinds "small TINYINT;big BIGINT;money DECIMAL(4,2);real DOUBLE;day DATE;moment TIMESTAMP;clock TIME;yes BOOLEAN;text VARCHAR;nothing INTEGER"
cells kinds '7,9007199254740993,12.50,0.1,2024-02-29,2024-02-29 13:14:15.123456,01:02:03,true,"Zürich; ""x""",'

# integers wider than 64 bits stay exact; sums of integers are such
code 0 sql wide "SELECT sum(sale_id) AS s, CAST('12345678901234567890123456789012345678' AS HUGEINT) AS h FROM sales"
columns wide "s DECIMAL(38,0);h DECIMAL(38,0)"
cells wide "20000100000,12345678901234567890123456789012345678"
code 0 sql wider "SELECT CAST('170141183460469231731687303715884105727' AS HUGEINT) AS h"
cells wider "170141183460469231731687303715884105727"

code 0 sql twice "SELECT region AS a, region AS A FROM regions WHERE region = 'West'"
cells twice "West,West"
code 0 sql listed "SELECT [1, 2] AS l FROM regions WHERE region = 'West'"
cells listed '"[1, 2]"'
code 0 sql empty "SELECT region, region_id FROM regions WHERE region = 'Nowhere'"
columns empty "region VARCHAR;region_id INTEGER"
cells empty ""

# the rows of the table, in their order; to a pipe too
code 0 ask --format parquet --out "$scratch/top.parquet" "top 5 stores by sales in 2024"
ask --format csv "top 5 stores by sales in 2024" | tr -d '\r' | sed 1d | sort | paste -sd';' >"$scratch/want"
[ "$("$bot" ask --db "$scratch/top.parquet" --no-model --format csv --sql 'SELECT * FROM top' | tr -d '\r' | sed 1d | sort | paste -sd';')" = "$(cat "$scratch/want")" ] ||
    { bad=$((bad + 1)); echo "the rows differ from CSV"; }
ask --format parquet "top 5 stores by sales in 2024" >"$scratch/piped.parquet"
cmp -s "$scratch/top.parquet" "$scratch/piped.parquet" || { bad=$((bad + 1)); echo "a pipe gets other bytes"; }

# limits: cut where the answer is cut, and said
code 6 ask --format parquet --out "$scratch/cut.parquet" --sql "SELECT sale_id FROM sales"; says 'cut'
[ "$("$bot" ask --db "$scratch/cut.parquet" --no-model --format csv --sql 'SELECT count(*) AS n FROM cut' | tail -1 | tr -d '\r')" = 10000 ] ||
    { bad=$((bad + 1)); echo "not the first 10,000 rows"; }

# nothing half-written, and the ending is the question's
code 9 ask --format parquet --out /nonexistent/x.parquet "sales by region in 2024"
code 3 ask --format parquet --out "$scratch/no.parquet" "what was the weather in 2024"
code 5 ask --format parquet --out "$scratch/no.parquet" --sql "DELETE FROM sales"
echo before >"$scratch/old.parquet"
code 5 ask --format parquet --out "$scratch/old.parquet" --sql "SELECT * FROM read_csv('/etc/passwd')"
done_=$((done_ + 1))
[ ! -e "$scratch/no.parquet" ] && [ "$(cat "$scratch/old.parquet")" = before ] || { bad=$((bad + 1)); echo "a failed answer wrote a file"; }
if [ "$(id -u)" = 0 ] && mkdir "$scratch/small" && mount -t tmpfs -o size=16k none "$scratch/small" 2>/dev/null; then
    code 9 ask --format parquet --out "$scratch/small/a.parquet" --sql "SELECT sale_id, net_amount FROM sales LIMIT 9000"
    [ -z "$(ls -A "$scratch/small")" ] || { bad=$((bad + 1)); echo "left behind: $(ls -A "$scratch/small")"; }
    umount "$scratch/small"
fi
done_=$((done_ + 1))
left=$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'salesbot-??????' -newer "$scratch/want" 2>/dev/null)
[ -z "$left" ] || { bad=$((bad + 1)); echo "left behind: $left"; }
finish
