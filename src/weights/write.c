/* write.c - model files out: GGUF version 3 and safetensors, never half-written.
 *
 * Tensors go straight from the caller's memory to a temporary file beside the
 * final name, so that writing a model needs no second copy of it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weights/weights_impl.h"

enum { ALIGNMENT = 32, PIECE = 4 << 20 };

static bool io_fail(const char *path, const char *what, err *e)
{
    return err_set(e, ERR_IO, "%s: %s: %s", path, what, strerror(errno));
}

bool writer_open(writer *out, const char *path, err *e)
{
    *out = (writer){.fd = -1, .path = path};
    str_addf(&out->temporary, "%s.XXXXXX", path);
    if (out->temporary.bad)
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    out->fd = mkostemp(out->temporary.text, O_CLOEXEC);
    if (out->fd >= 0)
        return true;
    io_fail(path, "cannot write beside it", e);
    str_deinit(&out->temporary);
    return false;
}

bool writer_add(writer *out, const void *bytes, size_t n, err *e)
{
    const char *p = bytes;

    out->n_written += n;
    while (n) {
        const ssize_t done = write(out->fd, p, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return io_fail(out->path, "cannot write", e);
        p += done;
        n -= (size_t)done;
    }
    return true;
}

bool writer_close(writer *out, bool ok, err *e)
{
    ok = ok && (!fchmod(out->fd, 0644) || io_fail(out->path, "cannot set its mode", e));
    ok = ok && (!fsync(out->fd) || io_fail(out->path, "cannot write to disk", e));
    if (close(out->fd) && ok)
        ok = io_fail(out->path, "cannot close", e);
    ok = ok && (!rename(out->temporary.text, out->path) || io_fail(out->path, "cannot rename", e));
    if (!ok)
        unlink(out->temporary.text);
    str_deinit(&out->temporary);
    return ok;
}

/* ---- GGUF metadata ---- */

static void add_u32(str *s, uint32_t value)
{
    const unsigned char bytes[] = {(unsigned char)value, (unsigned char)(value >> 8),
                                   (unsigned char)(value >> 16), (unsigned char)(value >> 24)};

    str_add(s, (const char *)bytes, sizeof bytes);
}

static void add_u64(str *s, uint64_t value)
{
    add_u32(s, (uint32_t)value);
    add_u32(s, (uint32_t)(value >> 32));
}

static void add_text(str *s, const char *text, size_t n)
{
    add_u64(s, n);
    str_add(s, text, n);
}

static void add_float(str *s, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    add_u32(s, bits);
}

static void add_key(gguf_metadata *m, const char *key, gguf_type type)
{
    m->n_pairs++;
    add_text(&m->bytes, key, strlen(key));
    add_u32(&m->bytes, type);
}

static void add_array(gguf_metadata *m, const char *key, gguf_type item, size_t n)
{
    add_key(m, key, GGUF_ARRAY);
    add_u32(&m->bytes, item);
    add_u64(&m->bytes, n);
}

void gguf_metadata_deinit(gguf_metadata *m)
{
    str_deinit(&m->bytes);
    m->n_pairs = 0;
}

void gguf_add_text(gguf_metadata *m, const char *key, const char *text)
{
    add_key(m, key, GGUF_TEXT);
    add_text(&m->bytes, text, strlen(text));
}

void gguf_add_u32(gguf_metadata *m, const char *key, uint32_t value)
{
    add_key(m, key, GGUF_U32);
    add_u32(&m->bytes, value);
}

void gguf_add_f32(gguf_metadata *m, const char *key, float value)
{
    add_key(m, key, GGUF_F32);
    add_float(&m->bytes, value);
}

void gguf_add_bool(gguf_metadata *m, const char *key, bool value)
{
    add_key(m, key, GGUF_BOOL);
    str_addc(&m->bytes, value);
}

void gguf_add_texts(gguf_metadata *m, const char *key, const char *const *texts, size_t n)
{
    add_array(m, key, GGUF_TEXT, n);
    for (size_t i = 0; i < n; i++)
        add_text(&m->bytes, texts[i], strlen(texts[i]));
}

void gguf_add_f32s(gguf_metadata *m, const char *key, const float *values, size_t n)
{
    add_array(m, key, GGUF_F32, n);
    for (size_t i = 0; i < n; i++)
        add_float(&m->bytes, values[i]);
}

void gguf_add_i32s(gguf_metadata *m, const char *key, const int32_t *values, size_t n)
{
    add_array(m, key, GGUF_I32, n);
    for (size_t i = 0; i < n; i++)
        add_u32(&m->bytes, (uint32_t)values[i]);
}

static bool in_list(const char *const *list, const char *key)
{
    for (; list && *list; list++)
        if (!strcmp(*list, key))
            return true;
    return false;
}

void gguf_add_copies(gguf_metadata *m, const weights *from, const char *const *except)
{
    for (size_t i = 0; i < from->n_pairs; i++) {
        const gguf_pair *pair = &from->pairs[i];

        if (in_list(except, pair->key))
            continue;
        add_key(m, pair->key, (gguf_type)pair->type);
        str_add(&m->bytes, (const char *)pair->encoded, pair->n_encoded);
    }
}

/* ---- GGUF file ---- */

static uint32_t ggml_number(tensor_type type)
{
    static const uint32_t numbers[TENSOR_TYPE_COUNT] = {
        [TENSOR_F32] = 0,  [TENSOR_F16] = 1,  [TENSOR_BF16] = 30, [TENSOR_Q8_0] = 8,
        [TENSOR_Q4_0] = 2, [TENSOR_Q4_1] = 3, [TENSOR_Q5_0] = 6,  [TENSOR_Q5_1] = 7,
        [TENSOR_Q4_K] = 12, [TENSOR_Q5_K] = 13, [TENSOR_Q6_K] = 14};

    return numbers[type];
}

static size_t padding(uint64_t n) { return (size_t)((ALIGNMENT - n % ALIGNMENT) % ALIGNMENT); }

static bool tensor_fits(const char *path, const tensor *t, err *e)
{
    uint64_t n_elements;
    size_t n_bytes;

    return (tensor_measure(t, &n_elements, &n_bytes) && n_bytes == t->n_bytes) ||
           err_set(e, ERR_ARG, "%s: tensor %s: %zu bytes do not fit its shape", path, t->name,
                   t->n_bytes);
}

/* Everything before the data, padded. */
static bool gguf_table(const char *path, const gguf_metadata *m, const tensor *tensors, size_t n,
                       str *out, err *e)
{
    uint64_t offset = 0;

    str_adds(out, "GGUF");
    add_u32(out, 3);
    add_u64(out, n);
    add_u64(out, m->n_pairs);
    str_add(out, str_text(&m->bytes), m->bytes.n);
    for (size_t i = 0; i < n; i++) {
        const tensor *t = &tensors[i];

        if (!tensor_fits(path, t, e))
            return false;
        add_text(out, t->name, strlen(t->name));
        add_u32(out, (uint32_t)t->n_dims);
        for (int k = t->n_dims - 1; k >= 0; k--)
            add_u64(out, (uint64_t)t->dim[k]);
        add_u32(out, ggml_number(t->type));
        add_u64(out, offset);
        offset += t->n_bytes + padding(t->n_bytes);
    }
    for (size_t pad = padding(out->n); pad; pad--)
        str_addc(out, 0);
    return m->bytes.bad || out->bad ? err_set(e, ERR_NOMEM, "%s: out of memory", path) : true;
}

/* About 4 MB at a time. */
static bool write_rows(writer *out, const tensor *t, size_t i, const tensor_rows *rows, void *piece, err *e)
{
    const size_t row = t->n_bytes / (size_t)t->dim[0];
    const int64_t step = PIECE / row ? (int64_t)(PIECE / row) : 1;

    for (int64_t first = 0; first < t->dim[0]; first += step) {
        const int64_t n = t->dim[0] - first < step ? t->dim[0] - first : step;

        if (!rows->fill(rows->arg, i, first, n, piece, e) || !writer_add(out, piece, row * (size_t)n, e))
            return false;
    }
    return true;
}

/* The largest piece that write_rows asks for. */
static size_t piece_bytes(const tensor *tensors, size_t n)
{
    size_t most = PIECE;

    for (size_t i = 0; i < n; i++) {
        const size_t row = tensors[i].n_bytes / (size_t)tensors[i].dim[0];

        most = row > most ? row : most;
    }
    return most;
}

/* The table, then each tensor; `aligned` pads between them. */
static bool write_file(const char *path, const str *table, const tensor *tensors, size_t n,
                       const tensor_rows *rows, bool aligned, err *e)
{
    static const char zeros[ALIGNMENT];
    void *piece = rows ? malloc(piece_bytes(tensors, n)) : NULL;
    writer out;
    bool ok;

    if (rows && !piece)
        return err_set(e, ERR_NOMEM, "%s: out of memory", path);
    ok = writer_open(&out, path, e);
    if (ok) {
        ok = writer_add(&out, table->text, table->n, e);
        for (size_t i = 0; ok && i < n; i++)
            ok = (tensors[i].data || !rows ? writer_add(&out, tensors[i].data, tensors[i].n_bytes, e)
                                           : write_rows(&out, &tensors[i], i, rows, piece, e)) &&
                 (!aligned || writer_add(&out, zeros, padding(tensors[i].n_bytes), e));
        ok = writer_close(&out, ok, e);
    }
    free(piece);
    return ok;
}

bool gguf_write(const char *path, const gguf_metadata *m, const tensor *tensors, size_t n_tensors, err *e)
{
    return gguf_write_rows(path, m, tensors, n_tensors, NULL, e);
}

bool gguf_write_rows(const char *path, const gguf_metadata *m, const tensor *tensors, size_t n_tensors,
                     const tensor_rows *rows, err *e)
{
    str table = {0};
    const bool ok = gguf_table(path, m, tensors, n_tensors, &table, e) &&
                    write_file(path, &table, tensors, n_tensors, rows, true, e);

    str_deinit(&table);
    return ok;
}

/* ---- safetensors: uint64 length, a JSON table, the data ---- */

static bool safetensors_table(const char *path, const tensor *tensors, size_t n, str *json, err *e)
{
    uint64_t offset = 0;

    for (size_t i = 0; i < n; i++) {
        const tensor *t = &tensors[i];

        if (!tensor_fits(path, t, e))
            return false;
        if (tensor_block_size(t->type) != 1 || strpbrk(t->name, "\"\\"))
            return err_set(e, ERR_ARG, "%s: tensor %s: safetensors files hold F32, F16 and BF16 "
                           "under plain names", path, t->name);
        str_addf(json, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", t->name, tensor_type_name(t->type));
        for (int k = 0; k < t->n_dims; k++)
            str_addf(json, "%s%" PRId64, k ? "," : "", t->dim[k]);
        str_addf(json, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", offset, offset + t->n_bytes);
        offset += t->n_bytes;
    }
    str_adds(json, "}");
    while (json->n % 8)
        str_addc(json, ' ');
    return json->bad ? err_set(e, ERR_NOMEM, "%s: out of memory", path) : true;
}

bool safetensors_write(const char *path, const tensor *tensors, size_t n_tensors, err *e)
{
    return safetensors_write_with(path, tensors, n_tensors, NULL, NULL, NULL, e);
}

bool safetensors_write_rows(const char *path, const tensor *tensors, size_t n_tensors, const tensor_rows *rows, err *e)
{
    return safetensors_write_with(path, tensors, n_tensors, rows, NULL, NULL, e);
}

bool safetensors_write_with(const char *path, const tensor *tensors, size_t n_tensors, const tensor_rows *rows,
                            const char *key, const char *value, err *e)
{
    str json = {0}, table = {0};
    bool ok;

    str_adds(&json, "{\"__metadata__\":{\"format\":\"pt\"");
    if (key)
        str_addf(&json, ",\"%s\":\"%s\"", key, value);
    str_addc(&json, '}');
    ok = safetensors_table(path, tensors, n_tensors, &json, e);
    add_u64(&table, json.n);
    str_add(&table, str_text(&json), json.n);
    ok = ok && (!table.bad || err_set(e, ERR_NOMEM, "%s: out of memory", path));
    ok = ok && write_file(path, &table, tensors, n_tensors, rows, false, e);
    str_deinit(&json);
    str_deinit(&table);
    return ok;
}
