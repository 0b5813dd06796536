/* sql_model.c - the model writes a statement; nothing of it is believed.
 *
 * A model that was taught the task writes under the mask (sql/mask.h). The text is
 * cut to its first statement, parsed, bound, guarded and prepared by the database.
 * One repair with the error's words; then the fallbacks go on. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"
#include "rag/prompt.h"
#include "token/token.h"

enum { ANSWER_TOKENS = 256, BEAMS_MOST = 4 };

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Does a statement start here? */
static bool starts_statement(const char *text, const char *p)
{
    static const char *const starts[] = {"select", "with", "from"};

    if (p > text && is_word(p[-1]))
        return false;
    for (size_t i = 0; i < 3; i++) {
        const size_t n = strlen(starts[i]);

        if (!strncasecmp(p, starts[i], n) && !is_word(p[n]) && p[n])
            return true;
    }
    return false;
}

/* The end of the statement: a ';' outside quotes, a blank line, the next pair. */
static const char *statement_end(const char *p)
{
    char quote = 0;

    for (; *p; p++) {
        if (quote) {
            quote = *p == quote ? 0 : quote;
            continue;
        }
        if (*p == '\'' || *p == '"')
            quote = *p;
        else if (*p == ';' || !strncmp(p, "\n\n", 2) || !strncmp(p, "\nQuestion:", 10) ||
                 !strncmp(p, "```", 3))
            break;
    }
    return p;
}

char *sql_extract(arena *a, const char *text)
{
    const char *p = text, *end;

    while (*p && !starts_statement(text, p))
        p++;
    if (!*p)
        return NULL;
    end = statement_end(p);
    while (end > p && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return arena_strn(a, p, (size_t)(end - p));
}

/* ---- writing ------------------------------------------------------------------- */

typedef struct writing {
    agent_state *s;
    agent_context *c;
    const tokenizer *t;
    token_list ids; /* of the prompt */
    mask *mask;     /* NULL: any token */
    gemma_effort effort;
    str text;       /* what was written last */
    bool taught;
} writing;

/* Without a mask the answer is over at ';' or at the end of its line. */
static bool on_token(void *arg, int32_t id)
{
    writing *w = arg;
    const size_t from = w->text.n;

    tokenizer_decode(w->t, &id, 1, false, &w->text);
    for (size_t i = from; i < w->text.n && !w->mask; i++)
        if (w->text.text[i] == ';' || (w->text.text[i] == '\n' && i > 1))
            return false;
    return true;
}

/* "not in this data: returns of 2019" */
static bool refused(const char *text, err *e)
{
    if (!str_starts(text, PROMPT_REFUSAL))
        return false;
    err_set(e, ERR_NOT_IN_DATA, "not in this data: %.200s", text + strlen(PROMPT_REFUSAL));
    return true;
}

static bool accept(writing *w, const char *text, err *e)
{
    agent_state *s = w->s;
    db_result *prepared;
    char *sql;

    if (refused(text, e))
        return false;
    sql = sql_extract(s->arena, text);
    if (!sql)
        return err_set(e, ERR_MODEL, "the model wrote no statement");
    if (!sql_accept(s, w->c, sql, e) || (!w->taught && !sql_faithful(s->question, s->sql, e)))
        return false;
    prepared = db_prepare(w->c->db, s->sql, e);
    db_result_free(prepared);
    return prepared != NULL;
}

/* The best beam that passes all checks. */
static bool write_beams(writing *w, const gemma_sampling *how, int n_beams, err *e)
{
    gemma_beam beams[BEAMS_MOST];
    int n = 0;

    if (!session_set(w->c->session, w->ids.ids, (int)w->ids.n, e) ||
        !session_beams(w->c->session, n_beams, how, beams, &n, e))
        return false;
    err_set(e, ERR_MODEL, "the model wrote no statement");
    for (int i = 0; i < n; i++) {
        str text = {0};
        bool ok;

        tokenizer_decode(w->t, beams[i].ids, (size_t)beams[i].n, false, &text);
        ok = accept(w, str_text(&text), e);
        if (!i)
            str_adds(&w->text, str_text(&text));
        str_deinit(&text);
        if (ok)
            return true;
    }
    return false;
}

static bool write_one(writing *w, const gemma_sampling *how, err *e)
{
    int32_t out[ANSWER_TOKENS];
    int n = 0;

    return gemma_generate(w->c->session, w->ids.ids, (int)w->ids.n, how, on_token, w, out, &n, e) &&
           accept(w, str_text(&w->text), e);
}

static bool open_mask(writing *w, const int32_t *ends, int n_ends, err *e)
{
    const agent_options *o = w->s->work->o;
    const mask_options options = {.question = w->s->question, .evidence = o->evidence,
                                  .max_tokens = ANSWER_TOKENS, .refusal = PROMPT_REFUSAL,
                                  .ends = ends, .n_ends = n_ends};
    const mask_schema *names;

    if (!w->taught || o->no_mask)
        return true;
    names = context_names(w->c, e);
    w->mask = names ? mask_new(names, &options, e) : NULL;
    return w->mask != NULL;
}

/* One try. w->text keeps what the model wrote, for the repair. */
static bool try_once(writing *w, const char *wrong, const char *why, err *e)
{
    const agent_options *o = w->s->work->o;
    const special_tokens specials = tokenizer_specials(w->t);
    const int32_t stop[] = {specials.end_of_turn, specials.eos, tokenizer_find(w->t, ";", 1),
                            tokenizer_find(w->t, "\n", 1), tokenizer_find(w->t, "\n\n", 2)};
    gemma_sampling how = {.temperature = (float)o->temperature, .seed = o->seed,
                          .top_p = o->temperature > 0 ? 0.95f : 0, .max_tokens = ANSWER_TOKENS,
                          .stop = stop, .n_stop = 5, .effort = &w->effort};
    const int n_beams = o->beam > BEAMS_MOST ? BEAMS_MOST : o->beam;
    bool ok;

    w->ids.n = 0;
    str_reset(&w->text);
    if (!model_prompt(w->s, w->c, wrong, why, &w->ids, e) || !open_mask(w, stop, 1, e))
        return false;
    if (w->mask) {
        how.mask = mask_next;
        how.admits = mask_admits;
        how.mask_arg = w->mask;
        how.n_stop = 1;
    }
    ok = n_beams > 1 ? write_beams(w, &how, n_beams, e) : write_one(w, &how, e);
    mask_free(w->mask);
    w->mask = NULL;
    return ok;
}

static void name_model(agent_state *s, const agent_context *c)
{
    gemma_info info;
    gemma_adapter_info adapter;

    gemma_describe(c->model, &info);
    s->weights = state_str(s, info.identity);
    s->kernel_table = state_str(s, info.kernels);
    if (session_adapter(c->session)) {
        gemma_adapter_describe(session_adapter(c->session), &adapter);
        s->adapter = state_str(s, adapter.digest);
    }
}

/* Worth another try with the error's words: what the model wrote was wrong. */
static bool repairable(const err *e)
{
    return e->code == ERR_REFUSED || e->code == ERR_NOT_FOUND || e->code == ERR_DB ||
           e->code == ERR_ARG || e->code == ERR_FORMAT;
}

/* Tokens written, and of them those that the grammar and the names left no choice for. */
static const char *effort_text(const writing *w)
{
    const gemma_effort *f = &w->effort;

    return f->tokens ? state_strf(w->s, "; %d tokens written, %d of them forced, in %d passes", (int)f->tokens,
                                  (int)f->forced, (int)f->passes) : "";
}

static bool try_twice(writing *w, err *e)
{
    const double start = clock_ms();
    const char *wrong;
    err why;

    if (try_once(w, NULL, NULL, e)) {
        state_why(w->s, "model", "prepared at the first try%s", effort_text(w));
        return true;
    }
    if (!repairable(e))
        return false;
    why = *e;
    wrong = sql_extract(w->s->arena, str_text(&w->text));
    state_trace(w->s, "sql_generator", "model", state_strf(w->s, "%s: %s", wrong ? wrong : "", why.msg),
                clock_ms() - start);
    if (!try_once(w, wrong ? wrong : "", why.msg, e))
        return false;
    state_why(w->s, "model", "prepared after one repair%s", effort_text(w));
    return true;
}

bool sql_by_model(agent_state *s, agent_context *c, err *e)
{
    writing w = {.s = s, .c = c};
    bool ok;

    if (!context_model(c, s->work->o->adapter, e))
        return false;
    name_model(s, c);
    w.t = gemma_tokenizer(c->model);
    w.taught = model_is_taught(c);
    ok = try_twice(&w, e);
    str_deinit(&w.text);
    token_list_deinit(&w.ids);
    return ok;
}
