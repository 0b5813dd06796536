/* fuzz_turns.c - any bytes as one line of training examples. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/turns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    turn t;
    err e = {0};

    if (!turn_parse((const char *)data, size, &t, &e)) {
        if (e.code != ERR_FORMAT || !*e.msg)
            abort();
        return 0;
    }
    if (!t.n_user || !t.n_answer || t.prefix > t.n_user || strlen(t.user) > t.n_user)
        abort();
    turn_deinit(&t);
    return 0;
}
