/* tensor.h - the element types of stored weights, and a view of one tensor.
 *
 * Shared vocabulary of weights (which reads files) and kernels (which
 * computes): neither knows the other. Block layouts: ggml's quantised formats
 * (github.com/ggml-org/ggml, docs/gguf.md); NF4: Dettmers et al. 2023,
 * arXiv:2305.14314, section 3. */
#ifndef BASE_TENSOR_H
#define BASE_TENSOR_H

#include <stddef.h>
#include <stdint.h>

enum { TENSOR_MAX_DIMS = 4 };

/* X(name, elements per block, bytes per block) */
#define TENSOR_TYPES(X) \
    X(F32, 1, 4)        \
    X(F16, 1, 2)        \
    X(BF16, 1, 2)       \
    X(Q8_0, 32, 34)     \
    X(Q4_0, 32, 18)     \
    X(Q4_1, 32, 20)     \
    X(Q5_0, 32, 22)     \
    X(Q5_1, 32, 24)     \
    X(Q4_K, 256, 144)   \
    X(Q5_K, 256, 176)   \
    X(Q6_K, 256, 210)

typedef enum tensor_type {
#define X(name, n, bytes) TENSOR_##name,
    TENSOR_TYPES(X)
#undef X
    TENSOR_TYPE_COUNT
} tensor_type;

typedef struct tensor {
    const char *name; /* borrowed from the file's object */
    tensor_type type;
    int n_dims;                    /* 1..TENSOR_MAX_DIMS */
    int64_t dim[TENSOR_MAX_DIMS];  /* slowest first, as PyTorch prints a shape:
                                    * a matrix is (rows, columns), rows contiguous */
    const void *data;              /* borrowed: points into the mapping */
    size_t n_bytes;
} tensor;

static inline int tensor_block_size(tensor_type type) /* elements */
{
    static const int n[] = {
#define X(name, elements, bytes) elements,
        TENSOR_TYPES(X)
#undef X
    };
    return n[type];
}

static inline size_t tensor_block_bytes(tensor_type type)
{
    static const size_t n[] = {
#define X(name, elements, bytes) bytes,
        TENSOR_TYPES(X)
#undef X
    };
    return n[type];
}

static inline const char *tensor_type_name(tensor_type type)
{
    static const char *const name[] = {
#define X(id, elements, bytes) #id,
        TENSOR_TYPES(X)
#undef X
    };
    return name[type];
}

#endif
