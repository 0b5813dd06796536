/* parse_impl.h - what the files of the parser share.
 *
 * Recursive descent. Every function that returns a node returns NULL after the
 * first failure, which is in p->e; nesting, node count and depth are bounded
 * in parse_enter, parse_node and parse_done, so no input can exhaust the
 * stack of the parser or of whoever walks the tree. */
#ifndef SQL_PARSE_IMPL_H
#define SQL_PARSE_IMPL_H

#include "sql/lex_impl.h"
#include "sql/tree.h"

typedef struct parser {
    arena *a;
    const char *text;
    const token *token, *last; /* the current one; the TOKEN_END */
    int n_nodes, nesting;
    bool sqlite; /* read SQLite's spelling */
    err *e;
} parser;

/* ---- tokens (parse_token.c) ---- */
bool parse_word(const parser *p, const char *word);              /* is it this word? */
bool parse_word_at(const parser *p, int ahead, const char *word);
bool parse_symbol(const parser *p, const char *symbol);
bool parse_symbol_at(const parser *p, int ahead, const char *symbol);
bool parse_accept(parser *p, const char *word);  /* and go on */
bool parse_accept_symbol(parser *p, const char *symbol);
bool parse_expect(parser *p, const char *word);
bool parse_expect_symbol(parser *p, const char *symbol);
bool parse_fail(parser *p, const char *expected); /* "expected X, found Y"; false */
bool parse_refuse(parser *p, int at, const char *why);
bool parse_nomem(parser *p);
const char *parse_text(parser *p, const token *t); /* of a word or name; NULL: no memory */
const char *parse_lower(parser *p, const token *t);
/* A name that may stand bare: `what` is for the message. */
const char *parse_name(parser *p, const char *what);
const char *parse_any_name(parser *p, const char *what); /* after a dot or AS */
bool parse_bare_name(const parser *p); /* would parse_name take the current token? */
bool parse_names(parser *p, sql_names *out); /* (a, b, …) */

/* ---- nodes (parse_token.c) ---- */
sql_expr *parse_node(parser *p, sql_kind kind, int at);
sql_expr *parse_done(parser *p, sql_expr *x); /* depth; NULL: too deep */
bool parse_push(parser *p, sql_exprs *list, sql_expr *x); /* false also for NULL */
bool parse_push_name(parser *p, sql_names *list, const char *name);
bool parse_push_order(parser *p, sql_orders *list, sql_order order);
void *parse_grow(parser *p, void *items, int n, size_t size); /* room for one more */
bool parse_few(parser *p, int n, int most, const char *of); /* n <= most, or ERR_LIMIT */
bool parse_enter(parser *p); /* one level of nesting; ERR_LIMIT */
void parse_leave(parser *p);
int parse_deeper(int depth, int other); /* the greater */

/* A statement in SQLite's spelling, as written; the binder reads the rest of its meaning. */
sql_stmt *parse_sqlite(arena *a, const char *text, err *e);

/* ---- the grammar ---- */
sql_query *parse_query(parser *p);              /* parse.c: WITH … SELECT … ORDER … LIMIT */
bool parse_starts_query(const parser *p, int ahead);
sql_query *parse_query_node(parser *p, sql_query_kind kind, int at); /* parse_select.c */
void parse_deepen(sql_query *q, const sql_expr *x); /* NULL is allowed */
sql_query *parse_select(parser *p);             /* SELECT … or FROM …, without ORDER, LIMIT */
sql_query *parse_values(parser *p, int at);     /* after VALUES */
sql_from *parse_from_item(parser *p);           /* parse_from.c */
sql_expr *parse_expr(parser *p);                /* parse_expr.c */
bool parse_exprs(parser *p, sql_exprs *out);    /* a, b, … */
sql_expr *parse_not(parser *p, sql_expr *x, int at);
sql_expr *parse_primary(parser *p);             /* parse_primary.c */
sql_expr *parse_cast(parser *p, sql_expr *x, const char *type, bool try_cast, int at);
sql_expr *parse_call(parser *p);                /* parse_call.c: at name ( */
sql_expr *parse_star(parser *p, sql_names qualifier, int at); /* after the * */
bool parse_order(parser *p, sql_orders *out);   /* after ORDER BY */
bool parse_window(parser *p, sql_window *w);    /* after ( */
const char *parse_type(parser *p);              /* parse_type.c: main spelling */
const char *type_known(const char *word, size_t n); /* main spelling of one word, or NULL */

#endif
