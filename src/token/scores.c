/* scores.c - a vocabulary as other programs' files want it: SentencePiece scores. */
#include <math.h>

#include "token/token_impl.h"

void tokenizer_scores(const tokenizer *t, float *scores)
{
    const float never = -1000.0f;

    for (int i = 0; i < t->n_pieces; i++) {
        const piece *p = &t->pieces[i];

        scores[i] = p->kind == TOKEN_NORMAL && p->rank != RANK_NEVER && !t->pairs ? -(float)p->rank : -INFINITY;
    }
    for (uint32_t k = 0; t->pairs && k <= t->pair_mask; k++) {
        const pair_merge *p = &t->pairs[k];

        if (p->left >= 0 && p->merged >= 0 && p->merged < t->n_pieces)
            scores[p->merged] = fmaxf(scores[p->merged], -(float)p->rank);
    }
    for (int i = 0; i < t->n_pieces; i++)
        scores[i] = scores[i] > -INFINITY ? scores[i] : never;
}
