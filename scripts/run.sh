#!/bin/bash
# run.sh [QUESTION] - set up, build, make the sample database; then answer the
# question, or three: by template, by the model, and one that can't be answered.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
mkdir -p build
make --no-print-directory build >build/make.log 2>&1 || { cat build/make.log; exit 1; }
bot=build/release/salesbot
home=${SALESBOT_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/salesbot}
sample=$home/sales.duckdb
[ -f "$sample" ] || { echo "Making the sample database ..." >&2; "$bot" init "$sample"; }

# ask WHY QUESTION [FLAG]
ask() {
    printf '\n# %s\n$ salesbot ask "%s"%s\n' "$1" "$2" "${3:+ $3}"
    "$bot" ask --db "${SALESBOT_DB:-$sample}" ${3:-} "$2" || true
}
if [ $# -gt 0 ]; then
    exec "$bot" ask --db "${SALESBOT_DB:-$sample}" "$1"
fi
ask "Every word is known: the SQL comes from written definitions." "Which active stores grew fastest in 2024?"
count=$(grep -cv '^#' tests/model_questions.txt)
line=$(( (${SEED:-1} * 7919) % count + 1 ))
ask "Left to the language model, whose SQL is checked but may miss the point." "$(grep -v '^#' tests/model_questions.txt | sed -n "${line}p")" --model-only
ask "Not in the data: that is said, with what can be asked instead." "What profit after overhead did we make in 2024?"
cat <<END

Three things to try:
  $bot ask "sales by region and month in 2025" --chart chart.html
  $bot chat
  $bot ask --db YOUR.csv "how many rows"      (a CSV, Parquet or DuckDB file of your own)
END
