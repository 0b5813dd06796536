/* fuzz_gguf.c - any bytes as a GGUF file: it opens or says why not.
 *
 * What opened is read to its last byte, so that a tensor beyond the file is seen;
 * then a tokenizer is made of its vocabulary. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "token/token.h"
#include "weights/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned sum_of(const weights *w)
{
    unsigned sum = 0;

    for (size_t i = 0; i < weights_tensor_count(w); i++) {
        const tensor *t = weights_tensor(w, i);

        for (size_t k = 0; k < t->n_bytes; k++)
            sum += ((const unsigned char *)t->data)[k];
    }
    return sum;
}

static void use(const weights *w)
{
    token_list ids = {0};
    err e;
    tokenizer *t = tokenizer_from_weights(w, &e);

    if (t && !tokenizer_encode(t, "ab <bos>\xFF", 9, TOKEN_PARSE_SPECIAL, &ids, &e))
        abort();
    token_list_deinit(&ids);
    tokenizer_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    err e = {0};
    weights *w;
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    w = weights_open(path, &e);
    if (!w && (e.code == ERR_OK || !e.msg[0]))
        abort();
    if (w) {
        volatile unsigned seen = sum_of(w);

        (void)seen;
        use(w);
    }
    weights_close(w);
    close(fd);
    return 0;
}
