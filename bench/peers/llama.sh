#!/bin/bash
# llama.sh DEST - build llama.cpp (the source inside llama-cpp-python 0.3.36) with
# every instruction set this CPU has, into DEST/bin. GGML_NATIVE is off on
# purpose: on machines that claim AMX it was seen to write instructions that
# fault; the sets are switched on one by one instead.
set -eu
dest=$1
[ -x "$dest/bin/llama-bench" ] && [ -x "$dest/bin/llama-server" ] && exit 0
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dest"
[ -f "$dest/llama_cpp_python-0.3.36.tar.gz" ] ||
    python3 -m pip download -q --no-deps --no-binary :all: --require-hashes -d "$dest" -r "$here/llama.txt"
tar xzf "$dest/llama_cpp_python-0.3.36.tar.gz" -C "$dest"
flags=$(grep -m1 '^flags' /proc/cpuinfo)
has() { case " $flags " in *" $1 "*) echo ON ;; *) echo OFF ;; esac; }
cmake -S "$dest/llama_cpp_python-0.3.36/vendor/llama.cpp" -B "$dest/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=OFF -DBUILD_SHARED_LIBS=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DGGML_OPENMP=ON \
    -DGGML_AVX="$(has avx)" -DGGML_AVX2="$(has avx2)" -DGGML_FMA="$(has fma)" -DGGML_F16C="$(has f16c)" \
    -DGGML_BMI2="$(has bmi2)" -DGGML_AVX512="$(has avx512f)" -DGGML_AVX512_VBMI="$(has avx512_vbmi)" \
    -DGGML_AVX512_VNNI="$(has avx512_vnni)" -DGGML_AVX512_BF16="$(has avx512_bf16)" \
    -DGGML_AVX_VNNI="$(has avx_vnni)" >"$dest/cmake.log" 2>&1
ninja -C "$dest/build" llama-bench llama-server llama-perplexity >"$dest/build.log" 2>&1
mkdir -p "$dest/bin"
cp "$dest"/build/bin/llama-bench "$dest"/build/bin/llama-server "$dest"/build/bin/llama-perplexity "$dest/bin/"
