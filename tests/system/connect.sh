#!/bin/bash
# connect.sh - salesbot catalog connect and forget: what is found, written, remembered;
# what happens when the layer is edited, the data change, or the database is gone.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
export SALESBOT_HOME=$scratch/home
mkdir -p "$SALESBOT_HOME" && ln -s "$home/lib" "$SALESBOT_HOME/lib" && ln -s "$sample" "$SALESBOT_HOME/sales.duckdb"
unset SALESBOT_DB

# a folder of CSV files: keys and joins from names and values, a file that is none
mkdir "$scratch/shop"
printf 'id,city,qty\n1,Rome,3\n2,Oslo,4\n3,Bonn,4\n4,Graz,9\n' >"$scratch/shop/cities.csv"
{
    echo 'id,title,city_id,other_id,amount_eur,sold_on'
    for i in 1 2 3 4 5 6 7 8; do echo "$i,order $i,$((i % 4 + 1)),$((i + 90)),$i.5,2024-0$i-11"; done
} >"$scratch/shop/orders.csv"
printf 'PAR1 no parquet' >"$scratch/shop/broken.parquet"
code 0 "$bot" catalog connect "$scratch/shop"
says 'broken.parquet is left out'
says 'orders → cities: inferred \(name and inclusion\)'
says 'Joins: 1$'
says 'time: sold_on'
says 'asked and answered'
layer=$(echo "$SALESBOT_HOME"/layers/*.yaml)
grep -q '# inferred (name and inclusion)' "$layer" || { bad=$((bad + 1)); echo "the layer does not say how the join was found"; }

# it is the database from now on, and nothing of it is Sure
code 0 "$bot" catalog; says "Database: $scratch/shop"
code 0 "$bot" ask --template-only "total amount by city"; says 'Graz +11'; says 'Likely: the words of this database were derived'
code 0 "$bot" ask --template-only --db "$sample" "total sales in 2024"; says 'sales.duckdb'

# what is written loads, and an edit counts and is kept
code 0 "$bot" ask --template-only --semantic "$layer" "total amount by city"; says 'Graz +11'
sed -i 's/"total amount"/"total amount", "turnover of all"/' "$layer"
code 0 "$bot" ask --template-only "how many orders are there"; says '8'
code 0 "$bot" catalog connect "$scratch/shop"; says 'kept: it was edited by hand'
grep -q 'turnover of all' "$layer" || { bad=$((bad + 1)); echo "an edited layer was overwritten"; }

# the data change under an edited layer: named, with what to do; --force describes anew
printf 'id,town\n1,Rome\n2,Oslo\n3,Bonn\n4,Graz\n' >"$scratch/shop/cities.csv"
"$bot" ask --template-only "total amount" >"$scratch/out" 2>"$scratch/err" </dev/null
says 'no column "(city|qty)"'; says 'catalog connect --force'
code 0 "$bot" catalog connect --force "$scratch/shop"
grep -q 'turnover of all' "$layer" && { bad=$((bad + 1)); echo "--force did not derive anew"; }
code 0 "$bot" ask --template-only "total amount by town"; says 'Graz +11'

# an untouched layer follows the data between two questions
printf 'id,town,size\n1,Rome,1\n2,Oslo,2\n3,Bonn,3\n4,Kiel,4\n' >"$scratch/shop/cities.csv"
code 0 "$bot" ask --template-only "total amount by town"; says 'Kiel +11'

# gone
mv "$scratch/shop" "$scratch/moved"
code 7 "$bot" ask --template-only "total amount"; says "$scratch/shop"
code 0 "$bot" catalog forget; says 'sample'
code 0 "$bot" ask --template-only "total sales in 2024"; says 'sales.duckdb'

# what is none keeps what was
code 7 "$bot" catalog connect "$scratch/nowhere"; says 'no such file or folder'
mkdir "$scratch/empty"; code 7 "$bot" catalog connect "$scratch/empty"; says 'without CSV or Parquet'
echo junk >"$scratch/junk.duckdb"; code 7 "$bot" catalog connect "$scratch/junk.duckdb"; says 'not a DuckDB database'
code 2 "$bot" catalog connect; code 2 "$bot" catalog nonsense here
[ ! -e "$SALESBOT_HOME/database" ] || { bad=$((bad + 1)); echo "a failed connect was remembered"; }
finish
