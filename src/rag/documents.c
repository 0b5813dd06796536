/* documents.c - Markdown and text as parts that fit a prompt.
 *
 * A part ends at a heading, else at the last blank line before it grows too long, else at
 * the last line, else at a blank. The headings above it open its text, so that "within 30
 * days" is found as what it is about. */
#include <stdlib.h>
#include <string.h>

#include "rag/rag_impl.h"

enum { PART_BYTES = 900, LEVELS = 6, HEADING_BYTES = 120, PARTS_MOST = 100000 };
#define DOCUMENT_LIMIT ((size_t)16 << 20)
#define PARTS_MEMORY ((size_t)256 << 20)

typedef struct reading {
    arena *a;
    const char *name;
    char headings[LEVELS][HEADING_BYTES];
    str part;
    rag_entry *entries; /* (PARTS_MOST) of the arena, grown */
    size_t n, cap;
    bool bad;
} reading;

static void add_entry(reading *d, const char *text, size_t n)
{
    str whole = {0}, path = {0};
    rag_entry *x;

    for (int i = 0; i < LEVELS; i++)
        if (*d->headings[i])
            str_addf(&path, "%s%s", path.n ? " > " : "", d->headings[i]);
    str_addf(&whole, "%s%s%.*s", str_text(&path), path.n ? ". " : "", (int)n, text);
    if (d->n == d->cap) {
        const size_t cap = d->cap ? d->cap * 2 : 16;
        rag_entry *grown = arena_push(d->a, rag_entry, cap);

        if (grown && d->n)
            memcpy(grown, d->entries, d->n * sizeof *grown);
        d->entries = grown ? grown : d->entries;
        d->cap = grown ? cap : d->cap;
    }
    if (d->n == d->cap || whole.bad || d->n == PARTS_MOST) {
        d->bad = true;
    } else {
        x = &d->entries[d->n++];
        *x = (rag_entry){.kind = RAG_DOCUMENT, .status = RAG_VERIFIED, .sql = "", .body = "", .source = d->name};
        x->key = arena_strf(d->a, "%s#%zu", d->name, d->n);
        x->text = arena_str(d->a, str_text(&whole));
        d->bad |= !x->key || !x->text;
    }
    str_deinit(&whole);
    str_deinit(&path);
}

static size_t last_of(const char *text, size_t n, const char *what)
{
    const size_t length = strlen(what);

    for (size_t at = n; at > length; at--)
        if (!memcmp(text + at - length, what, length))
            return at;
    return 0;
}

/* Bytes of the part's beginning that go into one entry. */
static size_t cut_at(const char *text, size_t n)
{
    static const char *const ends[] = {"\n\n", "\n", ". ", " "};

    if (n <= PART_BYTES)
        return n;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const size_t at = last_of(text, PART_BYTES, ends[i]);

        if (at > PART_BYTES / 4)
            return at;
    }
    n = PART_BYTES;
    while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static void flush(reading *d)
{
    const char *text = str_text(&d->part);
    size_t left = d->part.n;

    while (left && !d->bad) {
        const size_t taken = cut_at(text, left);
        size_t from = 0, to = taken;

        while (from < to && is_blank(text[from]))
            from++;
        while (to > from && is_blank(text[to - 1]))
            to--;
        if (to > from)
            add_entry(d, text + from, to - from);
        text += taken;
        left -= taken;
    }
    str_reset(&d->part);
}

/* "## Returns": 2; 0: no heading. */
static int heading_level(const char *line, size_t n)
{
    int level = 0;

    while ((size_t)level < n && line[level] == '#')
        level++;
    return level >= 1 && level <= LEVELS && (size_t)level < n && line[level] == ' ' ? level : 0;
}

static void take_line(reading *d, const char *line, size_t n)
{
    const int level = heading_level(line, n);
    size_t from = (size_t)level, to = n;

    if (!level) {
        str_add(&d->part, line, n);
        str_addc(&d->part, '\n');
        return;
    }
    flush(d);
    while (from < to && is_blank(line[from]))
        from++;
    while (to > from && (is_blank(line[to - 1]) || line[to - 1] == '#'))
        to--;
    if (to - from >= HEADING_BYTES)
        to = from + HEADING_BYTES - 1;
    while (to > from && ((unsigned char)line[to] & 0xc0) == 0x80)
        to--;
    memset(d->headings[level - 1], 0, (size_t)(LEVELS - level + 1) * HEADING_BYTES);
    memcpy(d->headings[level - 1], line + from, to - from);
}

static bool cut(reading *d, const char *text, size_t n, err *e)
{
    while (n) {
        const char *end = memchr(text, '\n', n);
        const size_t length = end ? (size_t)(end - text) : n;

        take_line(d, text, length);
        text += length + (end != NULL);
        n -= length + (end != NULL);
    }
    flush(d);
    return !d->bad || err_set(e, ERR_LIMIT, "%s: too many parts (%d are the most), or out of memory", d->name,
                              (int)PARTS_MOST);
}

/* Older parts beyond the new ones. */
static bool remove_rest(rag *r, const char *name, size_t n, rag_count *count, err *e)
{
    sqlite3_stmt *s;
    rag_list have = {0};
    bool ok;

    if (!rag_begin(r, e))
        return false;
    s = rag_prepare(r, "SELECT " RAG_COLUMNS " FROM entry WHERE kind = ?1 AND source = ?2 ORDER BY id", e);
    if (s) {
        sqlite3_bind_int(s, 1, RAG_DOCUMENT);
        sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC);
    }
    ok = rag_rows(r, s, &have, e);
    for (size_t i = 0; ok && i < have.n; i++) {
        const char *mark = strrchr(have.entries[i].key, '#');

        if (!mark || strtoull(mark + 1, NULL, 10) > n) {
            ok = rag_remove_in(r, have.entries[i].id, e);
            count->removed += ok;
        }
    }
    rag_list_deinit(&have);
    return rag_end(r, ok, e);
}

bool rag_add_document(rag *r, const char *name, const char *text, size_t n, rag_count *count, err *e)
{
    reading *d = calloc(1, sizeof *d);
    rag_count ignored = {0};
    bool ok = d && (d->a = arena_new(PARTS_MEMORY));

    if (!ok)
        err_set(e, ERR_NOMEM, "%s: out of memory", name);
    else if (n > DOCUMENT_LIMIT)
        ok = err_set(e, ERR_LIMIT, "%s: %zu bytes; 16 MiB are the most of one document", name, n);
    else if (memchr(text, 0, n) || !utf8_valid(text, n))
        ok = err_set(e, ERR_FORMAT, "%s: is not UTF-8 text; convert it (iconv, pdftotext) first", name);
    if (ok) {
        d->name = name;
        ok = cut(d, text, n, e) && rag_put(r, d->entries, d->n, NULL, NULL, count ? count : &ignored, e) &&
             remove_rest(r, name, d->n, count ? count : &ignored, e);
    }
    if (d) {
        str_deinit(&d->part);
        arena_free(d->a);
    }
    free(d);
    return ok;
}
