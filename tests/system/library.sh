#!/bin/bash
# library.sh - libsalesbot as a stranger uses it: installed, found by pkg-config,
# from C and from C++; only its public names are visible.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
prefix=$scratch/usr
code 0 cmake --install "$BINARY_DIR" --prefix "$prefix"
for file in bin/salesbot lib/libsalesbot.so include/salesbot/salesbot.h lib/pkgconfig/salesbot.pc; do
    done_=$((done_ + 1))
    [ -e "$prefix/$file" ] || { bad=$((bad + 1)); echo "not installed: $file"; }
done
foreign=$(nm -D --defined-only "$prefix/lib/libsalesbot.so" | awk '$2 ~ /[TDBRVW]/ {print $3}' | sed 's/@.*//' | grep -v '^salesbot_' || true)
[ -z "$foreign" ] || { bad=$((bad + 1)); echo "visible though not public: $foreign"; }
declared=$(grep -oE '\bsalesbot_[a-z_]+\(' "$prefix/include/salesbot/salesbot.h" | tr -d '(' | sort -u)
defined=$(nm -D --defined-only "$prefix/lib/libsalesbot.so" | awk '$2 == "T" {print $3}' | sed 's/@.*//' | sort -u)
done_=$((done_ + 1))
missing=$(comm -23 <(grep -v '^salesbot_on_event$' <<<"$declared") <(echo "$defined"))
[ -z "$missing" ] || { bad=$((bad + 1)); echo "declared but not in the library: $missing"; }

export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
read -ra use <<<"$(pkg-config --cflags --libs salesbot)"
strict="-Wall -Wextra -Wpedantic -Werror"
# shellcheck disable=SC2086
code 0 cc -std=c99 $strict "$SOURCE_DIR/docs/example/ask.c" -o "$scratch/ask" "${use[@]}"
# shellcheck disable=SC2086
code 0 g++ -std=c++11 $strict -x c++ "$SOURCE_DIR/docs/example/ask.c" -o "$scratch/ask++" "${use[@]}"
unset SALESBOT_PROGRAM # the executor is the program installed beside the library
for program in ask ask++; do
    code 0 "$scratch/$program" "$sample" "sales by region in 2024"
    says '^East has the largest sales'; says '\(Sure\)'; says '^6 rows, 2 columns'
    code 3 "$scratch/$program" "$sample" "what was the weather in 2024"
    code 7 "$scratch/$program" "$scratch/none.duckdb" "sales"; says 'none.duckdb'
done
finish
