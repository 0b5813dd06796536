/* mask_impl.h - what the files of the mask share.
 *
 * A `spot` is a place in a statement: a stack of frames (queries, expressions, calls
 * …) over scopes (the tables of a FROM, what is grouped, the items so far). A `choice`
 * is what may come at a spot: fixed texts and kinds of literals. Reading goes from
 * choice to choice: `mask_choose` lists, `mask_take` moves on. */
#ifndef SQL_MASK_IMPL_H
#define SQL_MASK_IMPL_H

#include "sql/functions.h"
#include "sql/mask.h"
#include "sql/tree.h"

enum {
    MASK_FRAMES = 48, MASK_NESTING = 9, MASK_SCOPES = 6, MASK_SOURCES = 8, MASK_ITEMS = 20, MASK_GROUPS = 10,
    MASK_DERIVED = 6, MASK_MERGED = 16, MASK_TEXT = 4096, MASK_VALUE_BYTES = 100,
    MASK_LIST_MOST = 4000, /* ids that are listed; more: any that is admitted */
};

#define BIT(t) ((uint16_t)(1u << (t)))
enum {
    T_INT = 1 << SQL_T_INTEGER,
    T_NUM = 1 << SQL_T_INTEGER | 1 << SQL_T_DECIMAL | 1 << SQL_T_DOUBLE,
    T_TEXT = 1 << SQL_T_TEXT, T_BOOL = 1 << SQL_T_BOOLEAN,
    T_DATE = 1 << SQL_T_DATE, T_STAMP = 1 << SQL_T_TIMESTAMP, T_DAY = T_DATE | T_STAMP,
    T_TIME = 1 << SQL_T_TIME, T_INTERVAL = 1 << SQL_T_INTERVAL,
    T_SCALAR = T_NUM | T_TEXT | T_BOOL | T_DAY | T_TIME, /* can be compared */
    T_OTHER = 1 << SQL_T_UNKNOWN | 1 << SQL_T_OTHER | 1 << SQL_T_LIST | 1 << SQL_T_STRUCT,
    T_ANY = T_SCALAR | T_INTERVAL | T_OTHER, /* can be selected */
};

/* ---- words: fixed texts with their tokens ----------------------------------- */

typedef struct mask_word {
    const char *text;
    uint16_t n;          /* bytes */
    uint16_t tail;       /* bytes at the end whose tokens depend on what follows */
    uint8_t head;        /* bytes at the start whose tokens depend on what is before, without a space */
    uint8_t n_ids[2];    /* [1]: with a space in front */
    const int32_t *ids[2];
    const uint16_t *ends[2]; /* where each token ends, in bytes, the space counted */
} mask_word;

/* What a fixed text means when it is taken. */
typedef enum mask_act {
    ACT_FROM, ACT_WITH, ACT_SELECT_ONLY, ACT_TABLE, ACT_CTE, ACT_SUBQUERY, ACT_ALIAS, ACT_JOIN,
    ACT_CROSS, ACT_USING, ACT_ON, ACT_USING_COLUMN, ACT_COMMA, ACT_CLOSE, ACT_WHERE, ACT_GROUP,
    ACT_HAVING, ACT_SELECT, ACT_DISTINCT, ACT_STAR, ACT_ITEM_ALIAS, ACT_QUALIFY, ACT_SET, ACT_ORDER,
    ACT_DESC, ACT_LIMIT, ACT_OFFSET, ACT_NEXT_CTE, ACT_MAIN,
    ACT_COLUMN, ACT_QUALIFIER, ACT_FUNCTION, ACT_PAREN, ACT_CASE, ACT_WHEN, ACT_THEN, ACT_ELSE,
    ACT_END, ACT_CAST, ACT_AS_TYPE, ACT_NOT, ACT_EXISTS, ACT_LITERAL, ACT_MINUS, ACT_DATE,
    ACT_INTERVAL, ACT_UNIT, ACT_OPERATOR, ACT_COMPARE, ACT_LIKE, ACT_IN, ACT_BETWEEN, ACT_AND_HIGH,
    ACT_IS_NULL, ACT_AND, ACT_TEXT, ACT_FILTER, ACT_OVER, ACT_PARTITION, ACT_FRAME, ACT_POSITION,
    ACT_ARGUMENT, ACT_ALL, ACT_REFUSE,
} mask_act;

/* Kinds of literals that may come. */
enum {
    LIT_NUMBER = 1, LIT_INTEGER = 2, LIT_FREE = 4, LIT_VALUES = 8, LIT_COPY = 16, LIT_DATE = 32,
    LIT_STAMP = 64, LIT_TIME = 128, LIT_COUNT = 256, /* of LIMIT */
    LIT_LINE = 512, LIT_SMALL = 1024, /* an argument */ /* the rest of a refusal */
};

/* ---- the schema -------------------------------------------------------------- */

typedef struct mask_column {
    const mask_word *word;
    int32_t name;  /* equal for equal names, without case */
    uint8_t type;  /* sql_type */
    int32_t n_values; /* -1: not known, any text */
    const char *const *values; /* with quotes, sorted by bytes */
    int shortest;  /* bytes of the shortest one */
} mask_column;

typedef struct mask_table {
    const mask_word *word, *dot; /* name, and "name." */
    int32_t name;
    const mask_column *columns;
    int n_columns;
} mask_table;

typedef struct mask_trie {
    int32_t child, sibling, id; /* -1: none */
    unsigned char byte;
} mask_trie;

typedef struct mask_function {
    const mask_word *word; /* "count(" */
    const sql_function *f;
    const char *args;      /* mask_words.c */
    int min, max;          /* arguments */
    bool exact;            /* its INTEGER has 64 bits and may be an argument that needs them */
    uint16_t results;      /* types it may give */
} mask_function;

/* Fixed words without an argument of their own. */
#define MASK_FIXED(X) \
    X(FROM, "FROM") X(WITH, "WITH q1 AS (") X(SELECT, "SELECT") X(AS, "AS") X(OPEN, "(") \
    X(CLOSE, ")") X(COMMA, ",") X(JOIN, "JOIN") X(LEFT, "LEFT JOIN") X(FULL, "FULL JOIN") \
    X(CROSS, "CROSS JOIN") X(USING, "USING (") X(ON, "ON") X(WHERE, "WHERE") X(GROUP, "GROUP BY") \
    X(HAVING, "HAVING") X(DISTINCT, "DISTINCT") X(STAR, "*") X(QUALIFY, "QUALIFY") \
    X(UNION, "UNION") X(ALL, "ALL") X(INTERSECT, "INTERSECT") X(EXCEPT, "EXCEPT") \
    X(ORDER, "ORDER BY") X(DESC, "DESC") X(LIMIT, "LIMIT") X(OFFSET, "OFFSET") \
    X(CASE, "CASE") X(WHEN, "WHEN") X(THEN, "THEN") X(ELSE, "ELSE") X(END, "END") X(CAST, "CAST(") \
    X(TRY_CAST, "TRY_CAST(") X(NOT, "NOT (") X(EXISTS, "EXISTS (") X(NOT_EXISTS, "NOT EXISTS (") \
    X(TRUE, "TRUE") X(FALSE, "FALSE") X(NULL, "NULL") X(MINUS, "-") X(DATE, "DATE") \
    X(TIMESTAMP, "TIMESTAMP") X(INTERVAL, "INTERVAL") X(BIGINT, "BIGINT") X(DOUBLE, "DOUBLE") \
    X(VARCHAR, "VARCHAR") X(YEAR, "YEAR") X(MONTH, "MONTH") X(DAY, "DAY") X(WEEK, "WEEK") \
    X(HOUR, "HOUR") X(MINUTE, "MINUTE") X(QUARTER, "QUARTER") X(ADD, "+") X(SUB, "-") X(MUL, "*") \
    X(DIV, "/") X(MOD, "%") X(CONCAT, "||") X(EQ, "=") X(NE, "<>") X(LT, "<") X(LE, "<=") X(GT, ">") \
    X(GE, ">=") X(LIKE, "LIKE") X(NOT_LIKE, "NOT LIKE") X(ILIKE, "ILIKE") \
    X(NOT_ILIKE, "NOT ILIKE") X(IN, "IN (") X(NOT_IN, "NOT IN (") X(BETWEEN, "BETWEEN") \
    X(NOT_BETWEEN, "NOT BETWEEN") X(AND, "AND") X(OR, "OR") X(IS_NULL, "IS NULL") \
    X(IS_NOT_NULL, "IS NOT NULL") X(FILTER, "FILTER (WHERE") X(OVER, "OVER (") \
    X(PARTITION, "PARTITION BY") X(ROWS_UP, "ROWS UNBOUNDED PRECEDING") \
    X(ROWS_TO, "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW") \
    X(ROWS_ALL, "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING") \
    X(ROWS_2, "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW") \
    X(ROWS_6, "ROWS BETWEEN 6 PRECEDING AND CURRENT ROW") X(NULLS_FIRST, "NULLS FIRST") \
    X(NULLS_LAST, "NULLS LAST") X(EMPTY, "''") X(DOT, ".") \
    X(P_YEAR, "'year'") X(P_QUARTER, "'quarter'") X(P_MONTH, "'month'") X(P_WEEK, "'week'") \
    X(P_DAY, "'day'") X(P_HOUR, "'hour'") X(P_MINUTE, "'minute'") \
    X(S_YM, "'%Y-%m'") X(S_Y, "'%Y'") X(S_M, "'%m'") X(S_D, "'%d'") X(S_YMD, "'%Y-%m-%d'") \
    X(S_H, "'%H'") X(S_MINUTE, "'%M'") X(S_B, "'%B'") X(S_A, "'%A'") X(A_DATE, "'2000-01-01'")

typedef enum fixed_word {
#define X(name, text) W_##name,
    MASK_FIXED(X)
#undef X
    W_COUNT
} fixed_word;

enum { MASK_FUNCTIONS = 120, MASK_NUMBERED = 24 };
/* t1, q1, c1; t1. and q1.; AS t1, AS q1, AS c1; q1 AS ( */
enum { N_T, N_Q, N_C, N_T_DOT, N_Q_DOT, N_AS_T, N_AS_Q, N_AS_C, N_WITH, N_NUMBERED };

struct mask_words {
    const tokenizer *t;
    arena *a;
    mask_trie *trie; /* owned */
    int n_trie, cap_trie;
    int32_t first[256];
    uint8_t hard[256][32]; /* bit set: no token has these two bytes side by side */
    const mask_word *fixed[W_COUNT];
    mask_function functions[MASK_FUNCTIONS];
    int n_functions;
    const mask_word *numbered[N_NUMBERED][MASK_NUMBERED];
    const mask_word *positions[MASK_ITEMS + 1];
};

struct mask_schema {
    const mask_words *w;
    const db_catalog *catalog;
    arena *a;
    mask_table *tables;
    int n_tables, n_names, shortest_table;
};

bool mask_hard(const mask_words *w, unsigned char a, unsigned char b);
/* A word of this text in the arena, or NULL. */
mask_word *mask_word_new(const mask_words *w, arena *a, const char *text);
/* Do two neighbours stay two tokens when their text is encoded? */
bool mask_pair(const mask_words *w, int32_t left, int32_t right);
/* Is the token's text encoded as the token? */
bool mask_alone(const mask_words *w, int32_t id);

/* ---- a spot ------------------------------------------------------------------- */

typedef enum frame_kind {
    F_QUERY, F_EXPR, F_PAREN, F_CALL, F_CASE, F_CAST, F_IN, F_FILTER, F_OVER,
} frame_kind;

enum { /* phases */
    /* F_QUERY */
    Q_START, Q_SOURCE, Q_ALIAS, Q_MAY_ALIAS, Q_JOINED, Q_USING, Q_USING_AFTER, Q_ON, Q_FROM, Q_WHERE,
    Q_GROUP, Q_HAVING, Q_SELECT, Q_ITEM, Q_STAR, Q_QUALIFY, Q_SET, Q_ORDER, Q_LIMIT, Q_LIMIT_AFTER,
    Q_OFFSET, Q_END, Q_DERIVED_ALIAS, Q_CTE_AFTER, Q_WITH, Q_EXISTS_FROM, Q_REFUSED,
    /* F_EXPR */
    E_OPERAND, E_AFTER, E_COLUMN, E_DATE, E_NUMBER, E_INTERVAL, E_UNIT, E_OVER, E_POSITION,
    /* others */
    P_INSIDE, C_START, C_ARG, K_OPERAND, K_WHEN, K_THEN, K_ELSE, T_VALUE, T_TYPE, I_START, I_LIST,
    I_QUERY, F_WHERE, O_START, O_PARTITION, O_ORDER, O_FRAMED,
};

enum { /* where an expression stands */
    PL_AGG = 1, PL_WINDOW = 2, PL_IN_AGG = 4, PL_ON = 8, PL_GROUPED = 16, PL_SUBQUERY = 32,
    PL_NAMED = 64, /* GROUP BY, ORDER BY: not by a literal alone */
};

enum { R_TOP, R_DERIVED, R_CTE, R_SCALAR, R_IN, R_EXISTS }; /* what a query is for */

enum { CMP_NONE, CMP_RIGHT, CMP_DONE, CMP_LOW, CMP_HIGH, CMP_PATTERN }; /* how far a comparison is */

typedef struct frame {
    uint8_t kind, phase, place;
    uint8_t role;   /* F_QUERY */
    uint16_t want;  /* types */
    int16_t a, b;   /* F_QUERY: scope, -; F_CALL: function, argument; F_EXPR: column being qualified */
    /* F_EXPR */
    bool logical, first, no_times, plain;
    uint8_t cur, lhs, cmp, how, op, join; /* how: sql_op of the comparison */
    int16_t call;          /* 1 + the function just closed; 0 */
    bool filtered, must_over, no_over, descended, raw, bare_date;
    int16_t source, column; /* the column that the value is, else -1 */
    int16_t lhs_source, lhs_column;
    uint8_t type;          /* F_CASE, F_CALL: of the first value */
    uint16_t at;           /* where it starts in the text */
} frame;

typedef struct mask_source {
    int16_t table, derived; /* one of them -1 */
    const mask_word *name, *dot; /* of the table or its alias; with a dot */
    bool joined;                 /* its ON or USING is read */
} mask_source;

enum { M_OPEN, M_PLAIN, M_AGG, M_GROUPED }; /* a row a row, one row, a row a group */

typedef struct scope {
    mask_source sources[MASK_SOURCES];
    uint8_t n_sources, n_items, n_groups, n_texts, n_merged, n_orders, n_want;
    uint8_t mode;
    bool distinct, correlated, star, set, windowed;
    int16_t outer; /* the scope around it, or -1 */
    struct { int16_t source, column; } groups[MASK_GROUPS], merged[MASK_MERGED];
    struct { uint16_t at, n; uint8_t type; } texts[MASK_GROUPS];
    struct { uint16_t at, n; uint8_t type; int16_t source, column; } items[MASK_ITEMS]; /* -1: no plain column */
    const mask_word *names[MASK_ITEMS]; /* of plain columns */
    int32_t numbers[MASK_ITEMS];
    /* the first side of a set operation: */
    uint8_t want[MASK_ITEMS];
    const mask_word *first_names[MASK_ITEMS];
    int32_t first_numbers[MASK_ITEMS];
} scope;

typedef struct derived { /* what a subquery of FROM or WITH offers */
    uint8_t n, type[MASK_ITEMS];
    const mask_word *name[MASK_ITEMS];
    int32_t number[MASK_ITEMS]; /* mask_column.name */
} derived;

typedef struct spot {
    frame frames[MASK_FRAMES];
    scope scopes[MASK_SCOPES];
    derived tables[MASK_DERIVED];
    uint8_t n_frames, n_scopes, n_tables, n_aliases, n_queries, n_ctes;
    int16_t ctes[MASK_DERIVED]; /* which of tables */
} spot;

typedef struct alternative {
    const char *text;
    const mask_word *word; /* NULL: not known as tokens */
    uint16_t n;
    uint8_t act;
    bool lead; /* a space in front */
    int32_t arg;
} alternative;

typedef struct choice {
    alternative *at; /* owned */
    int n, cap;
    bool bad;  /* no memory */
    unsigned literals; /* LIT_ */
    bool literal_lead;
    const mask_column *values;
    bool may_end;
} choice;

typedef enum literal_state {
    L_NONE, L_DIGITS, L_POINT, L_FRACTION, L_FREE, L_QUOTE, L_LIST, L_TIMED, L_LINE, L_DONE,
} literal_state;

typedef struct cursor { /* within a choice */
    uint16_t start, depth; /* of the text since it began */
    uint8_t literal;       /* literal_state */
    bool closed;           /* the literal may end here */
} cursor;

enum { MASK_AHEAD = 16, MASK_LINES = 8, MASK_ANSWER = 512, MASK_TIGHT = 80, MASK_MARGIN = 20 };

typedef struct line { /* a timeline of tokens and where it stands */
    int32_t ids[MASK_ANSWER];
    int n, n_text;
    bool dead;
    uint32_t used;
    spot spot;
    cursor cursor;
    char text[MASK_TEXT];
} line;

struct mask {
    const mask_schema *s;
    const mask_words *w;
    mask_options o;
    arena *a;
    const mask_word *refusal; /* NULL: none */
    const char **copies; /* spans of the question, with quotes, sorted */
    int n_copies;
    line *lines, *line;  /* owned; the current one */
    uint32_t clock;
    /* the current line, and while looking ahead what might follow: */
    char text[MASK_TEXT + 512];
    spot spots[MASK_AHEAD]; /* [0] is the line's */
    choice choices[MASK_AHEAD];
    bool built;          /* choices[0] is that of the line's spot */
    int left;            /* tokens that may still be written */
    bool tight;          /* nearly none */
    bool loose;          /* the tokenizer's own ids are not asked for: nothing else was left */
    int n_loose;
    /* the answer: */
    int32_t *ids; /* owned */
    int n_ids, cap_ids;
    bool any;            /* -1 was answered */
    uint32_t *seen, stamp; /* owned: ids already in the answer */
    uint8_t *made;         /* owned: is the token what its own text is encoded as? */
    uint32_t *name_seen, *name_count, name_stamp; /* owned: by name number */
};

/* ---- mask_spot.c: asking and building spots ------------------------------------ */

static inline frame *mask_top(spot *s) { return &s->frames[s->n_frames - 1]; }
static inline const frame *mask_top_of(const spot *s) { return &s->frames[s->n_frames - 1]; }
/* The innermost query at or below frame i, and its scope. */
int mask_query_at(const spot *s, int i);
scope *mask_scope(spot *s);
const scope *mask_scope_of(const spot *s);

int mask_n_columns(const mask *m, const spot *s, const mask_source *from);
/* Its i-th column; name is NULL for one that can't be written. */
mask_column mask_column_at(const mask *m, const spot *s, const mask_source *from, int i);
bool mask_is_grouped(const scope *in, int source, int column);
uint16_t mask_family(int type); /* the types that may be compared and mixed with it */
uint16_t mask_wanted(const frame *f); /* types of the operand that is due */
bool mask_can_end(const frame *f);   /* the expression, as it stands */
int mask_final_type(const frame *f);
bool mask_is_aggregate(const mask_function *f);
bool mask_is_window(const mask_function *f);
/* The aggregate whose argument this expression is (part of), or NULL. */
const frame *mask_aggregate_around(const mask *m, const spot *s);

void mask_spot_start(spot *s);
bool mask_spot_ended(const spot *s); /* a whole statement */

/* ---- the steps --------------------------------------------------------------------- */

/* What may come at the spot; c is filled anew. (mask_choose.c, mask_choose_expr.c) */
void mask_choose(mask *m, const spot *s, choice *c);
void mask_choose_expr(mask *m, const spot *s, choice *c);
/* What may come once the expression on top is over. */
void mask_choose_after(mask *m, const spot *s, choice *c);
void mask_add(mask *m, choice *c, const mask_word *word, bool lead, mask_act act, int arg);
void mask_add_fixed(mask *m, choice *c, fixed_word word, bool lead, mask_act act, int arg);
void mask_add_text(mask *m, choice *c, int at, int n, bool lead, mask_act act, int arg);

/* A fixed text was read; the text has `end` bytes now. (mask_take.c, mask_take_expr.c) */
void mask_take(mask *m, spot *s, const alternative *x, int end);
bool mask_take_expr(mask *m, spot *s, const alternative *x, int end);
void mask_take_literal(mask *m, spot *s, int start, int end);
uint16_t mask_argument_types(char code); /* of mask_function.args */
uint16_t mask_cast_from(uint16_t want);
/* Would `more` frames on top nest too deeply? */
bool mask_is_deep(const spot *s, int more);
bool mask_has_column(const mask *m, const spot *s, const frame *f, uint16_t want);
void mask_push_query(spot *s, int role, uint16_t want, bool correlated);
frame *mask_push_expr(spot *s, uint16_t want, bool logical, unsigned place, int at);
void mask_value(spot *s, int type); /* an operand was read: of the expression on top */
void mask_close(mask *m, spot *s, int end); /* ")" */

/* Tokens that close the statement from here, at most. (mask_cost.c) */
int mask_close_cost(const mask *m, const spot *s);

/* May byte b come next in a literal of the choice? Moves the cursor. (mask_literal.c) */
bool mask_literal_byte(const mask *m, const choice *c, cursor *at, unsigned char b);
/* The bytes that may come next there, as a set of 256. */
void mask_literal_bytes(const mask *m, const choice *c, const cursor *at, uint8_t set[32]);
/* Bytes until a listed text that begins so is complete; how many there are, up to `most`. */
int mask_list_left(const mask *m, const choice *c, const char *prefix, int n);
int mask_list_count(const mask *m, const choice *c, const char *prefix, int n, int most);
bool mask_copies(mask *m, err *e); /* spans of question and evidence, as literals */

/* ---- mask_walk.c: tokens ----------------------------------------------------------- */

/* One byte more at level `l` (spots[l], choices[l]); may go to the next spot in place. */
bool mask_step(mask *m, int l, cursor *at, int n_text, unsigned char b);
/* All ids that may come next into m->ids, or m->any. */
void mask_list(mask *m);
/* Tokens that close the statement from the current line's cursor, at most. */
int mask_cost_here(mask *m);
bool mask_admits_token(mask *m, int32_t id);
/* The texts of the choice that match what stands at the cursor, then its end. */
bool mask_matches(const mask *m, const alternative *x, const cursor *at);

#endif
