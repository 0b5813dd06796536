#!/bin/sh
# run.sh - make every golden anew and compare with transformers.
#
# usage: reference/run.sh [--check]
#   --check  write into build/reference/golden and report what differs from
#            tests/golden, instead of replacing it
# Weights: $SALESBOT_HOME/models/gemma-3-270m-Q4_K_M.gguf; without them that part is
# named as skipped.
set -eu
cd "$(dirname "$0")/.."
reference/setup.sh
home=build/reference
python="$home/venv/bin/python"
gguf="${SALESBOT_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/salesbot}/models/gemma-3-270m-Q4_K_M.gguf"
tokenizer="$home/gemma3-tokenizer"
encoder="$home/all-MiniLM-L6-v2"
out=tests/golden
if [ "${1:-}" = --check ]; then
    out="$home/golden"
    rm -rf "$out"
    mkdir -p "$out"
fi
# Spinning threads on shared cores cost more than they give.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-$(nproc)}" TRANSFORMERS_OFFLINE=1 HF_HUB_OFFLINE=1 PYTHONHASHSEED=0

"$python" reference/make_tiny.py "$out/gemma"
"$python" reference/make_train.py "$out/gemma" "$out/train"
"$python" reference/make_nf4.py "$out/train"
"$python" reference/compare_transformers.py "$out/gemma" "$out/hf"
"$python" reference/make_adapter.py "$out/gemma" "$out/adapter"
"$python" reference/make_optim.py "$out/train"
if [ -f "$tokenizer/tokenizer.json" ]; then
    "$python" reference/make_token.py "$out/token" "$tokenizer"
else
    echo "skipped: Gemma 3's tokenizer (no $tokenizer/tokenizer.json)"
    "$python" reference/make_token.py "$out/token"
fi
if [ -f "$encoder/model.safetensors" ]; then
    "$python" reference/make_minilm.py "$out/minilm" "$encoder"
else
    echo "skipped: all-MiniLM-L6-v2 (no $encoder/model.safetensors)"
fi
if [ -f "$gguf" ] && [ -f "$tokenizer/tokenizer.json" ]; then
    "$python" reference/make_real.py "$gguf" "$tokenizer" "$out/gemma/gemma3-270m"
    "$python" reference/compare_real.py "$gguf" "$out/gemma/gemma3-270m"
else
    echo "skipped: Gemma 3 270M (no $gguf or no tokenizer)"
fi
peer="${SALESBOT_PEERS:-build/bench/peers}/llama"
adapter=models/salesbot-gemma3-270m-lora
if [ -f "$gguf" ] && [ -f "$tokenizer/tokenizer.json" ] && [ -d "$adapter" ] && [ -x build/release/salesbot ]; then
    llama=""
    [ -x "$peer/bin/llama-server" ] && llama="$peer/bin"
    "$python" reference/compare_merge.py build/release/salesbot "$gguf" "$adapter" "$tokenizer" "$home/merge" $llama
    [ -n "$llama" ] || echo "skipped: merged files in llama.cpp (no $peer/bin/llama-server)"
else
    echo "skipped: merged models (no weights, tokenizer, $adapter or build/release/salesbot)"
fi
ggml=$(ls -d "$peer"/llama_cpp_python-*/vendor/llama.cpp/ggml 2>/dev/null || true)
if [ -f "$peer/build/ggml/src/libggml-base.a" ] && [ -n "$ggml" ]; then
    gcc -std=gnu17 -O2 -Isrc -I"$ggml/include" -I"$ggml/src" reference/ggml_quality.c "$peer/build/ggml/src/libggml-base.a" \
        -o "$home/ggml_quality" -lm -lstdc++ -lpthread -fopenmp
    "$home/ggml_quality" | while read -r line; do
        grep -qF "$line" tests/unit/merge/test_quantise.c || echo "differs from test_quantise.c: $line"
    done
else
    echo "skipped: ggml's quantisers (no $peer)"
fi
if [ -x build/release/salesbot ]; then
    "$python" reference/smoke_gpu.py tests/golden/hf/gemma3 tests/golden/gemma/gemma3/model.gguf \
        build/release/salesbot "$home/smoke_gpu"
else
    echo "skipped: deploy/train_gpu (no build/release/salesbot: make build)"
fi
if [ -f "$gguf" ] && [ -f "$tokenizer/tokenizer.json" ]; then
    cmake --preset release >/dev/null
    cmake --build --preset release --target bench_train >/dev/null
    "$python" reference/compare_train.py "$gguf" "$tokenizer" build/release/bench_train "$home/train"
fi
if [ "$out" != tests/golden ]; then
    diff -rq "$out" tests/golden && echo "every golden is as committed"
fi
