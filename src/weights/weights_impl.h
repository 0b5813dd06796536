/* weights_impl.h - what the files of this module share.
 *
 * Invariants of an opened `weights`:
 *   (1) every tensor's bytes lie inside one of its mappings;
 *   (2) tensors are sorted by name, and no name stands twice;
 *   (3) every tensor that the family needs is there in the shape it needs. */
#ifndef WEIGHTS_WEIGHTS_IMPL_H
#define WEIGHTS_WEIGHTS_IMPL_H

#include <jansson.h>

#include "base/arena.h"
#include "base/file.h"
#include "weights/weights.h"

/* ---- cursor: the only way to read untrusted bytes ---- */
typedef struct cursor {
    const unsigned char *base;
    size_t size, at;
} cursor;

/* False, and nothing moved, when fewer than the wanted bytes are left. */
MUST_CHECK bool cursor_u32(cursor *c, uint32_t *value);
MUST_CHECK bool cursor_u64(cursor *c, uint64_t *value);
MUST_CHECK bool cursor_bytes(cursor *c, uint64_t n, const unsigned char **bytes);
uint32_t load_u32(const unsigned char *p);
uint64_t load_u64(const unsigned char *p);

/* ---- one file of a model ---- */
typedef struct mapped_file {
    char *path; /* in the arena */
    file_map map;
    size_t n_table; /* bytes before the tensors' data: what the identity hashes */
    uint64_t mtime_ns, inode;
} mapped_file;

/* ---- GGUF ---- */
typedef enum gguf_type {
    GGUF_U8, GGUF_I8, GGUF_U16, GGUF_I16, GGUF_U32, GGUF_I32, GGUF_F32, GGUF_BOOL,
    GGUF_TEXT, GGUF_ARRAY, GGUF_U64, GGUF_I64, GGUF_F64, GGUF_TYPE_COUNT
} gguf_type;

typedef struct gguf_pair {
    const char *key; /* NUL-terminated, in the arena */
    uint32_t type, item_type; /* item_type and n_items of an array */
    uint64_t n_items;
    const unsigned char *value; /* a scalar's bytes; a text's or an array's after its counts */
    const unsigned char *encoded; /* the whole value as it stands, for copies */
    size_t n_value, n_encoded;
} gguf_pair;

struct weights {
    arena *memory;
    char *path;
    mapped_file *files;
    size_t n_files;
    tensor *tensors;
    size_t n_tensors;
    gguf_pair *pairs; /* sorted by key */
    size_t n_pairs;
    model_config config;
    vocabulary_source vocabulary;
};

/* Out-of-memory in words; always false. */
bool weights_no_memory(const weights *w, err *e);
/* Maps path as the next of w->files (space is the caller's concern). */
MUST_CHECK bool weights_map(weights *w, const char *path, err *e);
/* Sorts the tensors; ERR_MODEL when a name stands twice. */
MUST_CHECK bool weights_sort(weights *w, err *e);
/* Elements and bytes of a tensor by type and dim; false on overflow or when a
 * row is not whole blocks. */
MUST_CHECK bool tensor_measure(const tensor *t, uint64_t *n_elements, size_t *n_bytes);
/* "(1024, 640)" into text. */
void tensor_shape_text(const tensor *t, char *text, size_t n);

MUST_CHECK bool gguf_open(weights *w, err *e);
const gguf_pair *gguf_find(const weights *w, const char *key); /* NULL if absent */
MUST_CHECK bool gguf_read_config(weights *w, err *e);
size_t gguf_scalar_size(uint32_t type); /* 0 for texts, arrays, unknown types */

MUST_CHECK bool folder_open(weights *w, err *e);
/* config.json's text into *config. */
MUST_CHECK bool folder_read_config(const char *path, const char *text, size_t n,
                                   model_config *config, err *e);
/* Tensors of one mapped safetensors file appended to w under canonical names. */
MUST_CHECK bool safetensors_read(weights *w, mapped_file *file, size_t *capacity, err *e);
/* The table of a mapped safetensors file (the caller decrefs it; sets file->n_table), and
 * one entry of it: type, shape and bytes of *t, whose name is set. */
MUST_CHECK json_t *safetensors_table_read(mapped_file *file, err *e);
MUST_CHECK bool safetensors_entry_read(const mapped_file *file, const json_t *entry, tensor *t, err *e);
/* "layers.0.self_attn..." behind the words that models with a vision tower put in front. */
const char *name_without_prefixes(const char *name);
/* Canonical name of a Hugging Face tensor into name; false if it is none of ours. */
MUST_CHECK bool name_from_hugging_face(const char *theirs, model_family family, char *name,
                                       size_t n);

/* Dimensions in range, and every tensor the family needs there in its shape. */
MUST_CHECK bool config_check(const char *path, const model_config *config, err *e);
MUST_CHECK bool shapes_check(const weights *w, err *e);

/* safetensors_write_rows (rows NULL: every tensor has data) with one more pair of metadata (key
 * NULL: none); both plain text. */
MUST_CHECK bool safetensors_write_with(const char *path, const tensor *tensors, size_t n, const tensor_rows *rows,
                                       const char *key, const char *value, err *e);

/* ---- atomic streaming writer ---- */
typedef struct writer {
    int fd;
    str temporary;
    const char *path;
    uint64_t n_written;
} writer;
MUST_CHECK bool writer_open(writer *out, const char *path, err *e);
MUST_CHECK bool writer_add(writer *out, const void *bytes, size_t n, err *e);
/* Commits when ok, else removes; closes in both cases and returns success. */
MUST_CHECK bool writer_close(writer *out, bool ok, err *e);

#endif
