#!/bin/bash
# check_aarch64.sh - every file that aarch64 builds, compiled for it (Debian's
# gcc-aarch64-linux-gnu; only the syntax, for the libraries are not cross-installed).
set -u
cd "$(dirname "$0")/.."
compiler=aarch64-linux-gnu-gcc
command -v $compiler >/dev/null || { echo "$compiler is missing: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross"; exit 77; }
# The libraries' headers are the same on both; they come after the cross compiler's own.
headers=$(mktemp -d)
trap 'rm -rf "$headers"' EXIT
for name in jansson.h jansson_config.h yaml.h sodium.h sodium utf8proc.h seccomp.h readline sqlite3.h microhttpd.h curl nettle zstd.h zstd_errors.h; do
    for at in /usr/include /usr/include/x86_64-linux-gnu; do
        [ -e "$at/$name" ] && ln -sf "$at/$name" "$headers/$name"
    done
done
bad=0 n=0
flags="-std=c17 -D_GNU_SOURCE -DSALESBOT_VERSION=\"0\" -Isrc -Iinclude -isystem $headers -Wall -Wextra -Wpedantic
 -Wshadow -Wconversion -Wvla -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Werror -fsyntax-only"
while IFS= read -r file; do
    n=$((n + 1))
    # shellcheck disable=SC2086
    $compiler $flags "$file" || { bad=$((bad + 1)); echo "aarch64: $file"; }
done < <(find src -name '*.c' | sort) # kernels of other instruction sets are empty there
echo "$n files for aarch64, $bad failed"
[ $bad = 0 ]
