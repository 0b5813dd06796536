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

# the one that comes with the program: beside an installed program, and copied into home by set-up
rm -rf "$scratch/adapters"
shipped=salesbot-gemma3-270m-lora
mkdir -p "$scratch/prefix/bin" "$scratch/prefix/share/salesbot"
cp "$bot" "$scratch/prefix/bin/salesbot"
cp -r "$golden/adapter/gemma3" "$scratch/prefix/share/salesbot/$shipped"
built=$bot
bot=$scratch/prefix/bin/salesbot
code 0 ask
same "$(used)" "$first"
code 0 ask --no-adapter
same "$(used)" ""
"$bot" doctor --db "$sample" --model "$tiny" >"$scratch/out" 2>"$scratch/err"; says "share/salesbot/$shipped, rank 4"
"$bot" doctor --db "$sample" --model "$tiny" --no-adapter >"$scratch/out" 2>"$scratch/err"; says 'none: the weights run as they are'
bot=$built
mkdir -p "$scratch/clone/models" "$scratch/stubs"
cp -r "$SOURCE_DIR/scripts" "$scratch/clone/scripts"
cp -r "$golden/adapter/gemma3" "$scratch/clone/models/$shipped"
for tool in mvn npm python3 apt-get; do # nothing is fetched
    printf '#!/bin/sh\ncase "$*" in *--version*) exit 0;; esac; exit 1\n' >"$scratch/stubs/$tool"; chmod +x "$scratch/stubs/$tool"
done
set_up() { env -u CI PATH="$scratch/stubs:$PATH" "$scratch/clone/scripts/setup.sh"; }
code 0 set_up
same "$(cd "$scratch/adapters" && ls)" "$shipped"
code 0 ask
same "$(used)" "$first"
code 0 ask --no-adapter
same "$(used)" ""
code 0 "$bot" model list; says "$shipped.*adapter, rank 4"
code 0 "$bot" model info "$shipped"; says 'rank'
rm -rf "$scratch/clone/models/$shipped" # a newer one comes: set-up replaces it
cp -r "$golden/adapter/gemma3_two" "$scratch/clone/models/$shipped"
code 0 set_up
code 0 ask
same "$(used)" "$second"
cp -r "$golden/adapter/gemma3" "$scratch/adapters/default" # one's own comes first
code 0 ask
same "$(used)" "$first"
rm -rf "$scratch/adapters"

# one that was named must fit, even where a template would have answered
code 8 ask --adapter "$golden/adapter/gemma2"; says 'made for another base'
code 8 "$bot" ask --db "$sample" --model "$tiny" --adapter "$scratch/nowhere" "sales by region"; says 'adapter_config.json'
mkdir "$scratch/cut"
cp "$golden/adapter/gemma3/adapter_config.json" "$scratch/cut"
head -c 5000 "$golden/adapter/gemma3/adapter_model.safetensors" >"$scratch/cut/adapter_model.safetensors"
code 8 ask --adapter "$scratch/cut"; says 'cut short'
code 2 "$bot" ask --adapter
finish
