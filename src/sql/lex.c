/* lex.c - text to tokens, in two passes over the same scanner: the first
 * counts and checks, so that the second can fill one array of the right size.
 *
 * Bytes beyond ASCII are letters, except blanks and marks that a reader can't
 * see (no-break space, zero width, direction marks, BOM): outside quotes they
 * are refused, since a person checking the SQL would be misled by them. */
#include "sql/lex_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sql/tree.h"

typedef struct lexer {
    arena *a; /* NULL in the counting pass */
    const char *text;
    int n, pos;
    bool sqlite; /* its spelling */
    err *e;
} lexer;

sql_place sql_place_of(const char *text, int at)
{
    sql_place p = {1, 1};

    for (int i = 0; i < at && text[i]; i++)
        if (text[i] == '\n') {
            p.line++;
            p.column = 1;
        } else if (((unsigned char)text[i] & 0xC0) != 0x80)
            p.column++;
    return p;
}

int whole_characters(const char *text, int n)
{
    int last = n;

    while (last > 0 && ((unsigned char)text[last - 1] & 0xC0) == 0x80)
        last--;
    if (last > 0 && (unsigned char)text[last - 1] >= 0xC0)
        last--; /* where the last character begins */
    return last < n && utf8_len(text + last, (size_t)(n - last)) == (size_t)(n - last) ? n : last;
}

bool refuse_at(err *e, err_code code, const char *text, int at, const char *fmt, ...)
{
    const sql_place p = sql_place_of(text, at);
    char what[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    what[whole_characters(what, (int)strlen(what))] = 0;
    return err_set(e, code, "line %d, column %d: %s", p.line, p.column, what);
}

static int peek(const lexer *l, int ahead)
{
    return l->pos + ahead < l->n ? (unsigned char)l->text[l->pos + ahead] : 0;
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }
static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}
static bool is_hex(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* U+0080–U+00A0, U+00AD, U+2000–U+206F, U+3000, U+FEFF */
static bool invisible(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    return (u[0] == 0xC2 && (u[1] <= 0xA0 || u[1] == 0xAD)) ||
           (u[0] == 0xE2 && (u[1] == 0x80 || (u[1] == 0x81 && u[2] <= 0xAF))) ||
           (u[0] == 0xE3 && u[1] == 0x80 && u[2] == 0x80) ||
           (u[0] == 0xEF && u[1] == 0xBB && u[2] == 0xBF);
}

static bool skip_block_comment(lexer *l)
{
    const int start = l->pos;
    int depth = 0;

    do {
        if (peek(l, 0) == '/' && peek(l, 1) == '*') {
            depth++;
            l->pos += 2;
        } else if (peek(l, 0) == '*' && peek(l, 1) == '/') {
            depth--;
            l->pos += 2;
        } else if (l->pos++ >= l->n)
            return refuse_at(l->e, ERR_REFUSED, l->text, start, "the comment has no end");
    } while (depth);
    return true;
}

static bool skip_blanks(lexer *l)
{
    for (;;) {
        const int c = peek(l, 0);

        if (c == ' ' || (c >= '\t' && c <= '\r'))
            l->pos++;
        else if (c == '-' && peek(l, 1) == '-')
            while (l->pos < l->n && peek(l, 0) != '\n')
                l->pos++;
        else if (c == '/' && peek(l, 1) == '*') {
            if (!skip_block_comment(l))
                return false;
        } else
            return true;
    }
}

/* Decoded text goes to the arena in the filling pass only. */
static char *room(lexer *l, int n)
{
    char *text = l->a ? arena_push(l->a, char, (size_t)n + 1) : NULL;

    if (l->a && !text)
        err_set(l->e, ERR_NOMEM, "the statement needs more memory than it may have");
    return text;
}

/* '…' or "…", the quote doubled inside. */
static bool quoted(lexer *l, token *t, char quote, const char *what)
{
    const int start = l->pos++;
    int n = 0;
    char *text = NULL;

    for (int pass = 0; pass < 2; pass++) {
        l->pos = start + 1;
        for (n = 0;; n++, l->pos++) {
            if (l->pos >= l->n)
                return refuse_at(l->e, ERR_REFUSED, l->text, start, "the %s has no end", what);
            if (peek(l, 0) == quote && peek(l, 1) != quote)
                break;
            if (peek(l, 0) == quote)
                l->pos++;
            if (text)
                text[n] = l->text[l->pos];
        }
        if (pass || !l->a)
            break;
        if (!(text = room(l, n)))
            return false;
    }
    l->pos++;
    t->text = text;
    if (quote == '"' && !n && !l->sqlite)
        return refuse_at(l->e, ERR_REFUSED, l->text, start, "a name can't be empty");
    return true;
}

/* E'…': only the escapes that need no further rules. */
static bool escaped(lexer *l, token *t)
{
    const int start = l->pos;
    static const char codes[] = "b\bf\fn\nr\rt\t\\\\''\"\"";
    char *text = room(l, l->n - start < 65536 ? l->n - start : 65536);
    int n = 0;

    if (l->a && !text)
        return false;
    for (l->pos += 2;; n++, l->pos++) {
        int c = peek(l, 0);
        const char *code;

        if (l->pos >= l->n || n >= 65536)
            return refuse_at(l->e, ERR_REFUSED, l->text, start, "the string has no end");
        if (c == '\'' && peek(l, 1) != '\'')
            break;
        if (c == '\'')
            l->pos++;
        if (c == '\\') {
            c = peek(l, 1);
            for (code = codes; *code && *code != c; code += 2) {}
            if (!*code)
                return refuse_at(l->e, ERR_REFUSED, l->text, l->pos,
                                 "this escape in an E'…' string is not read; write the "
                                 "character itself");
            c = code[1];
            l->pos++;
        }
        if (text)
            text[n] = (char)c;
    }
    l->pos++;
    t->text = text;
    return true;
}

/* $$…$$ or $tag$…$tag$ */
static bool dollar_quoted(lexer *l, token *t)
{
    const int start = l->pos;
    int tag = 1;
    const char *end;
    char *text;

    while (is_letter(peek(l, tag)) || (tag > 1 && is_digit(peek(l, tag))))
        tag++;
    if (peek(l, tag) != '$')
        return refuse_at(l->e, ERR_REFUSED, l->text, start,
                         "parameters ($1) are not read; write the value");
    tag++;
    if (tag > 64)
        return refuse_at(l->e, ERR_REFUSED, l->text, start, "the tag of this string is too long");
    for (end = l->text + start + tag; (end = strchr(end, '$')); end++)
        if (!strncmp(end, l->text + start, (size_t)tag))
            break;
    if (!end)
        return refuse_at(l->e, ERR_REFUSED, l->text, start, "the string has no end");
    l->pos = (int)(end - l->text) + tag;
    text = room(l, (int)(end - l->text) - start - tag);
    if (text)
        memcpy(text, l->text + start + tag, (size_t)(end - l->text - start - tag));
    t->text = text;
    return text || !l->a;
}

static bool number(lexer *l)
{
    const int start = l->pos;
    bool point = false;

    if (peek(l, 0) == '0' && (peek(l, 1) | 32) == 'x' && is_hex(peek(l, 2)))
        for (l->pos += 2; is_hex(peek(l, 0));)
            l->pos++;
    else {
        for (;; l->pos++) {
            const int c = peek(l, 0);

            if (c == '.' && !point && peek(l, 1) != '.')
                point = true;
            else if (!is_digit(c) && !(c == '_' && l->pos > start && is_digit(peek(l, 1))))
                break;
        }
        if ((peek(l, 0) | 32) == 'e' &&
            (is_digit(peek(l, 1)) ||
             ((peek(l, 1) == '+' || peek(l, 1) == '-') && is_digit(peek(l, 2)))))
            for (l->pos += 2; is_digit(peek(l, 0));)
                l->pos++;
    }
    if (is_letter(peek(l, 0)))
        return refuse_at(l->e, ERR_REFUSED, l->text, start, "a name can't begin with a digit; "
                         "put it in double quotes");
    if (l->pos - start > 80)
        return refuse_at(l->e, ERR_REFUSED, l->text, start, "the number is too long");
    return true;
}

/* [name]: ends at the first bracket. */
static bool bracketed(lexer *l, token *t)
{
    const char *end = memchr(l->text + l->pos, ']', (size_t)(l->n - l->pos));
    const int n = end ? (int)(end - l->text) - l->pos - 1 : 0;
    char *text;

    if (!n)
        return refuse_at(l->e, ERR_REFUSED, l->text, l->pos, "the name in brackets has no end");
    text = room(l, n);
    if (text)
        memcpy(text, l->text + l->pos + 1, (size_t)n);
    l->pos += n + 2;
    t->text = text;
    return text || !l->a;
}

static bool symbol(lexer *l)
{
    static const char *const all[] = {
        "->>", "!~~", "<=", ">=", "<>", "!=", "==", "||", "::", "->", "<<", ">>", "//", "**",
        "^@", "@>", "<@", "&&", "!~", ":=", "=>", "..",
        "(", ")", "[", "]", "{", "}", ",", ";", ".", ":", "+", "-", "*", "/", "%", "^", "=",
        "<", ">", "&", "|", "~", "?", "@", "#", "!"};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!strncmp(l->text + l->pos, all[i], strlen(all[i]))) {
            l->pos += (int)strlen(all[i]);
            return true;
        }
    if (peek(l, 0) == '`')
        return refuse_at(l->e, ERR_REFUSED, l->text, l->pos,
                         "names are quoted with \" and not with a backtick");
    return refuse_at(l->e, ERR_REFUSED, l->text, l->pos, "this character has no meaning in SQL");
}

static bool word(lexer *l)
{
    while (is_letter(peek(l, 0)) || is_digit(peek(l, 0)) || peek(l, 0) == '$') {
        if (peek(l, 0) >= 0x80 && invisible(l->text + l->pos))
            return refuse_at(l->e, ERR_REFUSED, l->text, l->pos,
                             "there is an invisible character here; write a plain blank");
        l->pos++;
    }
    return true;
}

static bool next(lexer *l, token *t)
{
    const int c = peek(l, 0), d = peek(l, 1);
    bool ok;

    *t = (token){.at = l->pos, .text = l->text + l->pos};
    if (c == '\'') {
        t->kind = TOKEN_STRING;
        ok = quoted(l, t, '\'', "string");
    } else if (c == '"') {
        t->kind = TOKEN_NAME;
        t->loose = l->sqlite;
        ok = quoted(l, t, '"', "quoted name");
    } else if (l->sqlite && c == '`') {
        t->kind = TOKEN_NAME;
        ok = quoted(l, t, '`', "quoted name");
    } else if (l->sqlite && c == '[') {
        t->kind = TOKEN_NAME;
        ok = bracketed(l, t);
    } else if ((c | 32) == 'e' && d == '\'') {
        t->kind = TOKEN_STRING;
        ok = escaped(l, t);
    } else if (strchr("xXbBnNuU", c) && c && (d == '\'' || (d == '&' && peek(l, 2) == '\''))) {
        return refuse_at(l->e, ERR_REFUSED, l->text, l->pos,
                         "only plain '…' strings are read");
    } else if (c == '$') {
        t->kind = TOKEN_STRING;
        ok = dollar_quoted(l, t);
    } else if (is_digit(c) || (c == '.' && is_digit(d))) {
        t->kind = TOKEN_NUMBER;
        ok = number(l);
    } else if (is_letter(c)) {
        t->kind = TOKEN_WORD;
        ok = word(l);
    } else {
        t->kind = TOKEN_SYMBOL;
        ok = symbol(l);
    }
    t->n = l->pos - t->at;
    return ok;
}

/* With `fill` NULL only counts; -1 on failure. */
static int scan(lexer *l, token *fill)
{
    token t;
    int n = 0;

    l->pos = 0;
    for (;; n++) {
        if (!skip_blanks(l))
            return -1;
        if (l->pos >= l->n)
            return n;
        if (n >= SQL_MAX_TOKENS) {
            refuse_at(l->e, ERR_LIMIT, l->text, l->pos, "the statement has more than %d words",
                      SQL_MAX_TOKENS);
            return -1;
        }
        if (!next(l, fill ? &fill[n] : &t))
            return -1;
    }
}

static bool is_parenthesis(const token *t, char which)
{
    return t->kind == TOKEN_SYMBOL && t->n == 1 && t->text[0] == which;
}

/* Fills `match`; until then it chains the open ones back to the one before. */
static void match_parentheses(token *all, int n)
{
    int open = -1;

    for (int i = 0; i < n; i++)
        if (is_parenthesis(&all[i], '(')) {
            all[i].match = open;
            open = i;
        } else if (is_parenthesis(&all[i], ')') && open >= 0) {
            const int before = all[open].match;

            all[open].match = i - open;
            open = before;
        }
    while (open >= 0) {
        const int before = all[open].match;

        all[open].match = 0;
        open = before;
    }
}

static bool lex_spelling(arena *a, const char *text, bool sqlite, tokens *out, err *e)
{
    const size_t length = strnlen(text, (size_t)SQL_MAX_BYTES + 1);
    lexer l = {.text = text, .n = (int)length, .sqlite = sqlite, .e = e};
    token *all;
    int n;

    if (length > SQL_MAX_BYTES)
        return err_set(e, ERR_LIMIT, "the statement is longer than 1 MB");
    if (!utf8_valid(text, length))
        return err_set(e, ERR_REFUSED, "the statement is not valid UTF-8 text");
    n = scan(&l, NULL);
    if (n < 0)
        return false;
    all = arena_push(a, token, (size_t)n + 1);
    if (!all)
        return err_set(e, ERR_NOMEM, "the statement needs more memory than it may have");
    l.a = a;
    if (scan(&l, all) < 0)
        return false;
    all[n] = (token){.kind = TOKEN_END, .at = (int)length, .text = text + length};
    match_parentheses(all, n);
    *out = (tokens){all, n};
    return true;
}

bool lex(arena *a, const char *text, tokens *out, err *e)
{
    return lex_spelling(a, text, false, out, e);
}

bool lex_sqlite(arena *a, const char *text, tokens *out, err *e)
{
    return lex_spelling(a, text, true, out, e);
}
