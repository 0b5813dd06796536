/* added.c - added tokens matched whole in raw text, and explicit merges.
 *
 * At each place of the text the longest added token wins, from left to right. */
#include <stdlib.h>
#include <string.h>

#include "token/token_impl.h"

static int32_t new_node(tokenizer *t, unsigned char byte, int32_t sibling)
{
    if (t->n_added == t->added_cap) {
        const int32_t cap = t->added_cap ? t->added_cap * 2 : 1024;
        added_node *grown = cap > 0 ? realloc(t->added, (size_t)cap * sizeof *grown) : NULL;

        if (!grown)
            return -1;
        t->added = grown;
        t->added_cap = cap;
    }
    t->added[t->n_added] = (added_node){.child = -1, .sibling = sibling, .id = -1, .byte = byte};
    return t->n_added++;
}

static int32_t find_child(const tokenizer *t, int32_t from, unsigned char byte)
{
    while (from >= 0 && t->added[from].byte != byte)
        from = t->added[from].sibling;
    return from;
}

bool tokenizer_add(tokenizer *t, const char *text, size_t n, int32_t id, err *e)
{
    int32_t node = -1;

    for (size_t i = 0; i < n; i++) {
        const unsigned char byte = (unsigned char)text[i];
        const int32_t children = i ? t->added[node].child : t->first[byte];
        int32_t next = find_child(t, children, byte);

        if (next < 0) {
            if ((next = new_node(t, byte, children)) < 0)
                return token_no_memory(t, e);
            if (i)
                t->added[node].child = next;
            else
                t->first[byte] = next;
        }
        node = next;
    }
    if (n)
        t->added[node].id = id;
    return true;
}

size_t added_match(const tokenizer *t, const char *text, size_t n, bool with_control, int32_t *id)
{
    int32_t node = n ? t->first[(unsigned char)text[0]] : -1;
    size_t length = 0;

    for (size_t i = 1; node >= 0; i++) {
        const int32_t here = t->added[node].id;

        if (here >= 0 && (with_control || t->pieces[here].kind != TOKEN_CONTROL)) {
            *id = here;
            length = i;
        }
        node = i < n ? find_child(t, t->added[node].child, (unsigned char)text[i]) : -1;
    }
    return length;
}

/* ---- explicit merges: open addressing over (left, right) ---- */

bool pairs_reserve(tokenizer *t, size_t n, err *e)
{
    size_t n_slots = 16;

    while (n_slots < n * 2)
        n_slots *= 2;
    if (n > UINT32_MAX / 8 || !(t->pairs = malloc(n_slots * sizeof *t->pairs)))
        return token_no_memory(t, e);
    memset(t->pairs, -1, n_slots * sizeof *t->pairs);
    t->pair_mask = (uint32_t)n_slots - 1;
    return true;
}

static pair_merge *pair_slot(const tokenizer *t, int32_t left, int32_t right)
{
    uint64_t h = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9E3779B97F4A7C15u;
    uint32_t slot = (uint32_t)(h >> 32) & t->pair_mask;

    while (t->pairs[slot].left >= 0 && (t->pairs[slot].left != left || t->pairs[slot].right != right))
        slot = (slot + 1) & t->pair_mask;
    return &t->pairs[slot];
}

void pairs_put(tokenizer *t, const pair_merge *merge)
{
    *pair_slot(t, merge->left, merge->right) = *merge;
}

const pair_merge *pairs_find(const tokenizer *t, int32_t left, int32_t right)
{
    const pair_merge *found = pair_slot(t, left, right);

    return found->left >= 0 ? found : NULL;
}
