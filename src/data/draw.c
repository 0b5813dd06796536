/* draw.c - numbers that depend on a text and a seed, and on nothing else. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/data_impl.h"

uint64_t hash_text(const char *text, uint64_t seed)
{
    char hex[65], head[17] = {0};
    str s = {0};

    str_addf(&s, "%llu:", (unsigned long long)seed);
    str_adds(&s, text);
    sha256_hex(str_text(&s), s.n, hex);
    str_deinit(&s);
    memcpy(head, hex, 16);
    return strtoull(head, NULL, 16);
}
