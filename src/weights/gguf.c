/* gguf.c - the GGUF container (github.com/ggml-org/ggml, docs/gguf.md), versions 2 and 3.
 *
 * magic, version, counts; then the metadata pairs; then the tensors' table; then,
 * aligned, their data. Everything is little-endian and unaligned in the tables,
 * so it is read through a cursor and never by a cast. A count is believed only
 * as far as the bytes that are left could hold it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weights/weights_impl.h"

enum {
    MAX_PAIRS = 1 << 16,
    MAX_TENSORS = 1 << 16,
    MAX_KEY = 1 << 12,
    MAX_TENSOR_NAME = 255,
    MAX_NESTING = 4,
    PAIR_MIN_BYTES = 8 + 4 + 1,       /* key length, type, smallest value */
    TENSOR_MIN_BYTES = 8 + 4 + 8 + 4 + 8,
    DEFAULT_ALIGNMENT = 32,
    DATA_ALIGNMENT = 4 /* what reading float32 in place needs */
};

/* ggml's type numbers; those without one of ours are named in the message. */
static const struct {
    uint32_t number;
    int type; /* tensor_type, -1 = known but not run here */
    const char *name;
} ggml_types[] = {
    {0, TENSOR_F32, "F32"},    {1, TENSOR_F16, "F16"},    {2, TENSOR_Q4_0, "Q4_0"},
    {3, TENSOR_Q4_1, "Q4_1"},  {6, TENSOR_Q5_0, "Q5_0"},  {7, TENSOR_Q5_1, "Q5_1"},
    {8, TENSOR_Q8_0, "Q8_0"},  {12, TENSOR_Q4_K, "Q4_K"}, {13, TENSOR_Q5_K, "Q5_K"},
    {14, TENSOR_Q6_K, "Q6_K"}, {30, TENSOR_BF16, "BF16"}, {9, -1, "Q8_1"},
    {10, -1, "Q2_K"},          {11, -1, "Q3_K"},          {15, -1, "Q8_K"},
    {16, -1, "IQ2_XXS"},       {17, -1, "IQ2_XS"},        {18, -1, "IQ3_XXS"},
    {19, -1, "IQ1_S"},         {20, -1, "IQ4_NL"},        {21, -1, "IQ3_S"},
    {22, -1, "IQ2_S"},         {23, -1, "IQ4_XS"},        {24, -1, "I8"},
    {25, -1, "I16"},           {26, -1, "I32"},           {27, -1, "I64"},
    {28, -1, "F64"},           {29, -1, "IQ1_M"},         {34, -1, "TQ1_0"},
    {35, -1, "TQ2_0"},         {39, -1, "MXFP4"},
};

size_t gguf_scalar_size(uint32_t type)
{
    static const unsigned char sizes[GGUF_TYPE_COUNT] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

    return type < GGUF_TYPE_COUNT ? sizes[type] : 0;
}

/* A name that can stand in a message: printable ASCII without spaces. */
static bool name_is_plain(const unsigned char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (name[i] <= ' ' || name[i] > '~')
            return false;
    return n > 0;
}

static bool read_text(cursor *c, const unsigned char **text, uint64_t *n)
{
    return cursor_u64(c, n) && cursor_bytes(c, *n, text);
}

/* Past one value; false when it is cut off, of unknown type or nested too deep. */
static bool skip_value(cursor *c, uint32_t type, int depth)
{
    const unsigned char *bytes;
    uint64_t n, size;
    uint32_t item;

    if (type == GGUF_TEXT)
        return read_text(c, &bytes, &n);
    if (type != GGUF_ARRAY)
        return gguf_scalar_size(type) && cursor_bytes(c, gguf_scalar_size(type), &bytes);
    if (!cursor_u32(c, &item) || !cursor_u64(c, &n))
        return false;
    if (gguf_scalar_size(item))
        return !__builtin_mul_overflow(n, (uint64_t)gguf_scalar_size(item), &size) &&
               cursor_bytes(c, size, &bytes);
    if ((item != GGUF_TEXT && item != GGUF_ARRAY) || depth >= MAX_NESTING ||
        n > (c->size - c->at) / 8)
        return false;
    for (uint64_t i = 0; i < n; i++)
        if (!skip_value(c, item, depth + 1))
            return false;
    return true;
}

static bool read_value(cursor *c, gguf_pair *pair)
{
    cursor inside = {c->base, c->size, c->at};
    const size_t start = c->at;

    if (!skip_value(c, pair->type, 0))
        return false;
    pair->encoded = c->base + start;
    pair->n_encoded = c->at - start;
    if (pair->type == GGUF_ARRAY &&
        (!cursor_u32(&inside, &pair->item_type) || !cursor_u64(&inside, &pair->n_items)))
        return false;
    if (pair->type == GGUF_TEXT && !cursor_u64(&inside, &pair->n_items))
        return false;
    pair->value = c->base + inside.at;
    pair->n_value = c->at - inside.at;
    return true;
}

static bool read_pair(weights *w, cursor *c, gguf_pair *pair, err *e)
{
    const unsigned char *key;
    uint64_t n;

    if (!read_text(c, &key, &n) || !cursor_u32(c, &pair->type))
        return err_set(e, ERR_MODEL, "%s: the file ends inside its metadata (it is %zu bytes "
                       "long); fetch it again", w->path, c->size);
    if (n > MAX_KEY || !name_is_plain(key, (size_t)n))
        return err_set(e, ERR_MODEL, "%s: a metadata key is not a plain name", w->path);
    if (!(pair->key = arena_strn(w->memory, (const char *)key, (size_t)n)))
        return weights_no_memory(w, e);
    if (pair->type >= GGUF_TYPE_COUNT)
        return err_set(e, ERR_MODEL, "%s: metadata %.100s: value type %u is unknown", w->path,
                       pair->key, pair->type);
    return read_value(c, pair) ||
           err_set(e, ERR_MODEL, "%s: metadata %.100s: the value is damaged or goes past the end "
                   "of the file (%zu bytes)", w->path, pair->key, c->size);
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const gguf_pair *)a)->key, ((const gguf_pair *)b)->key);
}

static bool read_pairs(weights *w, cursor *c, uint64_t n, err *e)
{
    if (n > MAX_PAIRS || n > (c->size - c->at) / PAIR_MIN_BYTES)
        return err_set(e, ERR_MODEL, "%s: claims %" PRIu64 " metadata pairs, more than its %zu "
                       "bytes can hold", w->path, n, c->size);
    if (!(w->pairs = arena_push(w->memory, gguf_pair, n + 1)))
        return weights_no_memory(w, e);
    for (; w->n_pairs < n; w->n_pairs++)
        if (!read_pair(w, c, &w->pairs[w->n_pairs], e))
            return false;
    if (n)
        qsort(w->pairs, w->n_pairs, sizeof *w->pairs, compare_keys);
    for (size_t i = 1; i < w->n_pairs; i++)
        if (!compare_keys(&w->pairs[i - 1], &w->pairs[i]))
            return err_set(e, ERR_MODEL, "%s: metadata %.100s stands there twice", w->path,
                           w->pairs[i].key);
    return true;
}

const gguf_pair *gguf_find(const weights *w, const char *key)
{
    const gguf_pair wanted = {.key = key};

    return w->n_pairs ? bsearch(&wanted, w->pairs, w->n_pairs, sizeof wanted, compare_keys) : NULL;
}

static bool read_type(const weights *w, tensor *t, uint32_t number, err *e)
{
    const char *name = "unknown";

    for (size_t i = 0; i < sizeof ggml_types / sizeof ggml_types[0]; i++) {
        if (ggml_types[i].number != number)
            continue;
        if (ggml_types[i].type >= 0) {
            t->type = (tensor_type)ggml_types[i].type;
            return true;
        }
        name = ggml_types[i].name;
    }
    return err_set(e, ERR_MODEL, "%s: tensor %s: type %u (%s) is not one we run; convert the file "
                   "to F32 F16 BF16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q4_K Q5_K or Q6_K",
                   w->path, t->name, number, name);
}

static bool cut_short(const weights *w, const cursor *c, err *e)
{
    return err_set(e, ERR_MODEL, "%s: the file ends inside its table of tensors (it is %zu bytes "
                   "long); fetch it again", w->path, c->size);
}

/* One line of the table. The file lists the fastest dimension first; we turn it
 * round. `offset` counts from the start of the data. */
static bool read_tensor(weights *w, cursor *c, tensor *t, uint64_t *offset, err *e)
{
    const unsigned char *name;
    uint64_t n, dim[TENSOR_MAX_DIMS], n_elements;
    uint32_t n_dims, type;

    if (!read_text(c, &name, &n))
        return cut_short(w, c, e);
    if (n > MAX_TENSOR_NAME || !name_is_plain(name, (size_t)n))
        return err_set(e, ERR_MODEL, "%s: the name of a tensor is not a plain name", w->path);
    if (!(t->name = arena_strn(w->memory, (const char *)name, (size_t)n)))
        return weights_no_memory(w, e);
    if (!cursor_u32(c, &n_dims))
        return cut_short(w, c, e);
    if (n_dims < 1 || n_dims > TENSOR_MAX_DIMS)
        return err_set(e, ERR_MODEL, "%s: tensor %s: %u dimensions; 1 to %d are possible", w->path,
                       t->name, n_dims, TENSOR_MAX_DIMS);
    for (uint32_t i = 0; i < n_dims; i++)
        if (!cursor_u64(c, &dim[i]))
            return cut_short(w, c, e);
    if (!cursor_u32(c, &type) || !cursor_u64(c, offset))
        return cut_short(w, c, e);
    t->n_dims = (int)n_dims;
    for (uint32_t i = 0; i < n_dims; i++)
        t->dim[i] = dim[n_dims - 1 - i] <= INT64_MAX ? (int64_t)dim[n_dims - 1 - i] : 0;
    if (!read_type(w, t, type, e))
        return false;
    return tensor_measure(t, &n_elements, &t->n_bytes) ||
           err_set(e, ERR_MODEL, "%s: tensor %s: its dimensions are zero, too large, or its rows no "
                   "multiple of %d elements (%s)", w->path, t->name, tensor_block_size(t->type),
                   tensor_type_name(t->type));
}

static bool read_alignment(const weights *w, uint64_t *alignment, err *e)
{
    const gguf_pair *pair = gguf_find(w, "general.alignment");

    *alignment = DEFAULT_ALIGNMENT;
    if (!pair)
        return true;
    if (pair->type == GGUF_U32)
        *alignment = load_u32(pair->value);
    if (pair->type != GGUF_U32 || *alignment < DATA_ALIGNMENT || *alignment > 1 << 20 ||
        (*alignment & (*alignment - 1)))
        return err_set(e, ERR_MODEL, "%s: general.alignment is not a power of two from %d to "
                       "1048576", w->path, DATA_ALIGNMENT);
    return true;
}

/* Points t->data into the mapping, once it is known that all of it lies there. */
static bool place_tensor(const weights *w, const cursor *c, tensor *t, uint64_t offset,
                         uint64_t start, uint64_t alignment, err *e)
{
    uint64_t from, end;

    if (offset % alignment)
        return err_set(e, ERR_MODEL, "%s: tensor %s: offset %" PRIu64 " is no multiple of %" PRIu64,
                       w->path, t->name, offset, alignment);
    if (__builtin_add_overflow(start, offset, &from) ||
        __builtin_add_overflow(from, (uint64_t)t->n_bytes, &end))
        return err_set(e, ERR_MODEL, "%s: tensor %s: offset %" PRIu64 " is absurd", w->path, t->name,
                       offset);
    if (end > c->size)
        return err_set(e, ERR_MODEL, "%s: tensor %s: %" PRIu64 " bytes past the end of the file; "
                       "fetch it again", w->path, t->name, end - c->size);
    t->data = c->base + from;
    return true;
}

static bool read_tensors(weights *w, cursor *c, uint64_t n, err *e)
{
    uint64_t *offsets, alignment, start;

    if (n > MAX_TENSORS || n > (c->size - c->at) / TENSOR_MIN_BYTES)
        return err_set(e, ERR_MODEL, "%s: claims %" PRIu64 " tensors, more than its %zu bytes can "
                       "hold", w->path, n, c->size);
    offsets = arena_push(w->memory, uint64_t, n + 1);
    w->tensors = calloc(n + 1, sizeof *w->tensors);
    if (!offsets || !w->tensors)
        return weights_no_memory(w, e);
    for (; w->n_tensors < n; w->n_tensors++)
        if (!read_tensor(w, c, &w->tensors[w->n_tensors], &offsets[w->n_tensors], e))
            return false;
    if (!read_alignment(w, &alignment, e))
        return false;
    w->files[0].n_table = c->at;
    start = (c->at + alignment - 1) / alignment * alignment;
    for (size_t i = 0; i < n; i++)
        if (!place_tensor(w, c, &w->tensors[i], offsets[i], start, alignment, e))
            return false;
    return true;
}

static bool read_header(const weights *w, cursor *c, uint64_t *n_tensors, uint64_t *n_pairs, err *e)
{
    const unsigned char *magic;
    uint32_t version;

    if (!cursor_bytes(c, 4, &magic) || memcmp(magic, "GGUF", 4))
        return err_set(e, ERR_MODEL, "%s: not a GGUF file (it does not begin with \"GGUF\")",
                       w->path);
    if (!cursor_u32(c, &version) || !cursor_u64(c, n_tensors) || !cursor_u64(c, n_pairs))
        return err_set(e, ERR_MODEL, "%s: the file ends inside its header (it is %zu bytes long); "
                       "fetch it again", w->path, c->size);
    if (version < 2 || version > 3)
        return err_set(e, ERR_MODEL, "%s: GGUF version %u%s; versions 2 and 3 are read", w->path,
                       version, version & 0xFFFF ? "" : " (big-endian)");
    return true;
}

bool gguf_open(weights *w, err *e)
{
    uint64_t n_tensors = 0, n_pairs = 0;
    cursor c;

    if (!(w->files = arena_push(w->memory, mapped_file, 1)))
        return weights_no_memory(w, e);
    if (!weights_map(w, w->path, e))
        return false;
    c = (cursor){w->files[0].map.bytes, w->files[0].map.n, 0};
    return read_header(w, &c, &n_tensors, &n_pairs, e) && read_pairs(w, &c, n_pairs, e) &&
           read_tensors(w, &c, n_tensors, e) && weights_sort(w, e) && gguf_read_config(w, e);
}
