#!/bin/bash
# chart.sh - the chart pages in a real browser: Chromium draws them without
# network and without an error, and untrusted cells stay text.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
browser=$(command -v chromium || command -v chromium-browser) || { echo "chromium is missing: apt-get install chromium"; exit 77; }
drawn() { # drawn FILE: the page after its scripts ran
    timeout 90 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-quic --host-resolver-rules='MAP * ~NOTFOUND' \
        --user-data-dir="$scratch/profile" --virtual-time-budget=5000 --dump-dom "file://$1" 2>"$scratch/browser.err"
}
page() { # page QUESTION PATTERN...: the page has each pattern
    local question=$1
    shift
    "$bot" ask --db "${db:-$sample}" --no-model --chart "$scratch/chart.html" "$question" >/dev/null 2>&1
    drawn "$scratch/chart.html" >"$scratch/out" 2>/dev/null
    : >"$scratch/err"
    for pattern in "$@"; do says "$pattern"; done
}
page "sales by category in 2024" 'class="main-svg"' 'class="point"' 'Phones'
page "monthly sales by region in 2025" 'class="main-svg"' 'scatterlayer' 'Switzerland'
page "why did sales fall in West in March 2025 by store" 'class="main-svg"' 'waterfall|Total change'
page "total sales in 2025" '€ 3,'

printf 'name,amount\n<script>document.title="owned"</script>,10\n"</script><img src=x onerror=document.title=1>",20\nplain,5\n' >"$scratch/evil.csv"
db=$scratch/evil.csv page "total amount by name" 'plain'
done_=$((done_ + 1))
grep -q '<title>owned\|<title>1<' "$scratch/out" && { bad=$((bad + 1)); echo "a cell ran as a script"; }
finish
