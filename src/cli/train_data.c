/* train_data.c - training examples as token ids.
 *
 *     <bos><start_of_turn>user\n{content}<end_of_turn>\n<start_of_turn>model\n{answer}<end_of_turn>
 *
 * The marks are put in as ids and the texts are encoded between them without special
 * tokens: a content that spells a mark stays text. Control tokens always part what is encoded, so
 * these ids are those of encoding the whole. Learned are the answer's ids and the last mark. */
#include "cli/train_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/turns.h"

enum { TOLD = 5 }; /* complaints printed in full */

typedef struct collector {
    const tokenizer *tokens;
    special_tokens special;
    int max_length, told, longest, n_keys, cap;
    char (*keys)[65]; /* the group's key: hash of its prefix or its database's name */
    token_list ids;
    str text;
    train_set *set;
} collector;

static bool add_id(token_list *list, int32_t id, err *e)
{
    if (list->n == list->cap) {
        const size_t cap = list->cap ? list->cap * 2 : 64;
        int32_t *more = realloc(list->ids, cap * sizeof *more);

        if (!more)
            return err_set(e, ERR_NOMEM, "out of memory");
        list->ids = more;
        list->cap = cap;
    }
    list->ids[list->n++] = id;
    return true;
}

static bool add_text(collector *c, const char *before, const char *text, size_t n, err *e)
{
    str_reset(&c->text);
    str_adds(&c->text, before);
    str_add(&c->text, text, n);
    if (c->text.bad)
        return err_set(e, ERR_NOMEM, "out of memory");
    return tokenizer_encode(c->tokens, c->text.text, c->text.n, 0, &c->ids, e);
}

/* The ids of one example; *answer: index of the answer's first. */
static bool encode(collector *c, const turn *t, int *answer, err *e)
{
    const special_tokens *s = &c->special;
    size_t begin;
    token_list *ids = &c->ids;

    ids->n = 0;
    if (!add_id(ids, s->bos, e) || !add_id(ids, s->start_of_turn, e) || !add_text(c, "user\n", t->user, t->n_user, e) ||
        !add_id(ids, s->end_of_turn, e) || !add_text(c, "", "\n", 1, e) || !add_id(ids, s->start_of_turn, e))
        return false;
    begin = ids->n;
    if (!add_text(c, "", "model\n", 6, e))
        return false;
    *answer = (int)ids->n;
    ids->n = begin; /* the answer's encoding must begin with the same ids: "\n" may not run into it */
    if (t->answer[0] == '\n')
        return err_set(e, ERR_FORMAT, "the answer begins with a line break");
    return add_text(c, "model\n", t->answer, t->n_answer, e) && add_id(ids, s->end_of_turn, e);
}

/* Number of the group with that key; a new one when it is new. -1 when there is no key. */
static int group_of(collector *c, const turn *t)
{
    char key[65];

    if (t->prefix)
        sha256_hex(t->user, t->prefix, key);
    else if (*t->db_id)
        sha256_hex(t->db_id, strlen(t->db_id), key);
    else
        return -1;
    for (int i = c->n_keys - 1; i >= 0; i--)
        if (!memcmp(c->keys[i], key, sizeof key))
            return i;
    if (c->n_keys == c->cap) {
        const int cap = c->cap ? c->cap * 2 : 64;
        void *more = realloc(c->keys, (size_t)cap * sizeof *c->keys);

        if (!more)
            return -1; /* alone: right, but slower */
        c->keys = more;
        c->cap = cap;
    }
    memcpy(c->keys[c->n_keys], key, sizeof key);
    return c->n_keys++;
}

static bool take(void *arg, const turn *t, err *e)
{
    collector *c = arg;
    int answer = 0, n;

    if (!encode(c, t, &answer, e))
        return false;
    n = (int)c->ids.n;
    if (n > c->max_length) {
        c->longest = n > c->longest ? n : c->longest;
        return err_set(e, ERR_LIMIT, "%d tokens (the answer: %d), more than --max-length %d", n, n - answer, c->max_length);
    }
    return train_set_add(c->set, c->ids.ids, n, answer, group_of(c, t), e);
}

static void complain(void *arg, const char *text)
{
    collector *c = arg;

    if (c->told++ < TOLD)
        fprintf(stderr, "salesbot train: left out: %s\n", text);
}

static bool summarise(const collector *c, const char *path, const turn_counts *n, err *e)
{
    if (c->told > TOLD)
        fprintf(stderr, "salesbot train: %d more lines left out of %s\n", c->told - TOLD, path);
    if (n->too_long && !n->taken)
        return err_set(e, ERR_ARG, "%s: every example is longer than %d tokens; the longest has %d: raise --max-length",
                       path, c->max_length, c->longest);
    if (n->too_long)
        fprintf(stderr, "salesbot train: %d of %d examples are longer than %d tokens (the longest %d); "
                        "--max-length takes them in\n", n->too_long, n->taken + n->too_long, c->max_length, c->longest);
    return n->taken > 0 || err_set(e, ERR_FORMAT, "%s: none of its %d lines is an example", path, n->wrong);
}

bool train_data_read(const char *path, const tokenizer *t, int max_length, train_set *set, err *e)
{
    collector c = {.tokens = t, .special = tokenizer_specials(t), .max_length = max_length, .set = set};
    turn_counts counts;
    bool ok = c.special.bos >= 0 && c.special.start_of_turn >= 0 && c.special.end_of_turn >= 0;

    if (!ok)
        err_set(e, ERR_MODEL, "this model's tokenizer has no <bos>, <start_of_turn> or <end_of_turn>");
    ok = ok && turns_read(path, take, complain, &c, &counts, e) && summarise(&c, path, &counts, e);
    free(c.keys);
    token_list_deinit(&c.ids);
    str_deinit(&c.text);
    return ok;
}
