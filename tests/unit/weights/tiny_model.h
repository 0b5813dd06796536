/* tiny_model.h - a Gemma 3 of one layer, small enough to damage byte by byte. */
#ifndef UNIT_WEIGHTS_TINY_MODEL_H
#define UNIT_WEIGHTS_TINY_MODEL_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "weights/weights.h"

enum { TINY_TENSORS = 15, TINY_TOKENS = 6 };

static float tiny_numbers[64];

static inline void tiny_tensors(tensor t[TINY_TENSORS])
{
    static const struct { const char *name; int rows, columns; } made[TINY_TENSORS] = {
        {"token_embd.weight", 8, 4}, {"output_norm.weight", 4, 0},
        {"blk.0.attn_norm.weight", 4, 0}, {"blk.0.attn_q.weight", 4, 4},
        {"blk.0.attn_k.weight", 2, 4}, {"blk.0.attn_v.weight", 2, 4},
        {"blk.0.attn_output.weight", 4, 4}, {"blk.0.attn_q_norm.weight", 2, 0},
        {"blk.0.attn_k_norm.weight", 2, 0}, {"blk.0.post_attention_norm.weight", 4, 0},
        {"blk.0.ffn_norm.weight", 4, 0}, {"blk.0.ffn_gate.weight", 4, 4},
        {"blk.0.ffn_up.weight", 4, 4}, {"blk.0.ffn_down.weight", 4, 4},
        {"blk.0.post_ffw_norm.weight", 4, 0}};

    for (int i = 0; i < 64; i++)
        tiny_numbers[i] = (float)i / 8 - 1;
    for (int i = 0; i < TINY_TENSORS; i++) {
        const int columns = made[i].columns;

        t[i] = (tensor){.name = made[i].name, .type = TENSOR_F32, .n_dims = columns ? 2 : 1,
                        .dim = {made[i].rows, columns}, .data = tiny_numbers,
                        .n_bytes = sizeof(float) * (size_t)(made[i].rows * (columns ? columns : 1))};
    }
}

static inline void tiny_metadata(gguf_metadata *m)
{
    static const char *const tokens[TINY_TOKENS] = {"<pad>", "<eos>", "<bos>", "<unk>", "a", "ab"};
    static const float scores[TINY_TOKENS] = {0, 0, 0, 0, -1, -2};
    static const int32_t types[TINY_TOKENS] = {3, 3, 3, 2, 1, 1};

    gguf_add_text(m, "general.architecture", "gemma3");
    gguf_add_u32(m, "gemma3.block_count", 1);
    gguf_add_u32(m, "gemma3.embedding_length", 4);
    gguf_add_u32(m, "gemma3.feed_forward_length", 4);
    gguf_add_u32(m, "gemma3.attention.head_count", 2);
    gguf_add_u32(m, "gemma3.attention.head_count_kv", 1);
    gguf_add_u32(m, "gemma3.attention.key_length", 2);
    gguf_add_u32(m, "gemma3.attention.sliding_window", 8);
    gguf_add_f32(m, "gemma3.attention.layer_norm_rms_epsilon", 1e-6f);
    gguf_add_text(m, "tokenizer.ggml.model", "llama");
    gguf_add_texts(m, "tokenizer.ggml.tokens", tokens, TINY_TOKENS);
    gguf_add_f32s(m, "tokenizer.ggml.scores", scores, TINY_TOKENS);
    gguf_add_i32s(m, "tokenizer.ggml.token_type", types, TINY_TOKENS);
    gguf_add_bool(m, "tokenizer.ggml.add_space_prefix", false);
}

/* A path of this test run, in its build folder. */
static inline const char *tiny_path(const char *name)
{
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/tiny-%d-%s", SALESBOT_BINARY_DIR, (int)getpid(), name);
    return path;
}

/* A file in memory with these bytes, opened by path; close the descriptor after. */
static inline int memory_file(const void *bytes, size_t n, char path[64])
{
    const int fd = memfd_create("test", MFD_CLOEXEC);

    if (fd >= 0 && write(fd, bytes, n) == (ssize_t)n)
        snprintf(path, 64, "/proc/self/fd/%d", fd);
    else
        snprintf(path, 64, "/nowhere");
    return fd;
}

#endif
