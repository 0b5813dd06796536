/* test_gguf.c - GGUF files whole, damaged, absurd, and of the wrong shape. */
#include "test.h"

#include "unit/weights/tiny_model.h"

/* The bytes of a file made of these; the caller deinits. */
static bool build(const gguf_metadata *m, const tensor *t, size_t n, str *bytes)
{
    const char *path = tiny_path("build.gguf");
    err e = {0};
    const bool ok = gguf_write(path, m, t, n, &e) && file_read(path, 1 << 20, bytes, &e);

    if (!ok)
        fprintf(stderr, "%s\n", e.msg);
    unlink(path);
    return ok;
}

static bool build_tiny(str *bytes)
{
    tensor t[TINY_TENSORS];
    gguf_metadata m = {0};
    bool ok;

    tiny_tensors(t);
    tiny_metadata(&m);
    ok = build(&m, t, TINY_TENSORS, bytes);
    gguf_metadata_deinit(&m);
    return ok;
}

/* Opens these bytes as a file; "" when it opens, else the message. */
static const char *open_message(const void *bytes, size_t n, err *e)
{
    char path[64];
    const int fd = memory_file(bytes, n, path);
    weights *w;

    *e = (err){0};
    w = weights_open(path, e);
    weights_close(w);
    close(fd);
    return w ? "" : e->msg;
}

static void test_round_trip(void)
{
    const char *path = tiny_path("round.gguf");
    tensor t[TINY_TENSORS];
    gguf_metadata m = {0};
    err e = {0};
    weights *w;
    const tensor *q;

    tiny_tensors(t);
    tiny_metadata(&m);
    CHECK(gguf_write(path, &m, t, TINY_TENSORS, &e));
    gguf_metadata_deinit(&m);
    CHECK((w = weights_open(path, &e)));
    unlink(path);
    const model_config *c = weights_config(w);
    CHECK(c->family == MODEL_GEMMA3 && c->L == 1 && c->D == 4 && c->H == 2 && c->G == 1);
    CHECK(c->K == 2 && c->F == 4 && c->V == 8 && c->window == 8 && !c->is_global[0]);
    CHECK(c->rope_theta_global == 1e6 && c->rope_theta_local == 1e4 && c->rope_scale == 1);
    CHECK(c->head_tied && !c->norm_plus_one && c->query_scale == 2 && c->bos_id == 2);
    CHECK((q = weights_find(w, "blk.0.attn_k.weight", &e)));
    CHECK(q->n_dims == 2 && q->dim[0] == 2 && q->dim[1] == 4 && q->n_bytes == 32);
    CHECK(!memcmp(q->data, tiny_numbers, 32));
    CHECK(weights_tensor_count(w) == TINY_TENSORS);
    CHECK(!weights_find(w, "blk.1.attn_k.weight", &e) && e.code == ERR_NOT_FOUND);
    CHECK(weights_vocabulary(w)->n_tokens == TINY_TOKENS);
    CHECK(!weights_vocabulary(w)->add_space_prefix);
    weights_close(w);
}

/* A copy of the metadata and tensors of an opened file is the same file. */
static void test_copy_is_equal(void)
{
    static const char *const except[] = {"general.name", NULL};
    str bytes = {0}, again = {0};
    char path[64];
    gguf_metadata m = {0};
    err e = {0};
    weights *w;
    tensor t[TINY_TENSORS];
    int fd;

    CHECK(build_tiny(&bytes));
    fd = memory_file(bytes.text, bytes.n, path);
    CHECK((w = weights_open(path, &e)));
    gguf_add_copies(&m, w, except);
    CHECK(m.n_pairs == 14);
    for (size_t i = 0; i < TINY_TENSORS; i++)
        t[i] = *weights_tensor(w, i);
    CHECK(build(&m, t, TINY_TENSORS, &again));
    CHECK(again.n == bytes.n);
    CHECK(!strcmp(open_message(again.text, again.n, &e), ""));
    weights_close(w);
    close(fd);
    gguf_metadata_deinit(&m);
    str_deinit(&bytes);
    str_deinit(&again);
}

static void test_cut_anywhere(void)
{
    str bytes = {0};
    err e;

    CHECK(build_tiny(&bytes));
    CHECK(!strcmp(open_message(bytes.text, bytes.n, &e), ""));
    for (size_t n = 0; n < bytes.n; n++) {
        const char *message = open_message(bytes.text, n, &e);

        if (n + 16 >= bytes.n && !message[0])
            continue; /* only the last padding is gone */
        CHECK(message[0] && e.code == ERR_MODEL);
        CHECK(strstr(message, "end") || strstr(message, "GGUF") || strstr(message, "claims"));
    }
    str_deinit(&bytes);
}

static void test_any_byte_changed(void)
{
    static const unsigned char masks[] = {0x01, 0x80, 0xFF};
    str bytes = {0};
    err e;

    CHECK(build_tiny(&bytes));
    for (size_t at = 0; at < bytes.n - 600; at++)
        for (size_t k = 0; k < sizeof masks; k++) {
            const char was = bytes.text[at];

            bytes.text[at] = (char)(was ^ (char)masks[k]);
            const char *message = open_message(bytes.text, bytes.n, &e);
            CHECK(!message[0] || e.code == ERR_MODEL);
            bytes.text[at] = was;
        }
    str_deinit(&bytes);
}

/* Overwrites n bytes at the first place where `mark` stands, plus `skip`. */
static bool patch(str *bytes, const char *mark, size_t skip, const void *with, size_t n)
{
    char *at = memmem(bytes->text, bytes->n, mark, strlen(mark));

    if (!at)
        return false;
    memcpy(at + strlen(mark) + skip, with, n);
    return true;
}

static void test_messages(void)
{
    static const struct { const char *mark; size_t skip; uint64_t with; size_t n; const char *says; } cases[] = {
        {"GGUF", 0, 9, 4, "version 9"},
        {"GGUF", 0, 0x03000000, 4, "big-endian"},
        {"GGUF", 4, (uint64_t)1 << 40, 8, "claims 1099511627776 tensors"},
        {"GGUF", 4, 60000, 8, "claims 60000 tensors"},
        {"GGUF", 12, UINT64_MAX, 8, "metadata pairs"},
        {"GGUF", 12, 60000, 8, "claims 60000 metadata pairs"},
        {"gemma3.block_count", 0, 99, 4, "value type 99"},
        {"gemma3.block_count", 4, 7, 4, "tensor blk.1.attn_norm.weight is missing; a Gemma 3 model of 7 layers"},
        {"gemma3.block_count", 4, 100000, 4, "gemma3.block_count is out of range"},
        {"gemma3.attention.head_count", 4, 4, 4,
         "tensor blk.0.attn_q.weight has the shape (4, 4); this Gemma 3 model needs (8, 4)"},
        {"gemma3.attention.key_length", 4, 3, 4, "head size"},
        {"tokenizer.ggml.tokens", 8, 5, 8, "metadata"},
        {"tokenizer.ggml.tokens", 8, UINT64_MAX, 8, "tokenizer.ggml.tokens"},
        {"tokenizer.ggml.scores", 4, 5, 4, "tokenizer.ggml.scores is not one number per token"},
        {"blk.0.attn_q.weight", 0, 5, 4, "tensor blk.0.attn_q.weight: 5 dimensions"},
        {"blk.0.attn_q.weight", 4, 0, 8, "dimensions are zero"},
        {"blk.0.attn_q.weight", 4, UINT64_MAX, 8, "dimensions are zero"},
        {"blk.0.attn_q.weight", 20, 10, 4, "type 10 (Q2_K) is not one we run"},
        {"blk.0.attn_q.weight", 20, 8, 4, "no multiple of 32"},
        {"blk.0.attn_q.weight", 24, 7, 8, "offset 7 is no multiple of 32"},
        {"blk.0.attn_q.weight", 24, 1 << 20, 8, "tensor blk.0.attn_q.weight: "},
        {"blk.0.attn_q.weight", 24, (uint64_t)-32, 8, "is absurd"},
        {"gemma3.block_coun", 0, 's', 1, "gemma3.block_count is missing"},
    };
    str bytes = {0};
    err e;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        str_reset(&bytes);
        CHECK(build_tiny(&bytes));
        CHECK(patch(&bytes, cases[i].mark, cases[i].skip, &cases[i].with, cases[i].n));
        if (!strstr(open_message(bytes.text, bytes.n, &e), cases[i].says))
            FAIL_("case %zu says: %s\nexpected: %s", i, e.msg, cases[i].says);
        CHECK(e.code == ERR_MODEL);
    }
    str_deinit(&bytes);
}

static void test_past_the_end_is_counted(void)
{
    str bytes = {0};
    err e;
    size_t cut;

    CHECK(build_tiny(&bytes));
    cut = bytes.n - 16 - 7; /* the last tensor has 16 bytes and 16 of padding */
    CHECK(strstr(open_message(bytes.text, cut, &e),
                 "tensor blk.0.post_ffw_norm.weight: 7 bytes past the end of the file"));
    str_deinit(&bytes);
}

static void test_twice(void)
{
    tensor t[TINY_TENSORS + 1];
    gguf_metadata m = {0};
    str bytes = {0};
    err e;

    tiny_tensors(t);
    t[TINY_TENSORS] = t[3];
    tiny_metadata(&m);
    CHECK(build(&m, t, TINY_TENSORS + 1, &bytes));
    CHECK(strstr(open_message(bytes.text, bytes.n, &e), "tensor blk.0.attn_q.weight stands there twice"));
    gguf_add_u32(&m, "gemma3.block_count", 1);
    CHECK(build(&m, t, TINY_TENSORS, &bytes));
    CHECK(strstr(open_message(bytes.text, bytes.n, &e), "gemma3.block_count stands there twice"));
    gguf_metadata_deinit(&m);
    str_deinit(&bytes);
}

static void test_part_of_a_model(void)
{
    tensor t[TINY_TENSORS];
    gguf_metadata m = {0};
    str bytes = {0};
    err e;

    tiny_tensors(t);
    tiny_metadata(&m);
    gguf_add_u32(&m, "split.count", 3);
    CHECK(build(&m, t, 4, &bytes));
    CHECK(strstr(open_message(bytes.text, bytes.n, &e), "is one of 3 parts") && e.code == ERR_MODEL);
    gguf_metadata_deinit(&m);
    str_deinit(&bytes);
}

static void test_other_files(void)
{
    err e = {0};

    CHECK(!strcmp(open_message("", 0, &e), e.msg) && e.code == ERR_MODEL);
    CHECK(strstr(open_message("SQLite format 3", 15, &e), "not a GGUF file"));
    CHECK(!weights_open("/nowhere/model.gguf", &e) && e.code == ERR_IO);
    CHECK(strstr(e.msg, "/nowhere/model.gguf"));
}

static void test_identity_follows_the_file(void)
{
    const char *path = tiny_path("identity.gguf");
    str bytes = {0};
    char first[65], second[65], sha[65];
    err e = {0};
    weights *w;

    CHECK(build_tiny(&bytes));
    CHECK(file_write_atomic(path, bytes.text, bytes.n, 0600, &e));
    CHECK((w = weights_open(path, &e)));
    weights_identity(w, first);
    CHECK(weights_sha256(w, sha, &e));
    weights_close(w);
    sha256_hex(bytes.text, bytes.n, second);
    CHECK(!strcmp(sha, second));
    CHECK((w = weights_open(path, &e)));
    weights_identity(w, second);
    CHECK(!strcmp(first, second));
    weights_close(w);
    bytes.text[bytes.n - 1] ^= 1;
    CHECK(file_write_atomic(path, bytes.text, bytes.n, 0600, &e));
    CHECK((w = weights_open(path, &e)));
    weights_identity(w, second);
    CHECK(strcmp(first, second)); /* another file, though its table is the same */
    weights_close(w);
    unlink(path);
    str_deinit(&bytes);
}

static void test_writer_refuses(void)
{
    tensor t[TINY_TENSORS];
    gguf_metadata m = {0};
    err e = {0};

    tiny_tensors(t);
    CHECK(!gguf_write("/nowhere/x.gguf", &m, t, 1, &e) && e.code == ERR_IO);
    t[0].n_bytes--;
    CHECK(!gguf_write(tiny_path("bad.gguf"), &m, t, 1, &e) && e.code == ERR_ARG);
    CHECK(!file_exists(tiny_path("bad.gguf")));
    gguf_metadata_deinit(&m);
}

TEST_MAIN({"round_trip", test_round_trip}, {"copy_is_equal", test_copy_is_equal},
          {"cut_anywhere", test_cut_anywhere}, {"any_byte_changed", test_any_byte_changed},
          {"messages", test_messages}, {"past_the_end_is_counted", test_past_the_end_is_counted},
          {"twice", test_twice}, {"part_of_a_model", test_part_of_a_model}, {"other_files", test_other_files},
          {"identity_follows_the_file", test_identity_follows_the_file},
          {"writer_refuses", test_writer_refuses})
