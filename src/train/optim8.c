/* optim8.c - numbers in 8 bits: block-wise dynamic quantisation.
 *
 * Dettmers et al. 2022, arXiv:2110.02861, sections 2.1 and 2.2: a block of 256 numbers is
 * divided by its largest magnitude and each is rounded to the nearest of 256 levels. The
 * levels are a dynamic tree: seven decades 10^-6 .. 1, each with twice the levels of the one
 * below it (the means of equal intervals of [0.1, 1]), and 0 and 1. With a sign bit for the
 * first moment; the second, never negative, has twice the levels instead. The levels are
 * those of bitsandbytes (create_dynamic_map). One thing differs: a positive second moment
 * is never rounded to 0, since a step divides by its root. */
#include <math.h>
#include <string.h>

#include "train/optim.h"

enum { SHIFT = 20 }; /* of a float's bits: exponent and 3 bits of the fraction stay */

static uint32_t bits_of(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void sort(float *x, int n)
{
    for (int i = 1; i < n; i++) {
        const float moved = x[i];
        int k = i;

        for (; k > 0 && x[k - 1] > moved; k--)
            x[k] = x[k - 1];
        x[k] = moved;
    }
}

/* Highest level index that is not above any number with this sign and leading bits. */
static unsigned char first_candidate(const optim8_map *map, int negative, uint32_t lead)
{
    const uint32_t bits = negative ? ((lead + 1) << SHIFT) - 1 : lead << SHIFT;
    float least;
    int i = 0;

    memcpy(&least, &bits, sizeof least);
    if (negative)
        least = isfinite(least) ? -least : -1;
    while (i < 255 && map->level[i + 1] <= least)
        i++;
    return (unsigned char)i;
}

void optim8_map_init(optim8_map *map, bool is_signed)
{
    static const double decade[] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1};
    int n = 0;

    for (int i = 0; i < 7; i++) {
        const int intervals = is_signed ? 1 << i : 2 << i;

        for (int k = 0; k < intervals; k++) {
            const double mean = 0.1 + 0.9 * (k + 0.5) / intervals;

            map->level[n++] = (float)(decade[i] * mean);
            if (is_signed)
                map->level[n++] = -(float)(decade[i] * mean);
        }
    }
    map->level[n++] = 0;
    map->level[n++] = 1;
    sort(map->level, 256);
    for (uint32_t lead = 0; lead < 1 << 11; lead++)
        for (int negative = 0; negative < 2; negative++)
            map->low[negative][lead] = first_candidate(map, negative, lead);
}

unsigned char optim8_code(const optim8_map *map, float x)
{
    const uint32_t bits = bits_of(x);
    int i = map->low[bits >> 31][(bits & 0x7fffffff) >> SHIFT];

    while (i < 255 && x - map->level[i] > map->level[i + 1] - x)
        i++;
    return (unsigned char)i;
}

void optim8_pack(const optim8_map *map, const float *x, int n, unsigned char *codes, float *largest)
{
    float most = 0;

    for (int i = 0; i < n; i++)
        most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
    *largest = most;
    for (int i = 0; i < n; i++) {
        codes[i] = optim8_code(map, most > 0 ? x[i] / most : 0);
        if (!codes[i] && x[i] > 0)
            codes[i] = 1; /* only the unsigned map has 0 at its foot */
    }
}

void optim8_unpack(const optim8_map *map, const unsigned char *codes, float largest, int n, float *x)
{
    for (int i = 0; i < n; i++)
        x[i] = map->level[codes[i]] * largest;
}
