/* answer.c - the last step: the sentence, or why there is none, and how sure it is. */
#include <math.h>
#include <string.h>

#include "agent/answer.h"

/* No rows, or one row of NULLs: an answer too, with the reason where it is known. */
static bool is_empty(const agent_state *s)
{
    const db_result *r = s->results;

    if (r->n_rows != 1)
        return r->n_rows == 0;
    for (int j = 0; j < r->n_columns; j++)
        if (!db_cell_null(r, 0, j))
            return false;
    return true;
}

static void say_nothing_found(sentence *b, agent_context *c)
{
    const char *culprit = b->s->has_query ? relax_culprit(b->s, c) : "";

    if (*culprit) {
        say_label(b, culprit);
        return;
    }
    say_plain(b, "No ");
    say_label(b, b->s->has_query ? words_subject(b->s, b->c) : "rows");
    say_label(b, words_scope(b->s, b->c));
    if (b->s->has_query)
        say_label(b, words_period(b->s, &b->s->query.period, NULL));
    say_plain(b, ".");
}

static void say_unused(sentence *b)
{
    if (!b->s->work->partial || !b->s->n_unused_words)
        return;
    say_plain(b, " I did not use: ");
    for (int i = 0; i < b->s->n_unused_words; i++) {
        say_plain(b, i ? ", '" : "'");
        say_label(b, b->s->unused_words[i]);
        say_plain(b, "'");
    }
    say_plain(b, ".");
}

bool answer_step(agent_state *s, agent_context *c, err *e)
{
    sentence b = {.s = s, .c = c};

    if (is_empty(s) || !sentence_for(&b)) {
        str_reset(&b.text);
        s->n_said = 0;
        say_nothing_found(&b, c);
    }
    say_unused(&b);
    s->answer = state_str(s, str_text(&b.text));
    confidence_set(s, c->is_derived);
    state_why(s, "rules", "%d numbers, each from the rows or computed from them", s->n_said);
    str_deinit(&b.text);
    return *s->answer || err_set(e, ERR_NOMEM, "out of memory for the answer");
}
