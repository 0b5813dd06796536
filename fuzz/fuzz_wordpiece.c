/* fuzz_wordpiece.c - any text through a small vocabulary, and any bytes as a vocab.txt.
 *
 * The first byte chooses. Of every encoding it must hold that it begins with [CLS], ends
 * with [SEP], keeps to its limit and has only ids that exist; and that a shorter limit
 * gives a beginning of it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "token/wordpiece.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char small[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##a\n##b\nab\n##ab\naba\n,\n\xe5\xb9\xb4\ne\n##e\n";

static void encode(const wordpiece *w, const char *text, size_t n)
{
    token_list all = {0}, part = {0};
    err e = {0};

    if (!wordpiece_encode(w, text, n, 256, &all, &e) || !wordpiece_encode(w, text, n, 7, &part, &e))
        abort();
    if (all.n < 2 || all.n > 256 || part.n < 2 || part.n > 7 || part.n > all.n ||
        memcmp(all.ids, part.ids, (part.n - 1) * sizeof *part.ids) || all.ids[all.n - 1] != part.ids[part.n - 1])
        abort();
    for (size_t i = 0; i < all.n; i++)
        if (all.ids[i] < 0 || all.ids[i] >= wordpiece_size(w))
            abort();
    token_list_deinit(&all);
    token_list_deinit(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;
    err e = {0};
    wordpiece *w;

    if (!size)
        return 0;
    if (data[0] & 1)
        w = wordpiece_new(bytes, size - 1, "fuzz", &e);
    else
        w = wordpiece_new(small, sizeof small - 1, "fuzz", &e);
    if (!w && (e.code == ERR_OK || !e.msg[0]))
        abort();
    if (w)
        encode(w, bytes, size - 1);
    wordpiece_free(w);
    return 0;
}
