/* model_prompt.c - the prompt as tokens, its fixed part kept.
 *
 * Weights with an adapter, and weights that are not the default base model, are
 * asked in turns, as they were taught (rag/prompt.h). The base model completes
 * text: it gets a document of examples whose next line is the answer (prompt.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/retrieval_impl.h"
#include "token/token.h"

#define CACHE_BYTES ((uint64_t)512 << 20)

bool model_is_taught(const agent_context *c)
{
    return session_adapter(c->session) || !agent_model_is_default(c->weights);
}

/* ---- the fixed part --------------------------------------------------------- */

/* The prefix's KV from disk, else computed and kept; a cache that can't be
 * written only costs time. */
static bool extend_prefix(agent_context *c, const token_list *prefix, err *e)
{
    str dir = {0};
    err local = {0};
    const int n = (int)prefix->n;
    const bool cached = !c->prefix_is_chosen && home_path(&dir, "cache/prefix", &local);
    bool ok = cached && session_restore(c->session, str_text(&dir), prefix->ids, n, &local);

    if (!ok) {
        ok = session_set(c->session, prefix->ids, n, e);
        if (ok && cached && !session_save(c->session, str_text(&dir), CACHE_BYTES, &local))
            log_debug("prefix cache: %s", local.msg);
    }
    str_deinit(&dir);
    return ok;
}

static bool has_prefix(const agent_context *c, const token_list *prefix)
{
    return (size_t)session_tokens(c->session) >= prefix->n &&
           !memcmp(session_ids(c->session), prefix->ids, prefix->n * sizeof *prefix->ids);
}

static bool fixed_text(agent_state *s, agent_context *c, bool turn, err *e)
{
    const db_catalog *chosen = retrieval_of(s)->catalog;
    str text = {0};

    if (c->prefix && c->prefix_is_turn == turn && !c->prefix_is_chosen && !chosen)
        return true;
    free(c->prefix);
    c->prefix_is_turn = turn;
    c->prefix_is_chosen = chosen != NULL;
    if (turn) {
        prompt_prefix(chosen ? chosen : c->catalog, &(prompt_options){0}, &text);
        c->prefix = str_take(&text);
        str_deinit(&text);
    } else
        c->prefix = few_shot_prefix(c);
    return c->prefix || err_set(e, ERR_NOMEM, "out of memory for the prompt");
}

static bool encode(const agent_context *c, const char *text, unsigned flags, token_list *ids, err *e)
{
    return tokenizer_encode(gemma_tokenizer(c->model), text, strlen(text), flags, ids, e);
}

/* ---- what depends on the question ---------------------------------------------- */

/* The day from which a question counts, where the layer knows its calendar. */
static const char *today_text(const agent_context *c, char text[16])
{
    const time_t seconds = (time_t)sem_today(c->semantic) * 86400;
    struct tm day;

    if (c->is_derived || sem_today(c->semantic) <= 0 || !gmtime_r(&seconds, &day))
        return NULL;
    strftime(text, 16, "%Y-%m-%d", &day);
    return text;
}

static char *turn_question(agent_state *s, agent_context *c, const char *wrong, const char *why)
{
    prompt_hint hints[PROMPT_HINTS_SHOWN];
    char today[16];
    const prompt_asked q = {
        .question = s->question, .evidence = s->work->o->evidence, .hints = hints,
        .n_hints = prompt_hints(c->catalog, s->question, hints, PROMPT_HINTS_SHOWN),
        .examples = retrieval_of(s)->examples, .n_examples = retrieval_of(s)->n_examples,
        .today = today_text(c, today), .wrong_sql = wrong, .error = why};
    str text = {0};

    prompt_question(c->catalog, &(prompt_options){0}, &q, &text);
    return str_take(&text);
}

/* The two parts are encoded apart, as they meet at a line's end; marks are read
 * in our own text only. */
bool model_prompt(agent_state *s, agent_context *c, const char *wrong, const char *why,
                  token_list *ids, err *e)
{
    const bool turn = model_is_taught(c);
    char *tail;
    bool ok;

    if (!fixed_text(s, c, turn, e))
        return false;
    ok = turn ? encode(c, PROMPT_USER, TOKEN_ADD_BOS | TOKEN_PARSE_SPECIAL, ids, e) &&
                    encode(c, c->prefix, 0, ids, e)
              : encode(c, c->prefix, TOKEN_ADD_BOS, ids, e);
    if (!ok || (!has_prefix(c, ids) && !extend_prefix(c, ids, e)))
        return false;
    tail = turn ? turn_question(s, c, wrong, why)
                : few_shot_question(c, s->question, s->work->o->evidence, wrong, why);
    ok = tail ? encode(c, tail, 0, ids, e) : err_set(e, ERR_NOMEM, "out of memory for the prompt");
    free(tail);
    return ok && (!turn || encode(c, PROMPT_MODEL, TOKEN_PARSE_SPECIAL, ids, e));
}
