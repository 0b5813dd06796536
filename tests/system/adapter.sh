#!/bin/bash
# adapter.sh - adapters as their user meets them: named, default, none, wrong. On tiny
# models (nothing they write is a statement; the state names what was used).
. "$SOURCE_DIR/tests/system/lib.sh.inc"
golden=$SOURCE_DIR/tests/golden
tiny=$golden/gemma/gemma3/model.gguf
ln -s "$home/lib" "$scratch/lib"
export SALESBOT_HOME=$scratch
unset SALESBOT_MODEL SALESBOT_ADAPTER
ask() { "$bot" ask --db "$sample" --model "$tiny" --model-only --format json "$@" "sales by region"; }
# used: the adapter's digest in the last state, or nothing
used() { grep -oE '"adapter":"[0-9a-f]*"' "$scratch/out" | cut -d'"' -f4; }
same() {
    done_=$((done_ + 1))
    [ "$1" = "$2" ] || { bad=$((bad + 1)); echo "adapter \"$1\", expected \"$2\""; }
}

code 0 ask --adapter "$golden/adapter/gemma3"
first=$(used)
same "${#first}" 64
code 0 ask --adapter "$golden/adapter/gemma3_two"
second=$(used)
same "${#second}" 64
[ "$first" != "$second" ] || { bad=$((bad + 1)); echo "two adapters, one digest"; }
code 0 ask
same "$(used)" ""

# the default one, from home and from the environment; --no-adapter turns it off
mkdir -p "$scratch/adapters"
cp -r "$golden/adapter/gemma3" "$scratch/adapters/default"
code 0 ask
same "$(used)" "$first"
code 0 ask --no-adapter
same "$(used)" ""
SALESBOT_ADAPTER=$golden/adapter/gemma3_two code 0 ask
same "$(used)" "$second"
# a default for other weights is left alone
rm -rf "$scratch/adapters/default"
cp -r "$golden/adapter/gemma2" "$scratch/adapters/default"
code 0 ask
same "$(used)" ""

# one that was named must fit, even where a template would have answered
code 8 ask --adapter "$golden/adapter/gemma2"; says 'made for another base'
code 8 "$bot" ask --db "$sample" --model "$tiny" --adapter "$scratch/nowhere" "sales by region"; says 'adapter_config.json'
mkdir "$scratch/cut"
cp "$golden/adapter/gemma3/adapter_config.json" "$scratch/cut"
head -c 5000 "$golden/adapter/gemma3/adapter_model.safetensors" >"$scratch/cut/adapter_model.safetensors"
code 8 ask --adapter "$scratch/cut"; says 'cut short'
code 2 "$bot" ask --adapter
finish
