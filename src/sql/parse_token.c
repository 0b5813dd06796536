/* parse_token.c - tokens, names and nodes for the parser. */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sql/keywords.h"
#include "sql/parse_impl.h"

static bool same(const token *t, token_kind kind, const char *text)
{
    return t->kind == kind && strlen(text) == (size_t)t->n &&
           !strncasecmp(t->text, text, (size_t)t->n);
}

/* The token `ahead` of the current one, never past the end. */
static const token *ahead_of(const parser *p, int ahead)
{
    return p->last - p->token < ahead ? p->last : p->token + ahead;
}

bool parse_word(const parser *p, const char *word) { return same(p->token, TOKEN_WORD, word); }
bool parse_symbol(const parser *p, const char *s)  { return same(p->token, TOKEN_SYMBOL, s); }

bool parse_word_at(const parser *p, int ahead, const char *word)
{
    return same(ahead_of(p, ahead), TOKEN_WORD, word);
}

bool parse_symbol_at(const parser *p, int ahead, const char *symbol)
{
    return same(ahead_of(p, ahead), TOKEN_SYMBOL, symbol);
}

bool parse_accept(parser *p, const char *word)
{
    return parse_word(p, word) && p->token++;
}

bool parse_accept_symbol(parser *p, const char *symbol)
{
    return parse_symbol(p, symbol) && p->token++;
}

bool parse_expect(parser *p, const char *word)
{
    char upper[24];
    size_t n = 0;

    if (parse_accept(p, word))
        return true;
    for (; word[n] && n < sizeof upper - 1; n++)
        upper[n] = word[n] >= 'a' && word[n] <= 'z' ? (char)(word[n] - 32) : word[n];
    upper[n] = 0;
    return parse_fail(p, upper);
}

bool parse_expect_symbol(parser *p, const char *symbol)
{
    char quoted[8] = "\"";

    strncat(quoted, symbol, 3);
    strcat(quoted, "\"");
    return parse_accept_symbol(p, symbol) || parse_fail(p, quoted);
}

bool parse_fail(parser *p, const char *expected)
{
    const token *t = p->token;

    if (p->e->code != ERR_OK) /* the first failure is the one kept */
        return false;
    if (t->kind == TOKEN_END)
        return refuse_at(p->e, ERR_REFUSED, p->text, t->at,
                         "expected %s, but the statement ends here", expected);
    return refuse_at(p->e, ERR_REFUSED, p->text, t->at, "expected %s, found %.*s", expected,
                     whole_characters(p->text + t->at, t->n < 60 ? t->n : 60), p->text + t->at);
}

bool parse_refuse(parser *p, int at, const char *why)
{
    return p->e->code == ERR_OK ? refuse_at(p->e, ERR_REFUSED, p->text, at, "%s", why) : false;
}

bool parse_nomem(parser *p)
{
    if (p->e->code == ERR_OK)
        err_set(p->e, ERR_NOMEM, "the statement needs more memory than it may have");
    return false;
}

const char *parse_text(parser *p, const token *t)
{
    const char *text = t->kind == TOKEN_NAME || t->kind == TOKEN_STRING
                           ? t->text : arena_strn(p->a, t->text, (size_t)t->n);

    if (!text)
        parse_nomem(p);
    return text;
}

const char *parse_lower(parser *p, const token *t)
{
    const char *as_written = parse_text(p, t);
    char *text = as_written ? arena_str(p->a, as_written) : NULL;

    if (!text)
        return parse_nomem(p), NULL;
    for (char *c = text; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    return text;
}

bool parse_bare_name(const parser *p)
{
    const token *t = p->token;
    const keyword_class class =
        t->kind == TOKEN_WORD ? keyword_class_of(t->text, (size_t)t->n) : KEYWORD_NONE;

    return t->kind == TOKEN_NAME ||
           (t->kind == TOKEN_WORD && class != KEYWORD_RESERVED && class != KEYWORD_TYPE_FUNCTION);
}

const char *parse_name(parser *p, const char *what)
{
    if (!parse_bare_name(p)) {
        if (p->token->kind == TOKEN_WORD && p->e->code == ERR_OK)
            refuse_at(p->e, ERR_REFUSED, p->text, p->token->at,
                      "expected %s, found the keyword %.*s (put it in double quotes to use it "
                      "as a name)", what, p->token->n, p->token->text);
        return parse_fail(p, what), NULL;
    }
    return parse_text(p, p->token++);
}

const char *parse_any_name(parser *p, const char *what)
{
    if (p->token->kind != TOKEN_NAME && p->token->kind != TOKEN_WORD)
        return parse_fail(p, what), NULL;
    return parse_text(p, p->token++);
}

bool parse_names(parser *p, sql_names *out)
{
    if (!parse_expect_symbol(p, "("))
        return false;
    do {
        if (!parse_push_name(p, out, parse_name(p, "a column name")))
            return false;
    } while (parse_accept_symbol(p, ","));
    return parse_expect_symbol(p, ")");
}

sql_expr *parse_node(parser *p, sql_kind kind, int at)
{
    sql_expr *x;

    if (++p->n_nodes > SQL_MAX_NODES) {
        if (p->e->code == ERR_OK)
            refuse_at(p->e, ERR_LIMIT, p->text, at, "the statement has more than %d parts",
                      SQL_MAX_NODES);
        return NULL;
    }
    x = arena_push(p->a, sql_expr, 1);
    if (!x)
        return parse_nomem(p), NULL;
    x->kind = kind;
    x->at = at;
    x->depth = 1;
    x->table = x->column = -1;
    return x;
}

int parse_deeper(int depth, int other) { return depth > other ? depth : other; }

static int depth_of(const sql_expr *x) { return x ? x->depth : 0; }

static int orders_depth(const sql_orders *o)
{
    int depth = 0;

    for (int i = 0; i < o->n; i++)
        depth = parse_deeper(depth, depth_of(o->at[i].expr));
    return depth;
}

static int exprs_depth(const sql_exprs *list)
{
    int depth = 0;

    for (int i = 0; i < list->n; i++)
        depth = parse_deeper(depth, list->at[i]->depth);
    return depth;
}

sql_expr *parse_done(parser *p, sql_expr *x)
{
    int depth;

    if (!x)
        return NULL;
    depth = exprs_depth(&x->args);
    if (x->query)
        depth = parse_deeper(depth, x->query->depth);
    if (x->star)
        depth = parse_deeper(depth, exprs_depth(&x->star->replace));
    if (x->call) {
        depth = parse_deeper(depth, depth_of(x->call->filter));
        depth = parse_deeper(depth, orders_depth(&x->call->order));
        if (x->call->over) {
            depth = parse_deeper(depth, exprs_depth(&x->call->over->partition));
            depth = parse_deeper(depth, orders_depth(&x->call->over->order));
        }
    }
    x->depth = depth + 1;
    if (x->depth <= SQL_MAX_DEPTH)
        return x;
    if (p->e->code == ERR_OK)
        refuse_at(p->e, ERR_LIMIT, p->text, x->at, "the statement is nested more than %d deep",
                  SQL_MAX_DEPTH);
    return NULL;
}

void *parse_grow(parser *p, void *items, int n, size_t size)
{
    void *more;

    if (n && (n & (n - 1)))
        return items;
    more = arena_push_bytes(p->a, n ? (size_t)n * 2 : 1, size, _Alignof(max_align_t));
    if (!more)
        return parse_nomem(p), NULL;
    if (n)
        memcpy(more, items, (size_t)n * size);
    return more;
}

bool parse_push(parser *p, sql_exprs *list, sql_expr *x)
{
    sql_expr **at = x ? parse_grow(p, list->at, list->n, sizeof(sql_expr *)) : NULL;

    if (!at)
        return false;
    list->at = at;
    at[list->n++] = x;
    return true;
}

bool parse_push_name(parser *p, sql_names *list, const char *name)
{
    const char **at = name ? parse_grow(p, list->at, list->n, sizeof(char *)) : NULL;

    if (!at)
        return false;
    list->at = at;
    at[list->n++] = name;
    return true;
}

bool parse_push_order(parser *p, sql_orders *list, sql_order order)
{
    sql_order *at = parse_grow(p, list->at, list->n, sizeof(sql_order));

    if (!at)
        return false;
    list->at = at;
    at[list->n++] = order;
    return true;
}

bool parse_few(parser *p, int n, int most, const char *of)
{
    if (n <= most)
        return true;
    return p->e->code == ERR_OK && refuse_at(p->e, ERR_LIMIT, p->text, p->token->at,
                                             "%s of more than %d parts", of, most);
}

bool parse_enter(parser *p)
{
    if (p->nesting++ < SQL_MAX_NESTING)
        return true;
    if (p->e->code == ERR_OK)
        refuse_at(p->e, ERR_LIMIT, p->text, p->token->at,
                  "the statement is nested more than %d levels deep", SQL_MAX_NESTING);
    return false;
}

void parse_leave(parser *p) { p->nesting--; }
