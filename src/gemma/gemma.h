/* gemma.h - Gemma text models: one engine of constant weights, many sessions.
 *
 * An engine (`gemma`) is the mapped weights, the tokenizer, the kernel table
 * and a thread pool. It is constant after it opened and any number of threads
 * may use it at once. A session (`gemma_session`) is one timeline of tokens:
 * KV cache, activations and logits, all sized when it opens; nothing is
 * allocated while it decodes. A session belongs to one thread at a time;
 * sessions of one engine run in several threads, taking turns at the pool.
 *
 * Determinism: with one kernel table and one precision, the logits after a
 * sequence of ids are the same bits however the ids were fed (any chunks, any
 * thread count, alone or as beams, after a rewind, or restored from a file).
 *
 * Ownership: *_open gives what *_close takes; both accept NULL. The engine
 * must outlive its sessions. Functions that can fail fill `err *e`. */
#ifndef GEMMA_GEMMA_H
#define GEMMA_GEMMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

typedef struct gemma gemma;
typedef struct gemma_adapter gemma_adapter;
typedef struct gemma_session gemma_session;
struct tokenizer; /* token/token.h */

/* -- engine ------------------------------------------------------------- */

typedef enum gemma_precision {
    GEMMA_INTEGER, /* activations quantised to 16 bits per block of 32: fast, default */
    GEMMA_F32,     /* F32 activations on exactly dequantised weights: parity, slow */
} gemma_precision;

typedef struct gemma_options {
    int n_threads; /* 0: the cores this process may use */
    gemma_precision precision;
    bool ids_only; /* no tokenizer: gemma_tokenizer is NULL, a folder needs none */
} gemma_options;

typedef struct gemma_info {
    const char *family;    /* "Gemma 1", "Gemma 2", "Gemma 3" */
    const char *precision; /* "integer" or "f32" */
    const char *kernels;   /* name of the kernel table: "scalar", "avx2", ... */
    const char *identity;  /* hex digest of configuration and weights: the part
                            * of a cache key that says which model this is; borrowed */
    int n_layers, width, n_heads, n_kv_heads, head_size, ffn_width, vocabulary;
    int window;            /* of local layers; 0 when the family has none */
    int context;           /* the longest sequence the model was made for */
    int n_threads;
    int64_t n_parameters;
    size_t weight_bytes;
} gemma_info;

/* Map and check the GGUF file or Hugging Face folder `path`. o may be NULL (all
 * defaults). $SALESBOT_KERNELS chooses the kernel table. NULL with ERR_MODEL,
 * ERR_FORMAT, ERR_NOT_FOUND, ERR_IO or ERR_NOMEM. */
MUST_CHECK gemma *gemma_open(const char *path, const gemma_options *o, err *e);
void gemma_close(gemma *g);
void gemma_describe(const gemma *g, gemma_info *info);
const struct tokenizer *gemma_tokenizer(const gemma *g); /* borrowed until gemma_close */

/* -- adapters ------------------------------------------------------------ */

/* LoRA matrices applied beside the weights, which stay as they are: y = W x + scale B (A x).
 * Any number on one engine; constant after opening, shared by sessions in several threads. */
typedef struct gemma_adapter_info {
    const char *path, *base_name; /* base_name: as adapter_config.json gives it */
    const char *digest;           /* hex: part of cache keys and of a state's account */
    int rank;
    float alpha;
    int64_t n_parameters;
    size_t n_bytes; /* memory, the mapped file included */
} gemma_adapter_info; /* strings borrowed from the adapter */

/* A PEFT folder that fits the engine's model (weights/adapter.h says what is checked).
 * NULL with ERR_MODEL, ERR_IO or ERR_NOMEM. Close it after the sessions that use it, before the engine. */
MUST_CHECK gemma_adapter *gemma_adapter_open(const gemma *g, const char *dir, err *e);
void gemma_adapter_close(gemma_adapter *a);
void gemma_adapter_describe(const gemma_adapter *a, gemma_adapter_info *info);

/* -- session ------------------------------------------------------------ */

typedef struct gemma_session_options {
    int max_tokens;    /* longest sequence; 0: 4096, never above the model's context */
    int answer_tokens; /* how far back a rewind is free (question + answer); 0: 512 */
    int chunk;         /* tokens computed at once in a prefill, 1..512; 0: 512 */
    int beams;         /* most beams of session_beams, 1..8; 0: none. Costs memory:
                        * beams x answer_tokens positions of KV and beams x V logits */
    bool full_head;    /* session_best computes every logit: to compare and to measure */
} gemma_session_options;

/* o may be NULL. NULL with ERR_NOMEM or ERR_ARG. */
MUST_CHECK gemma_session *gemma_session_open(gemma *g, const gemma_session_options *o,
                                             err *e);
void gemma_session_close(gemma_session *s);

/* The adapter of all that the session computes from now on; NULL: none. A change
 * empties the session, since its keys and values were another model's. Borrowed. */
void session_use_adapter(gemma_session *s, const gemma_adapter *a);
const gemma_adapter *session_adapter(const gemma_session *s);

/* Tokens held, and their ids (borrowed until the session changes). */
int session_tokens(const gemma_session *s);
const int32_t *session_ids(const gemma_session *s);
int session_capacity(const gemma_session *s); /* max_tokens after defaults */
size_t session_bytes(const gemma_session *s); /* memory it holds */

/* Append n >= 0 ids, in chunks. ERR_LIMIT when they don't fit (nothing is
 * changed), ERR_ARG for an id outside the vocabulary (nothing is changed). */
MUST_CHECK bool session_extend(gemma_session *s, const int32_t *ids, int n, err *e);

/* Called from another thread or a signal handler: a running session_extend,
 * gemma_generate or session_beams ends soon with ERR_CANCELLED. The session
 * keeps what was completed. Taken back when the next of these calls begins. */
void session_cancel(gemma_session *s);

/* Forget the tokens from n_tokens on (0 <= n_tokens <= session_tokens). Free
 * within answer_tokens of the longest length reached; beyond that the lost part
 * of the local layers is computed again from the ids, to the same bits. */
MUST_CHECK bool session_rewind(gemma_session *s, int n_tokens, err *e);

/* Keep the longest common prefix with ids, rewind to it and append the rest:
 * the usual way to move from one prompt to the next. At least the last id is
 * held when it returns. */
MUST_CHECK bool session_set(gemma_session *s, const int32_t *ids, int n, err *e);

/* Logits (V) after the last token, with the family's soft cap applied;
 * computed at the first call, borrowed until the session changes. The session
 * must hold a token. */
const float *session_logits(gemma_session *s);

/* The best id after the last token, the lower one of equals: always the one that
 * logits_best finds in session_logits, but once a model has chosen some dozens of
 * tokens it is found without computing every logit (docs/adr/0011). */
int32_t session_best(gemma_session *s);

/* Only the rows of ids[0..n): out[i] = logits[ids[i]], same bits as
 * session_logits. Ids outside the vocabulary give -INFINITY. */
void session_logits_for(gemma_session *s, const int32_t *ids, int n, float *out);

/* As session_extend, and the logits (V) after each of the n tokens: for
 * perplexity and comparisons. `position` counts from the session's start. */
MUST_CHECK bool session_score(gemma_session *s, const int32_t *ids, int n,
                              void (*on_logits)(void *arg, int position, const float *logits),
                              void *arg, err *e);

/* -- prefix cache on disk ------------------------------------------------ */

/* Save the session's tokens and KV in folder `dir` (made if missing, 0700) under
 * a name that is the digest of model identity, precision, kernel table, adapter and ids;
 * file 0600, atomic, checksummed. Then the least recently used cache files go
 * until the folder holds at most `limit_bytes` (0: no limit). ERR_IO. */
MUST_CHECK bool session_save(gemma_session *s, const char *dir,
                             uint64_t limit_bytes, err *e);

/* Make the session hold exactly ids[0..n) from the folder: afterwards it is, bit
 * for bit, a session that computed them. False with ERR_NOT_FOUND when there is
 * no such file (the caller computes and saves), ERR_FORMAT when it is damaged
 * (the file is removed) or ERR_LIMIT; the session is then empty. */
MUST_CHECK bool session_restore(gemma_session *s, const char *dir, const int32_t *ids,
                                int n, err *e);

/* -- sampling ------------------------------------------------------------- */

/* Which tokens may come next: called before each choice with the tokens written
 * so far. It returns the number of admissible ids and points *ids at them
 * (ascending, borrowed until the next call); 0 ends the answer; -1 means any that
 * gemma_admits_fn admits, or any at all without one.
 * Only the rows of admissible ids are computed; a single one is taken without its
 * row, and the tokens so written go through the model together, when next a row is
 * needed (jump ahead). */
typedef int (*gemma_mask_fn)(void *arg, const int32_t *written, int n_written,
                             const int32_t **ids);
/* May the id follow what the mask was last asked about? */
typedef bool (*gemma_admits_fn)(void *arg, int32_t id);

typedef struct gemma_effort { /* added up over calls */
    int64_t tokens;  /* written */
    int64_t forced;  /* of them without a choice */
    int64_t passes;  /* of the model, after the prompt */
    int64_t rows;    /* of the head */
} gemma_effort;

typedef struct gemma_sampling {
    float temperature; /* 0: greedy (the fields below are then ignored) */
    int top_k;         /* 0: off */
    float top_p;       /* 0 or 1: off */
    float min_p;       /* 0: off; keep p >= min_p * highest p */
    uint64_t seed;     /* of xoshiro256** seeded by splitmix64 (Blackman, Vigna 2018) */
    int max_tokens;    /* most tokens to write; must be > 0 */
    const int32_t *stop; /* ids that end the answer, not written; borrowed */
    int n_stop;
    gemma_mask_fn mask; /* NULL: any token */
    gemma_admits_fn admits; /* where the mask says -1; NULL: any */
    void *mask_arg;
    gemma_effort *effort; /* NULL: not counted */
} gemma_sampling;

/* The best id under the logits, the lower one of equals (temperature 0). */
int32_t logits_best(const float *logits, int n);

/* Append ids[0..n) (as session_set does) and write up to max_tokens tokens
 * to out (room for max_tokens), their number to *n_out. on_token (may be NULL)
 * is called with each; returning false ends the answer without an error. On
 * failure *n_out tokens are valid. ERR_LIMIT when the prompt doesn't fit;
 * a session that fills up ends the answer. The session holds a beginning of the
 * tokens written: not the last one, nor those that were forced before it. */
MUST_CHECK bool gemma_generate(gemma_session *s, const int32_t *ids, int n,
                               const gemma_sampling *how,
                               bool (*on_token)(void *arg, int32_t id), void *arg,
                               int32_t *out, int *n_out, err *e);

typedef struct gemma_beam {
    int32_t *ids;   /* (n) written tokens without the stop id; borrowed from the
                     * session until its next call */
    int n;
    bool stopped;   /* ended by a stop id (false: cut at max_tokens) */
    float log_prob; /* sum over its tokens, with the stop id */
} gemma_beam;

/* Beam search of n_beams (1..options.beams) after the session's tokens: fills
 * beams[0..n_beams) by falling log_prob, ties to lower ids; *n_found may be less.
 * how: max_tokens (at most answer_tokens), stop and mask count (the mask's
 * log-probabilities are renormalised over the admissible ids), the rest is
 * ignored. The prefix is shared, the session still ends at it. */
MUST_CHECK bool session_beams(gemma_session *s, int n_beams, const gemma_sampling *how,
                              gemma_beam *beams, int *n_found, err *e);

#endif
