/* understand.c - see understand.h.
 *
 * The steps in order: check the bytes, cut, look for what is no question about
 * the data (help, a change of data, small talk), find the spans, extract,
 * classify, and say which words nobody used. */
#include "agent/understand.h"

#include <string.h>

#include "agent/follow_up.h"
#include "agent/shapes_impl.h"
#include "base/str.h"

const char *word_use_name(word_use u)
{
    static const char *const names[] = {"none", "stop", "metric", "filter", "group", "time", "top", "compare", "condition", "number", "kind"};

    return (unsigned)u < sizeof names / sizeof names[0] ? names[u] : "none";
}

const char *understanding_ending_name(understanding_ending n)
{
    static const char *const names[] = {"understood", "partly", "help", "not_in_data", "ambiguous", "refused"};

    return (unsigned)n < sizeof names / sizeof names[0] ? names[n] : "partly";
}

/* ---- the bytes -------------------------------------------------------- */

bool understand_check(const char *question, size_t n, err *e)
{
    bool word = false;

    if (n > UNDERSTAND_MAX_BYTES)
        return err_set(e, ERR_ARG, "the question has %zu bytes, more than %d: ask one thing in a few sentences", n, UNDERSTAND_MAX_BYTES);
    if (!utf8_valid(question, n))
        return err_set(e, ERR_ARG, "the question is not valid UTF-8: check the terminal's or the file's encoding");
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)question[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return err_set(e, ERR_ARG, "the question has a control character (byte %zu is 0x%02x): remove it", i + 1, c);
        word = word || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    if (!word)
        return err_set(e, ERR_ARG, "the question is empty: ask something like \"sales by region in 2025\"");
    return true;
}

/* ---- no question about the data --------------------------------------- */

static const char *const example_questions[] = {
    "What were total sales in 2025?", "Sales by region last month", "Top 10 products by margin in 2025",
    "Which active stores grew fastest in 2025?", "How did monthly sales develop in 2025?", "Why did sales in West fall in March 2025?",
};

static void offer_examples(reading_state *s)
{
    s->u->n_choices = 0;
    for (size_t i = 0; i < sizeof example_questions / sizeof example_questions[0] && i < UNDERSTAND_MAX_CHOICES; i++)
        s->u->choices[s->u->n_choices++] = example_questions[i];
}

static void end_with(reading_state *s, agent_intent intent, understanding_ending ending, const char *missing)
{
    s->u->intent = intent;
    s->u->intent_score = 0.95;
    s->u->ending = ending;
    s->u->missing = missing;
}

/* Verbs that would change data, at the head of the question. */
static const char *change_verb(reading_state *s)
{
    static const char *const verbs = "delete|drop|remove|update|insert|truncate|alter|create|rename|overwrite|add|modify|erase|wipe|grant|revoke|edit|"
                                     "set|change|correct|replace|merge|attach|install|import|copy|load|purge|destroy|clear|restore|save|store|write|increase|decrease|raise|reduce|lower|cut|move|fix|adjust|close|open|cancel|mark";
    static const char *const change_of_data_only = "change|increase|decrease|drop|raise|reduce|lower|cut|set|add|store|close|open|move|fix|adjust|clear|load|mark|correct|copy|save|write|create|import|merge|update|remove|replace|cancel|restore|edit";
    int i = 0;
    const token *next;

    while (i < s->t.n && word_in(&s->t.at[i], "please|pls|can|could|would|will|you|kindly|just|now|i|want|to|let|us|and|then|hi|hello|hey|ok|should|need|like|we|d|have|must|go|ahead"))
        i++;
    if (i >= s->t.n || !word_in(&s->t.at[i], verbs))
        return NULL;
    next = i + 1 < s->t.n ? &s->t.at[i + 1] : NULL;
    if (!word_in(&s->t.at[i], change_of_data_only))
        return s->t.at[i].fold;
    /* "change in sales", "drop in margin", "open stores", "store sales", "closed": nouns and states */
    if (!next || word_in(next, "in|of|stores|store|by|from|since|vs|versus|on|over|during|for|at|this|last|rate|compared") ||
        (word_in(&s->t.at[i], "store|open|close|lower|increase|decrease|drop|change|create|set|move|raise|cut") &&
         !word_in(next, "the|all|every|a|an|table|price|prices|target|targets|new|my|our|its|their|sales|price|discount|row|rows|column|index|view|database")))
        return NULL;
    if (word_in(&s->t.at[i], "store|open|create|write|import|load|copy|save|add") && (word_in(next, "a|an|chart|graph|report|list|ranking|table|overview|summary|sales")) &&
        !(i + 2 < s->t.n && word_in(&s->t.at[i + 2], "table|view|index|column|row|store|product|region|customer|promotion|record|new|database|user")))
        return NULL;
    return s->t.at[i].fold;
}

/* SQL typed as a question, or hidden in one. */
static bool looks_like_sql(reading_state *s)
{
    static const char *const patterns[] = {"drop table", "delete from", "insert into", "truncate table", "alter table", "create table",
        "update stores set", "update products set", "update sales set", "drop database", "create view", "drop view", "grant all", "pragma", "attach database", "union select"};

    for (int i = 0; i < s->t.n; i++)
        for (size_t k = 0; k < sizeof patterns / sizeof patterns[0]; k++)
            if (words_match(&s->t, i, patterns[k]))
                return true;
    return false;
}

static bool is_select(reading_state *s)
{
    bool from = false;

    if (!s->t.n || !word_in(&s->t.at[0], "select|with|from"))
        return false;
    for (int i = 1; i < s->t.n; i++)
        from = from || word_in(&s->t.at[i], "from|select");
    return from && (word_in(&s->t.at[0], "select") || strstr(s->question, " AS ") || strstr(s->question, " as (")) &&
           (strchr(s->question, '*') || strchr(s->question, '(') || strchr(s->question, ';') || strstr(s->question, "FROM ") || strstr(s->question, " from "));
}

static bool not_a_question(reading_state *s)
{
    const char *verb;

    if (looks_like_sql(s)) {
        end_with(s, INTENT_OUT_OF_SCOPE, UNDERSTOOD_REFUSED, "statements that change the database: only questions are answered, nothing is ever changed");
        return true;
    }
    if (is_select(s)) {
        end_with(s, INTENT_OUT_OF_SCOPE, UNDERSTOOD_REFUSED, "SQL as a question: give a statement of your own with --sql");
        return true;
    }
    verb = change_verb(s);
    if (verb) {
        end_with(s, INTENT_OUT_OF_SCOPE, UNDERSTOOD_REFUSED, arena_strf(s->arena, "a change of data ('%s'): only questions are answered, nothing is ever changed", verb));
        return true;
    }
    return false;
}

static bool says_business(const item *it)
{
    return it->metric >= 0 || it->dimension >= 0 || it->entity >= 0 || it->n_values || it->undefined >= 0 || it->n_conditions || it->time.n_tokens ||
           it->grain != SEM_NO_GRAIN;
}

/* "help", or talk that has nothing to do with the data. */
static bool help_or_chat(reading_state *s)
{
    int business = 0, unknown = 0;
    bool help = false, chat = false;

    for (int i = 0; i < s->n; i++) {
        if (says_business(&s->items[i]) && !item_is(&s->items[i], C_STOP)) business++;
        else if (item_is(&s->items[i], C_HELP)) help = true;
        else if (item_is(&s->items[i], C_CHAT)) chat = true;
        else if (!s->items[i].n_concepts) unknown++;
    }
    if (help && !business && unknown < 2) {
        end_with(s, INTENT_HELP, UNDERSTOOD_HELP, "");
        offer_examples(s);
        return true;
    }
    if ((chat && business < 2) || (!business && unknown)) {
        const char *what = "this subject";
        for (int i = 0; i < s->n; i++)
            if (item_is(&s->items[i], C_CHAT) || (!says_business(&s->items[i]) && !s->items[i].n_concepts)) {
                what = item_text(s, i);
                break;
            }
        end_with(s, INTENT_OUT_OF_SCOPE, UNDERSTOOD_NOT_IN_DATA, what);
        offer_examples(s);
        return true;
    }
    return false;
}

static bool forecast(reading_state *s)
{
    bool future = false;

    for (int i = 0; i < s->n; i++)
        future = future || s->items[i].time.kind == TIME_FUTURE || item_is(&s->items[i], C_FORECAST) ||
                 (s->items[i].time.kind == TIME_PERIOD && s->items[i].time.period.from > sem_today(s->layer) && item_is(&s->items[i], C_FORECAST));
    if (!future)
        return false;
    end_with(s, INTENT_OUT_OF_SCOPE, UNDERSTOOD_NOT_IN_DATA, "a forecast");
    s->u->run_rate = true;
    s->u->n_choices = 0;
    s->u->choices[s->u->n_choices++] = "What are sales this month so far?";
    s->u->choices[s->u->n_choices++] = "What were sales by month last year?";
    return true;
}

/* ---- what is left ------------------------------------------------------ */

static void list_words(reading_state *s)
{
    understood_word *words = arena_push(s->arena, understood_word, (size_t)s->t.n + 1);

    for (int i = 0; words && i < s->t.n; i++)
        words[i] = (understood_word){s->t.at[i].text, s->t.at[i].offset, s->t.at[i].n_bytes, USE_NONE};
    for (int i = 0; words && i < s->n; i++)
        for (int k = 0; k < s->items[i].n; k++)
            words[s->items[i].from + k].use = s->items[i].taken ? s->items[i].use : item_is(&s->items[i], C_STOP) ? USE_STOP : USE_NONE;
    s->u->words = words;
    s->u->n_words = words ? s->t.n : 0;
}

static void list_unused(reading_state *s)
{
    for (int i = 0; i < s->n; i++) {
        const item *it = &s->items[i];
        /* and, or, of, … bind what others used */
        const bool passes = item_is(it, C_STOP) && !it->is_number && !it->time.n_tokens && it->metric < 0 && !it->n_values;

        if (it->taken || passes)
            continue;
        if (s->u->n_unused < UNDERSTAND_MAX_NOTES)
            s->u->unused[s->u->n_unused++] = item_text(s, i);
        trace(s, arena_strf(s->arena, "nobody used '%s'", item_text(s, i)));
    }
}

/* ---- things this data knows nothing of --------------------------------- */

static bool unknown_word(const item *it)
{
    return !it->taken && !says_business(it) && !it->n_concepts && !it->is_number;
}

/* Unknown words from i on, and the known noun behind them: "marketing campaign". */
static const char *unknown_thing(reading_state *s, int i)
{
    int end = i;
    const token *last;

    while (end + 1 < s->n && unknown_word(&s->items[end + 1]) && !s->t.at[s->items[end + 1].from].before)
        end++;
    if (end + 1 < s->n && s->items[end + 1].metric < 0 && (s->items[end + 1].dimension >= 0 || s->items[end + 1].entity >= 0) && !s->t.at[s->items[end + 1].from].before)
        end++;
    last = &s->t.at[s->items[end].from + s->items[end].n - 1];
    return arena_strf(s->arena, "%.*s", (int)(last->offset + last->n_bytes - s->t.at[s->items[i].from].offset),
                      s->question + s->t.at[s->items[i].from].offset);
}

/* Where an unknown word is what was asked for ("which marketing campaign",
 * "how satisfied", "by influencer", "in Spain"), other figures in its place
 * would be no answer: the question ends, and says what is missing. */
static bool asks_unknown_thing(reading_state *s)
{
    for (int i = 1; i < s->n; i++) {
        const token *before = &s->t.at[s->items[i].from - 1], *t = &s->t.at[s->items[i].from];
        bool place, thing;

        if (!unknown_word(&s->items[i]) || t->before == ',')
            continue;
        thing = word_in(before, "which|how|whose|by|per");
        if (word_in(before, "what"))
            thing = i + 1 < s->n && (s->items[i + 1].dimension >= 0 || s->items[i + 1].entity >= 0);
        place = word_in(before, "in|from|at") ||
                (word_in(before, "for|of") && t->text[0] >= 'A' && t->text[0] <= 'Z') ||
                (word_in(before, "and|or|vs|versus") && t->text[0] >= 'A' && t->text[0] <= 'Z' && i >= 2 &&
                 s->items[i - 2].use == USE_FILTER); /* "Berlin and Paris" */
        if (!thing && !place)
            continue;
        s->u->ending = UNDERSTOOD_NOT_IN_DATA;
        s->u->missing = arena_strf(s->arena, "%s%s", word_in(before, "how") ? "how " : "", unknown_thing(s, i));
        s->u->n_choices = 0;
        trace(s, arena_strf(s->arena, "'%s' is asked for and unknown", s->u->missing));
        return true;
    }
    return false;
}

static void finish(reading_state *s)
{
    if (s->u->ending == UNDERSTOOD && s->n && s->items && asks_unknown_thing(s))
        s->u->n_unused = 0;
    list_words(s);
    if (s->u->ending != UNDERSTOOD) {
        if (s->u->ending != UNDERSTOOD_HELP)
            s->u->intent = INTENT_OUT_OF_SCOPE;
        return;
    }
    list_unused(s);
    if (s->q->shape != SEM_LIST && s->q->shape != SEM_COUNT_OF && !s->q->n_metrics)
        why_not(s, "no measure was named");
    if (!s->follows && !s->u->n_unused)
        audit(s);
    if (s->u->n_unused || *s->u->why_not)
        s->u->ending = UNDERSTOOD_PARTLY;
}

bool understand(const sem_layer *l, const db_catalog *c, const char *question,
                arena *a, understanding *u, err *e)
{
    return understand_after(l, c, NULL, question, a, u, e);
}

bool understand_after(const sem_layer *l, const db_catalog *c, const understood_before *before,
                      const char *question, arena *a, understanding *u, err *e)
{
    reading_state s = {.before = before && before->set ? before : NULL, .layer = l, .catalog = c, .arena = a, .u = u, .q = &u->query, .question = question, .entity_asked = -1, .when_dimension = -1};

    *u = (understanding){.why_not = "", .missing = ""};
    sem_query_init(&u->query);
    if (!understand_check(question, strlen(question), e))
        return false;
    if (!words_cut(question, UNDERSTAND_MAX_WORDS, a, &s.t) && s.t.n < UNDERSTAND_MAX_WORDS)
        return err_set(e, ERR_NOMEM, "out of memory for a question");
    if (s.t.n >= UNDERSTAND_MAX_WORDS)
        return err_set(e, ERR_ARG, "the question has more than %d words: ask one thing in a few sentences", UNDERSTAND_MAX_WORDS);
    if (!not_a_question(&s)) {
        if (!spans_find(&s))
            return err_set(e, ERR_NOMEM, "not enough memory to read the question");
        follow_begin(&s);
        if (s.follows || !help_or_chat(&s)) {
            entities_extract(&s);
            if (u->ending == UNDERSTOOD && !forecast(&s) && !(s.follows && follow_carry(&s)))
                intent_classify(&s);
        }
    }
    finish(&s);
    u->can_template = u->ending == UNDERSTOOD;
    return true;
}
