/* generate_impl.h - drawing questions and their statements; private.
 *
 * A *kind* is what can be asked, with its frames: sentences with slots. A frame is
 * `[Show|Give me] {m} by {g} {p}`: one of the alternatives, and the text of the slots.
 * A drawer draws the content of one question (a sem_query, or a pattern's SQL) and fills
 * the slots; the pool compiles, checks, runs and keeps it. */
#ifndef DATA_GENERATE_IMPL_H
#define DATA_GENERATE_IMPL_H

#include "data/data_impl.h"
#include "semantic/semantic.h"

/* ---- draw.c ---- */
typedef struct rng { uint64_t state; } rng;
uint64_t rng_next(rng *r);
int rng_below(rng *r, int n);         /* [0, n); 0 for n <= 0 */
bool rng_chance(rng *r, int percent);

/* ---- frame.c ---- */
enum { SLOT_BYTES = 240, SLOTS_MAX = 24 };
typedef struct slots {
    struct { const char *name; char text[SLOT_BYTES]; } at[SLOTS_MAX];
    int n;
} slots;
void slots_set(slots *s, const char *name, const char *fmt, ...) PRINTF(3, 4);
const char *slots_get(const slots *s, const char *name); /* "" if it isn't set */
/* A slot out of a frame over the other slots. */
void slots_fill(slots *s, const char *name, const char *frame, rng *r);
/* The sentence of a frame, appended. */
void frame_text(const char *frame, const slots *s, rng *r, str *out);
/* Slips of the hand and of style: a letter, the case, the mark at the end. */
void roughen(str *question, const slots *s, rng *r);
void plural(const char *noun, char out[SLOT_BYTES]);
/* A name of the schema as words: "StoreID", "opened_on" -> "store id", "opened on". */
void words_of_name(const char *name, char out[SLOT_BYTES]);
/* One of the texts between bars: "a|b|c". */
void pick_text(rng *r, const char *bars, char out[SLOT_BYTES]);

/* ---- drawing ---- */
typedef struct drawer {
    db *d;
    const db_catalog *c;
    const sem_layer *l;
    bool is_sales;
    rng *r;
    arena *a;      /* of this question */
    sem_query q;
    const char *sql; /* of a pattern; NULL: q is compiled */
    slots s;
} drawer;

typedef struct kind {
    const char *category;
    int weight;
    bool (*draw)(drawer *d); /* false: not possible here, or not this time */
    const char *const *frames; /* ends in NULL */
    const char *sql;           /* of a pattern: with $slots */
    const char *needs;         /* of a pattern: its columns */
} kind;
const kind *layer_kinds(int *n);   /* kinds.c: asked of a semantic layer */
const kind *catalog_kinds(int *n); /* patterns.c: asked of any table */

/* ---- ask.c: parts of a question; each sets its slot ---- */
bool draw_metric(drawer *d, const char *slot);
bool draw_group(drawer *d, const char *slot);        /* {g} and its plural {gs} */
bool draw_filter(drawer *d, int percent);            /* {f}, else empty */
void draw_period(drawer *d, int percent);            /* {p}, else empty */
bool draw_time_group(drawer *d);                     /* {time}, {adv} */
void draw_long_period(drawer *d, sem_grain g);       /* {p}: long enough for a trend */
const char *draw_value(drawer *d, int dimension);    /* NULL: none */

/* ---- period.c ---- */
sem_period period_draw(drawer *d, char text[SLOT_BYTES]);
sem_period period_year(drawer *d, char text[SLOT_BYTES]);
/* Two of the same grain, the first the later one; texts without "in". */
bool period_pair(drawer *d, sem_period p[2], char first[SLOT_BYTES], char second[SLOT_BYTES]);

/* ---- patterns.c ---- */
bool pattern_draw(drawer *d, const kind *k);

/* ---- refusals.c ---- */
/* A question on something that is not in the data; what is missing into `missing`. False
 * when the schema or the layer knows the thing after all. `i` counts the things. */
int refusal_count(void);
bool refusal_draw(drawer *d, int i, char missing[SLOT_BYTES], const char **frame);

#endif
