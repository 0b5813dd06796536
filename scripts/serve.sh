#!/bin/bash
# serve.sh - set up, build (the page too, where npm is), make the sample database; then serve it.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
mkdir -p build
[ ! -x scripts/web.sh ] || scripts/web.sh
make --no-print-directory build >build/make.log 2>&1 || { cat build/make.log; exit 1; }
bot=build/release/salesbot
home=${SALESBOT_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/salesbot}
[ -n "${SALESBOT_DB:-}" ] || [ -f "$home/sales.duckdb" ] || { echo "Making the sample database ..." >&2; "$bot" init "$home/sales.duckdb"; }
exec "$bot" serve ${PORT:+--port "$PORT"} ${SALESBOT_DB:+--db "$SALESBOT_DB"}
