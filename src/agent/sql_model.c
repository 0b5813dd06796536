/* sql_model.c - the model writes a statement; nothing of it is believed.
 *
 * The text is cut to its first statement, parsed, bound, guarded and prepared
 * by the database. One repair with the error's words; then the fallbacks go on.
 * The prompt's fixed part is restored from disk where it was computed before. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_impl.h"
#include "token/token.h"

enum { ANSWER_TOKENS = 160, BEAMS_MOST = 4 };
#define CACHE_BYTES ((uint64_t)512 << 20)

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

/* ---- the prompt's tokens ------------------------------------------------------ */

/* The prefix's KV from disk, else computed and kept; a cache that can't be
 * written only costs time. */
static bool extend_prefix(agent_context *c, const token_list *prefix, err *e)
{
    str dir = {0};
    err local = {0};
    const int n = (int)prefix->n;
    const bool cached = home_path(&dir, "cache/prefix", &local);
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

/* All ids of the prompt; the session holds its fixed part. The two parts are
 * encoded apart, as they meet at a line's end. */
static bool prompt_ids(agent_state *s, agent_context *c, const char *wrong, const char *why,
                       token_list *ids, err *e)
{
    const tokenizer *t = gemma_tokenizer(c->model);
    char *tail;
    bool ok;

    if (!c->prefix && !(c->prefix = few_shot_prefix(c)))
        return err_set(e, ERR_NOMEM, "out of memory for the prompt");
    if (!tokenizer_encode(t, c->prefix, strlen(c->prefix), TOKEN_ADD_BOS, ids, e) ||
        (!has_prefix(c, ids) && !extend_prefix(c, ids, e)))
        return false;
    tail = few_shot_question(c, s->question, s->work->o->evidence, wrong, why);
    ok = tail ? tokenizer_encode(t, tail, strlen(tail), 0, ids, e)
              : err_set(e, ERR_NOMEM, "out of memory for the prompt");
    free(tail);
    return ok;
}

/* ---- writing ------------------------------------------------------------------- */

typedef struct writing {
    const tokenizer *t;
    str text;
} writing;

/* The answer is over at ';' or at the end of its line. */
static bool on_token(void *arg, int32_t id)
{
    writing *w = arg;
    const size_t from = w->text.n;

    tokenizer_decode(w->t, &id, 1, false, &w->text);
    for (size_t i = from; i < w->text.n; i++)
        if (w->text.text[i] == ';' || (w->text.text[i] == '\n' && i > 1))
            return false;
    return true;
}

static bool write_once(agent_context *c, const gemma_sampling *how, const token_list *ids,
                       writing *w, err *e)
{
    int32_t out[ANSWER_TOKENS];
    int n = 0;

    return gemma_generate(c->session, ids->ids, (int)ids->n, how, on_token, w, out, &n, e);
}

static bool accept(agent_state *s, agent_context *c, const char *text, err *e)
{
    char *sql = sql_extract(s->arena, text);
    db_result *prepared;

    if (!sql)
        return err_set(e, ERR_MODEL, "the model wrote no statement");
    if (!sql_accept(s, c, sql, e) || !sql_faithful(s->question, s->sql, e))
        return false;
    prepared = db_prepare(c->db, s->sql, e);
    db_result_free(prepared);
    return prepared != NULL;
}

/* The best beam that passes all checks. */
static bool write_beams(agent_state *s, agent_context *c, const gemma_sampling *how,
                        const token_list *ids, int n_beams, str *last, err *e)
{
    gemma_beam beams[BEAMS_MOST];
    int n = 0;

    if (!session_set(c->session, ids->ids, (int)ids->n, e) ||
        !session_beams(c->session, n_beams, how, beams, &n, e))
        return false;
    err_set(e, ERR_MODEL, "the model wrote no statement");
    for (int i = 0; i < n; i++) {
        str text = {0};
        bool ok;

        tokenizer_decode(gemma_tokenizer(c->model), beams[i].ids, (size_t)beams[i].n, false, &text);
        ok = accept(s, c, str_text(&text), e);
        if (!i)
            str_adds(last, str_text(&text));
        str_deinit(&text);
        if (ok)
            return true;
    }
    return false;
}

/* One try. `last` keeps what the model wrote, for the repair. */
static bool try_once(agent_state *s, agent_context *c, const char *wrong, const char *why, str *last,
                     err *e)
{
    const agent_options *o = s->work->o;
    const tokenizer *t = gemma_tokenizer(c->model);
    const int32_t stop[] = {tokenizer_specials(t).eos, tokenizer_find(t, ";", 1),
                            tokenizer_find(t, "\n", 1), tokenizer_find(t, "\n\n", 2)};
    const gemma_sampling how = {.temperature = (float)o->temperature, .seed = o->seed,
                                .top_p = o->temperature > 0 ? 0.95f : 0, .max_tokens = ANSWER_TOKENS,
                                .stop = stop, .n_stop = 4};
    const int n_beams = o->beam > BEAMS_MOST ? BEAMS_MOST : o->beam;
    token_list ids = {0};
    writing w = {.t = t};
    bool ok = prompt_ids(s, c, wrong, why, &ids, e);

    if (ok && n_beams > 1) {
        ok = write_beams(s, c, &how, &ids, n_beams, last, e);
    } else if (ok) {
        ok = write_once(c, &how, &ids, &w, e);
        str_adds(last, str_text(&w.text));
        ok = ok && accept(s, c, str_text(&w.text), e);
    }
    str_deinit(&w.text);
    token_list_deinit(&ids);
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

bool sql_by_model(agent_state *s, agent_context *c, err *e)
{
    str first = {0}, second = {0};
    double start;
    bool ok;

    if (!context_model(c, s->work->o->adapter, e))
        return false;
    name_model(s, c);
    start = clock_ms();
    ok = try_once(s, c, NULL, NULL, &first, e);
    if (ok) {
        state_why(s, "model", "prepared at the first try");
    } else if (repairable(e)) {
        const char *wrong = sql_extract(s->arena, str_text(&first));
        const err why = *e;

        state_trace(s, "sql_generator", "model",
                    state_strf(s, "%s: %s", wrong ? wrong : "", why.msg), clock_ms() - start);
        ok = try_once(s, c, wrong ? wrong : "", why.msg, &second, e);
        if (ok)
            state_why(s, "model", "prepared after one repair");
    }
    str_deinit(&first);
    str_deinit(&second);
    return ok;
}
