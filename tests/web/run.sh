#!/bin/bash
# run.sh [smoke|PATTERN] - the page's flows in Chromium against `salesbot serve`.
#
# SALESBOT_WEB=dev: against web/dev/server.mjs. The tools come from the lock file.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { echo "chromium is missing: apt-get install chromium"; exit 77; }
command -v node >/dev/null || { echo "node is missing: apt-get install nodejs npm"; exit 77; }
if ! [ -d "$root/web/node_modules/playwright-core" ]; then
    (cd "$root/web" && npm ci --ignore-scripts --no-audit --no-fund >/dev/null 2>&1) || { echo "npm ci in web/ did not work"; exit 77; }
fi
export SALESBOT_PROGRAM=${SALESBOT_PROGRAM:-$root/build/release/salesbot}
if [ "${SALESBOT_WEB:-}" != dev ] && ! "$SALESBOT_PROGRAM" serve --help >/dev/null 2>&1; then
    echo "this program has no \`serve\` yet: against the development server"
    export SALESBOT_WEB=dev
fi
exec node "$root/tests/web/flows.mjs" "$@"
