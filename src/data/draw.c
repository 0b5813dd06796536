/* draw.c - numbers that depend on a text and a seed, and on nothing else.
 *
 * SplitMix64 (Steele et al. 2014, "Fast splittable pseudorandom number generators"). */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/generate_impl.h"

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

uint64_t rng_next(rng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int rng_below(rng *r, int n) { return n > 0 ? (int)(rng_next(r) % (uint64_t)n) : 0; }

bool rng_chance(rng *r, int percent) { return rng_below(r, 100) < percent; }
