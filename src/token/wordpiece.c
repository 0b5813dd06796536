/* wordpiece.c - see wordpiece.h.
 *
 * Unicode's properties come from utf8proc; wordpiece_newer.c has the characters whose
 * properties the reference doesn't know. */
#include "token/wordpiece.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "token/wordpiece_impl.h"

#define TEXT_LIMIT ((size_t)16 << 20)
enum { WORD_CHARS = 100, MAX_PIECES = 1 << 20, N_MARKS = 5, MARK_CLS = 0, MARK_SEP, MARK_UNK };

static const char *const marks[N_MARKS] = {"[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"};

typedef struct piece {
    const char *text; /* borrowed from `bytes`; not NUL-terminated */
    uint32_t n;
    int32_t id; /* -1: an empty slot */
} piece;

struct wordpiece {
    char *bytes;  /* the list, copied */
    piece *slots; /* open addressing; n_slots a power of two */
    size_t n_slots, longest;
    int size;
    int32_t mark_ids[N_MARKS]; /* -1: none */
};

/* FNV-1a, continued from `hash`. */
static uint64_t hash_more(uint64_t hash, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    return hash;
}
#define HASH_START 14695981039346656037u

static piece *slot_of(const wordpiece *w, const char *text, size_t n)
{
    size_t at = hash_more(HASH_START, text, n) & (w->n_slots - 1);

    while (w->slots[at].id >= 0 && (w->slots[at].n != n || memcmp(w->slots[at].text, text, n)))
        at = (at + 1) & (w->n_slots - 1);
    return &w->slots[at];
}

static int32_t find(const wordpiece *w, const char *text, size_t n)
{
    return n <= w->longest ? slot_of(w, text, n)->id : -1;
}

/* Two lines of one text: the later id counts, as in the reference's table. */
static void add_piece(wordpiece *w, const char *text, size_t n)
{
    piece *slot = slot_of(w, text, n);

    *slot = (piece){text, (uint32_t)n, w->size++};
    if (n > w->longest)
        w->longest = n;
}

static size_t count_lines(const char *text, size_t n)
{
    size_t lines = n && text[n - 1] != '\n';

    for (size_t i = 0; i < n; i++)
        lines += text[i] == '\n';
    return lines;
}

static void read_lines(wordpiece *w, size_t n)
{
    for (const char *at = w->bytes, *end = at + n; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop : end) - at);

        if (length && at[length - 1] == '\r')
            length--;
        add_piece(w, at, length);
        at = stop ? stop + 1 : end;
    }
}

static bool fill(wordpiece *w, const char *vocab, size_t n, const char *name, err *e)
{
    const size_t lines = count_lines(vocab, n);

    if (!lines || lines > MAX_PIECES)
        return err_set(e, ERR_MODEL, "%s: %zu pieces; a vocabulary has 1 to %d, one a line", name, lines,
                       (int)MAX_PIECES);
    for (w->n_slots = 64; w->n_slots < 2 * lines;)
        w->n_slots *= 2;
    w->bytes = malloc(n);
    w->slots = malloc(w->n_slots * sizeof *w->slots);
    if (!w->bytes || !w->slots)
        return err_set(e, ERR_NOMEM, "%s: out of memory", name);
    memcpy(w->bytes, vocab, n);
    for (size_t i = 0; i < w->n_slots; i++)
        w->slots[i] = (piece){.id = -1};
    read_lines(w, n);
    for (int i = 0; i < N_MARKS; i++)
        w->mark_ids[i] = find(w, marks[i], strlen(marks[i]));
    for (int i = 0; i <= MARK_UNK; i++)
        if (w->mark_ids[i] < 0)
            return err_set(e, ERR_MODEL, "%s: has no piece %s; it is not the vocabulary of a BERT model", name,
                           marks[i]);
    return true;
}

wordpiece *wordpiece_new(const char *vocab, size_t n, const char *name, err *e)
{
    wordpiece *w = calloc(1, sizeof *w);

    if (!w) {
        err_set(e, ERR_NOMEM, "%s: out of memory", name);
        return NULL;
    }
    if (fill(w, vocab, n, name, e))
        return w;
    wordpiece_free(w);
    return NULL;
}

void wordpiece_free(wordpiece *w)
{
    if (!w)
        return;
    free(w->bytes);
    free(w->slots);
    free(w);
}

int wordpiece_size(const wordpiece *w) { return w->size; }

/* ---- normalising ------------------------------------------------------------------ */

static bool is_blank(int32_t c)
{
    return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

/* Control, format, private use; not characters that nobody has assigned. */
static bool is_control(int32_t c)
{
    const utf8proc_category_t kind = utf8proc_category(c);

    return c != '\t' && c != '\n' && c != '\r' &&
           (kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF || kind == UTF8PROC_CATEGORY_CO);
}

static bool is_cjk(int32_t c)
{
    static const int32_t ranges[][2] = {{0x4e00, 0x9fff},   {0x3400, 0x4dbf},   {0x20000, 0x2a6df},
                                        {0x2a700, 0x2b73f}, {0x2b740, 0x2b81f}, {0x2b920, 0x2ceaf},
                                        {0xf900, 0xfaff},   {0x2f800, 0x2fa1f}};

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

static bool is_punctuation(int32_t c)
{
    const utf8proc_category_t kind = utf8proc_category(c);

    if (c < 128)
        return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    if (c == 0x166d) /* a symbol only since Unicode 12 */
        return true;
    return kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO && !wordpiece_is_newer(c);
}

/* The characters that stay, blanks as spaces, CJK between spaces. */
static void clean(const char *text, size_t n, str *out)
{
    while (n) {
        const size_t bytes = utf8_len(text, n);
        int32_t c = 0;

        if (bytes) {
            utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)bytes, &c);
            if (is_blank(c) && !(is_control(c)))
                str_addc(out, ' ');
            else if (c && c != 0xfffd && !is_control(c) && !is_cjk(c))
                str_add(out, text, bytes);
            else if (is_cjk(c)) {
                str_addc(out, ' ');
                str_add(out, text, bytes);
                str_addc(out, ' ');
            }
        }
        text += bytes ? bytes : 1;
        n -= bytes ? bytes : 1;
    }
}

/* ---- words to pieces -------------------------------------------------------------- */

typedef struct encoding {
    const wordpiece *w;
    token_list *out;
    size_t most;  /* ids that `out` may hold before [SEP] */
    str word;
    int n_chars;  /* of word */
    bool no_memory;
} encoding;

static bool is_full(const encoding *x) { return x->no_memory || x->out->n >= x->most; }

static void put(encoding *x, int32_t id)
{
    token_list *list = x->out;

    if (list->n == list->cap) {
        const size_t cap = list->cap ? list->cap * 2 : 64;
        int32_t *grown = realloc(list->ids, cap * sizeof *grown);

        x->no_memory |= !grown;
        if (!grown)
            return;
        list->ids = grown;
        list->cap = cap;
    }
    list->ids[list->n++] = id;
}

/* The longest piece at `from`; 0 when there is none. */
static size_t longest_piece(const wordpiece *w, const char *word, size_t from, size_t n, int32_t *id)
{
    char inner[512] = "##";
    const size_t before = from ? 2 : 0;
    size_t length = n - from;

    if (length + before > w->longest)
        length = w->longest > before ? w->longest - before : 0;
    if (length > sizeof inner - 2)
        length = sizeof inner - 2;
    for (; length; length--) {
        if (from + length < n && ((unsigned char)word[from + length] & 0xc0) == 0x80)
            continue; /* inside a character */
        memcpy(inner + before, word + from, length);
        if ((*id = find(w, inner, before + length)) >= 0)
            return length;
    }
    return 0;
}

static void end_word(encoding *x)
{
    const char *word = str_text(&x->word);
    const size_t n = x->word.n, start = x->out->n;

    if (n && !is_full(x)) {
        bool whole = x->n_chars <= WORD_CHARS;

        for (size_t from = 0; whole && from < n;) {
            int32_t id = -1;
            const size_t taken = longest_piece(x->w, word, from, n, &id);

            whole = taken > 0;
            if (whole)
                put(x, id);
            from += taken;
        }
        if (!whole) {
            x->out->n = start;
            put(x, x->w->mark_ids[MARK_UNK]);
        }
        if (x->out->n > x->most)
            x->out->n = x->most;
    }
    str_reset(&x->word);
    x->n_chars = 0;
}

static void add_char(encoding *x, int32_t c)
{
    utf8proc_uint8_t bytes[4];
    const utf8proc_ssize_t n = utf8proc_encode_char(c, bytes);

    if (n <= 0)
        return;
    if (x->n_chars <= WORD_CHARS) /* longer words are unknown, whatever follows */
        str_add(&x->word, (const char *)bytes, (size_t)n);
    x->n_chars++;
}

static void take(encoding *x, int32_t c)
{
    if (utf8proc_category(c) == UTF8PROC_CATEGORY_MN && !wordpiece_is_newer(c))
        return;
    c = utf8proc_tolower(c);
    if (is_blank(c)) {
        end_word(x);
    } else if (is_punctuation(c)) {
        end_word(x);
        add_char(x, c);
        end_word(x);
    } else {
        add_char(x, c);
    }
}

/* A stretch of text without marks. */
static void encode_text(encoding *x, const char *text, size_t n)
{
    const utf8proc_option_t how = UTF8PROC_DECOMPOSE;
    str plain = {0};
    utf8proc_int32_t *chars = NULL;
    utf8proc_ssize_t count = 0;

    clean(text, n, &plain);
    if (plain.n) {
        const utf8proc_ssize_t room = 4 * (utf8proc_ssize_t)plain.n; /* no character becomes more than 4 a byte */

        chars = malloc((size_t)room * sizeof *chars);
        if (chars)
            count = utf8proc_decompose((const utf8proc_uint8_t *)plain.text, (utf8proc_ssize_t)plain.n, chars, room, how);
    }
    x->no_memory |= plain.bad || (plain.n && (!chars || count < 0));
    for (utf8proc_ssize_t i = 0; i < count && !is_full(x); i++)
        take(x, chars[i]);
    end_word(x);
    x->no_memory |= x->word.bad;
    free(chars);
    str_deinit(&plain);
}

/* The next mark at or after `from`; n when there is none. */
static size_t next_mark(const wordpiece *w, const char *text, size_t n, size_t from, int *which)
{
    for (const char *p = text + from; p < text + n && (p = memchr(p, '[', (size_t)(text + n - p))); p++)
        for (int i = 0; i < N_MARKS; i++) {
            const size_t length = strlen(marks[i]);

            if (w->mark_ids[i] >= 0 && length <= (size_t)(text + n - p) && !memcmp(p, marks[i], length)) {
                *which = i;
                return (size_t)(p - text);
            }
        }
    return n;
}

bool wordpiece_encode(const wordpiece *w, const char *text, size_t n, int most, token_list *out, err *e)
{
    encoding x = {.w = w, .out = out, .most = out->n + (size_t)most - 1};
    size_t from = 0;

    if (n > TEXT_LIMIT)
        return err_set(e, ERR_LIMIT, "a text of %zu bytes; 16 MiB is the most", n);
    put(&x, w->mark_ids[MARK_CLS]);
    while (from < n && !is_full(&x)) {
        int which = -1;
        const size_t at = next_mark(w, text, n, from, &which);

        encode_text(&x, text + from, at - from);
        from = at;
        if (which >= 0) {
            if (!is_full(&x))
                put(&x, w->mark_ids[which]);
            from += strlen(marks[which]);
        }
    }
    put(&x, w->mark_ids[MARK_SEP]);
    str_deinit(&x.word);
    return !x.no_memory || err_set(e, ERR_NOMEM, "out of memory for a text's tokens");
}
