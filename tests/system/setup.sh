#!/bin/bash
# setup.sh - the first minute on a stranger's machine: what is missing is named, and
# nothing is installed or written without the right to.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
mkdir "$scratch/bin" "$scratch/mirror"
stub() { printf '#!/bin/sh\n%s\n' "$2" >"$scratch/bin/$1"; chmod +x "$scratch/bin/$1"; }
run() { env PATH="$scratch/bin:$PATH" SALESBOT_HOME="$scratch/home" "$SOURCE_DIR/scripts/setup.sh" "$@"; }

# not root, packages missing: the line to run, and the end
stub id 'echo 1000'
stub dpkg-query 'exit 1'
stub apt-get 'echo "apt-get was called" >&2; exit 1'
code 1 run build; says '^Packages: apt-get install -y .*libjansson-dev'; says 'as root'
grep -q 'was called' "$scratch/err" && { bad=$((bad + 1)); echo "apt-get was called without root"; }
code 2 env PATH="$scratch/bin:$PATH" SALESBOT_HOME="$scratch/home" make -s -C "$SOURCE_DIR" setup; says 'as root'
[ ! -e "$scratch/home" ] || { bad=$((bad + 1)); echo "something was written"; }

# another machine
stub uname 'case $1 in -s) echo Darwin;; -m) echo arm64;; esac'
code 1 run build; says 'Linux, x86_64 and aarch64; this is Darwin on arm64'
rm "$scratch/bin/uname" "$scratch/bin/dpkg-query" "$scratch/bin/id"

# nothing can be fetched: each missing file is named with its place; the rest goes on
for tool in mvn npm; do stub $tool 'exit 1'; done
stub python3 'case "$*" in *--version*) exit 0;; esac; exit 1'
code 0 env -u CI PATH="$scratch/bin:$PATH" SALESBOT_HOME="$scratch/home" "$SOURCE_DIR/scripts/setup.sh"
says 'DuckDB: put libduckdb.so'; says 'Gemma 3 270M: put the file'; says 'all-MiniLM-L6-v2: put model.safetensors'; says 'Gemma Terms of Use'; says 'templates only'
code 1 env CI=true PATH="$scratch/bin:$PATH" SALESBOT_HOME="$scratch/home" "$SOURCE_DIR/scripts/setup.sh"

# a mirror: taken when the hash is right, else not
[ -f "$home/lib/libduckdb.so" ] && arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
cp "$home/lib/libduckdb.so" "$scratch/mirror/libduckdb-$arch.so"
printf 'not the weights' >"$scratch/mirror/gemma-3-270m-Q4_K_M.gguf"
code 0 env -u CI SALESBOT_MIRROR="$scratch/mirror" PATH="$scratch/bin:$PATH" SALESBOT_HOME="$scratch/home" "$SOURCE_DIR/scripts/setup.sh"
[ -f "$scratch/home/lib/libduckdb.so" ] && [ ! -e "$scratch/home/models/gemma-3-270m-Q4_K_M.gguf" ] ||
    { bad=$((bad + 1)); echo "the mirror's files: $(ls "$scratch"/home/*)"; }

# a disk that is too small: said before anything is fetched
stub df 'printf "Filesystem 1024-blocks Used Available Capacity Mounted\nx 100 50 51200 50%% /\n"'
code 9 run; says 'Only 50 MB are free'
finish
