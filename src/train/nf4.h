/* nf4.h - matrices in 4 bits: NormalFloat with double quantisation.
 *
 * Dettmers et al. 2023, arXiv:2305.14314, section 3. The n numbers of a matrix, row after
 * row, in blocks of 64: a block's scale is its largest magnitude, a number is the nearest of 16
 * levels (equal shares of a normal distribution) times the scale. The scales themselves,
 * less their mean, are 8-bit numbers in blocks of 256 with an F32 scale each:
 * 4.127 bits a weight in all.
 *
 * Codes, scales and nested codes are those of bitsandbytes 0.50.2 on the CPU, where the
 * offset is within 2 ulp (reference/make_nf4.py). */
#ifndef TRAIN_NF4_H
#define TRAIN_NF4_H

#include <stddef.h>
#include <stdint.h>

enum { NF4_BLOCK = 64, NF4_NESTED = 256 };

/* What quantising and dequantising look up: the 256 levels of a scale, the codes of 65,536
 * points of [-1,1], and the two numbers that a byte of codes means. */
typedef struct nf4_table {
    float levels[256];
    float pairs[256][2];
    uint8_t codes[65536];
} nf4_table;
void nf4_table_init(nf4_table *t);

typedef struct nf4 {
    size_t n;
    uint8_t *codes;       /* (n/2 rounded up): the earlier number in the high half */
    uint8_t *scale_codes; /* (blocks) */
    float *scale_max;     /* (blocks/256 rounded up) */
    float offset;         /* mean of the scales */
    const nf4_table *t;   /* borrowed; set by nf4_quantise_scales */
} nf4;

static inline size_t nf4_blocks(size_t n) { return (n + NF4_BLOCK - 1) / NF4_BLOCK; }
static inline size_t nf4_nested(size_t n) { return (nf4_blocks(n) + NF4_NESTED - 1) / NF4_NESTED; }

/* Numbers [from, from + n) of the matrix, `from` a multiple of NF4_BLOCK: fills q->codes
 * there and scales[from / NF4_BLOCK ...]. n ends at a block or at the matrix's end. */
void nf4_quantise(const float *x, size_t from, size_t n, nf4 *q, float *scales);
/* All scales at once: fills scale_codes, scale_max, offset and t. `scales` is overwritten. */
void nf4_quantise_scales(float *scales, const nf4_table *t, nf4 *q);
/* The second half of that, for an offset from elsewhere. */
void nf4_nest_scales(float *scales, const nf4_table *t, nf4 *q);
/* Numbers [from, from + n), both even but where the matrix ends. */
void nf4_dequantise(const nf4 *q, size_t from, int n, float *out);

#endif
