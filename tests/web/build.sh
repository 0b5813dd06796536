#!/bin/bash
# build.sh - web/dist is what web/ builds: the same names, the same bytes.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null ||
    { echo "node 20.19 or newer is missing"; exit 77; }
cd "$root/web" || exit 1
if ! [ -x node_modules/.bin/vite ]; then
    npm ci --no-audit --no-fund >/dev/null 2>&1 || { echo "npm ci did not work"; exit 77; }
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
npx tsc --noEmit || exit 1
npx vite build --outDir "$scratch/dist" --emptyOutDir >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
diff -r -x plotly-basic.min.js "$scratch/dist" dist >"$scratch/difference" || {
    echo "web/dist is not what web/ builds; run: cd web && npm ci && npm run build"
    cut -c1-200 "$scratch/difference" | head
    exit 1
}
echo "the same"
