/* test_questions_made.c - made-up questions: well formed, on one side each, none of the tests', the
 * same every time; the parts of a sentence. */
#include <jansson.h>
#include <stdlib.h>

#include "../agent/sales_db.h"
#include "base/file.h"
#include "data/pool_impl.h"
#include "rag/prompt.h"
#include "test.h"

enum { EXAMPLES = 400, FEW = 60 };

static db *sales;
static data_generated counts;

static const char *in_folder(const char *name)
{
    static char path[8][200];
    static int turn;
    char *p = path[turn++ % 8];

    snprintf(p, 200, "%s/%s", sales_db_folder, name);
    return p;
}

static str get(const char *name)
{
    str s = {0};
    err e = {0};

    if (!file_read(in_folder(name), 1 << 26, &s, &e))
        fprintf(stderr, "%s\n", e.msg);
    return s;
}

/* Calls fn for each line; the number of lines. */
static int each_line(const char *name, void (*fn)(void *arg, const json_t *j), void *arg)
{
    str all = get(name);
    int n = 0;

    for (char *p = all.text, *end; p && *p; p = end) {
        json_t *j;

        end = p + strcspn(p, "\n");
        j = json_loadb(p, (size_t)(end - p), 0, NULL);
        fn(arg, j);
        json_decref(j);
        end += *end == '\n';
        n++;
    }
    str_deinit(&all);
    return n;
}

static const char *text_of(const json_t *j, const char *key)
{
    const char *text = json_string_value(json_object_get(j, key));

    return text ? text : "";
}

static const char *turn_of(const json_t *j, size_t i)
{
    return text_of(json_array_get(json_object_get(j, "messages"), i), "content");
}

static bool generate(const char *out, uint64_t seed, int64_t limit)
{
    const data_generate_options o = {.db_id = "sales", .out = in_folder(out), .limit = limit, .seed = seed};
    err e = {0};

    if (data_generate(sales, &o, &counts, &e))
        return true;
    fprintf(stderr, "%s\n", e.msg);
    return false;
}

typedef struct looked {
    json_t *statements, *templates, *questions, *prefixes, *categories;
    int bad, refusals, relative;
} looked;

static void look(void *arg, const json_t *j)
{
    looked *l = arg;
    const char *user = turn_of(j, 0), *answer = turn_of(j, 1), *question = text_of(j, "question");
    const size_t prefix = (size_t)json_integer_value(json_object_get(j, "prefix"));
    char *start = prefix <= strlen(user) ? strndup(user, prefix) : strdup("");
    const bool refusal = str_starts(answer, PROMPT_REFUSAL);

    if (!*question || !*answer || !str_ends(user, question) || !prefix || start[prefix - 1] != '\n' ||
        refusal != !*text_of(j, "sql") || strstr(question, "  ") || strchr(question, '{') || strchr(question, '[')) {
        fprintf(stderr, "bad: %s | %s\n", question, answer);
        l->bad++;
    }
    l->refusals += refusal;
    l->relative += strstr(user, "\nToday: ") != NULL;
    if (!refusal)
        json_object_set_new(l->statements, answer, json_true());
    if (json_object_get(j, "template"))
        json_object_set_new(l->templates, text_of(j, "template"), json_true());
    json_object_set_new(l->questions, question, json_true());
    json_object_set_new(l->prefixes, start, json_true());
    json_object_set_new(l->categories, text_of(j, "category"), json_true());
    free(start);
}

static looked look_at(const char *name)
{
    looked l = {json_object(), json_object(), json_object(), json_object(), json_object(), 0, 0, 0};

    each_line(name, look, &l);
    return l;
}

static void forget(looked *l)
{
    json_decref(l->statements);
    json_decref(l->templates);
    json_decref(l->questions);
    json_decref(l->prefixes);
    json_decref(l->categories);
}

static int shared(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;
    int n = 0;

    json_object_foreach((json_t *)a, key, value)
        if (json_object_get(b, key)) {
            fprintf(stderr, "on both sides: %s\n", key);
            n++;
        }
    return n;
}

static void sides_share_nothing(void)
{
    looked train, val;

    CHECK(generate("one", 1, EXAMPLES));
    train = look_at("one/training_data_train.jsonl");
    val = look_at("one/training_data_val.jsonl");
    CHECK(!train.bad && !val.bad);
    CHECK(!shared(train.statements, val.statements) && !shared(train.templates, val.templates) &&
          !shared(train.questions, val.questions));
    CHECK(json_object_size(train.prefixes) == 1 && json_object_size(train.categories) > 20);
    CHECK(json_object_size(train.templates) > 100 && train.relative > 5);
    CHECK(counts.train + counts.val >= EXAMPLES && counts.val * 10 > counts.train && counts.val * 3 < counts.train);
    CHECK(train.refusals + val.refusals == counts.refusals && counts.refusals == EXAMPLES * 5 / 100);
    CHECK(counts.empty * 100 >= 5 * (counts.train + counts.val) && counts.empty * 100 <= 10 * (counts.train + counts.val));
    CHECK(counts.failed == 0);
    forget(&train);
    forget(&val);
}

static void same_seed_same_bytes(void)
{
    str first, again, other, parts, val;

    CHECK(generate("two", 1, EXAMPLES) && generate("three", 2, FEW));
    first = get("one/training_data.jsonl");
    again = get("two/training_data.jsonl");
    other = get("three/training_data.jsonl");
    parts = get("one/training_data_train.jsonl");
    val = get("one/training_data_val.jsonl");
    CHECK(first.n && first.n == again.n && !memcmp(first.text, again.text, first.n));
    CHECK(strcmp(first.text, other.text) && first.n == parts.n + val.n);
    str_deinit(&first);
    str_deinit(&again);
    str_deinit(&other);
    str_deinit(&parts);
    str_deinit(&val);
}

static void manifest_tells_the_hashes(void)
{
    char hex[65];
    str text = get("two/manifest.json");
    json_t *j = json_loads(str_text(&text), 0, NULL);
    err e = {0};
    bool same;

    CHECK(j && file_sha256(in_folder("two/training_data.jsonl"), hex, &e));
    same = !strcmp(text_of(json_object_get(j, "sha256"), "training_data.jsonl"), hex);
    json_decref(j);
    str_deinit(&text);
    CHECK(same);
}

typedef struct tested { json_t *keys, *reserved; int missing; } tested;

static void add_tested(void *arg, const json_t *j)
{
    tested *t = arg;
    char key[65];

    question_key(text_of(j, "question"), key);
    json_object_set_new(t->keys, key, json_true());
    key[16] = 0;
    if (!json_object_get(t->reserved, key)) {
        fprintf(stderr, "not in src/data/examples/reserved.txt: %s\n", key);
        t->missing++;
    }
}

static void no_question_is_one_of_the_tests(void)
{
    static const char *const files[] = {"sales", "sales_held_out", "unanswerable", "unanswerable_held_out"};
    tested t = {json_object(), reserved_read(), 0};
    looked all = look_at("one/training_data.jsonl");
    const char *question;
    json_t *value;
    int n = 0, equal = 0;

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[400];

        snprintf(path, sizeof path, "../../../%s/tests/questions/%s.jsonl", SALESBOT_SOURCE_DIR, files[i]);
        n += each_line(path, add_tested, &t);
    }
    json_object_foreach(all.questions, question, value) {
        char key[65];

        question_key(question, key);
        equal += json_object_get(t.keys, key) != NULL;
    }
    forget(&all);
    json_decref(t.keys);
    json_decref(t.reserved);
    CHECK(n > 300 && !t.missing && !equal);
}

static void any_database_will_do(void)
{
    data_generated n;
    err e = {0};
    const data_generate_options o = {.out = in_folder("many"), .limit = 40, .seed = 1};

    CHECK(data_generate_folder(sales_db_folder, &o, &n, &e));
    CHECK(n.databases == 1 && (n.train == 0 || n.val == 0) && n.train + n.val >= 40);
    CHECK(!data_generate_folder(in_folder("many"), &o, &n, &e) && e.code == ERR_IO);
}

static void frames_become_sentences(void)
{
    static const struct { const char *frame, *text; } cases[] = {
        {"{m} by {g} {f} {p}", "Sales by region in 2024"}, {"{p}, what was {m}", "In 2024, what was sales"},
        {"{f}, {m}", "Sales"}, {"[show|show] {m} [|]  , please", "Show sales, please"}, {"{none}", ""}, {"", ""}};
    slots s = {.n = 0};
    str out = {0};
    int bad = 0;

    slots_set(&s, "m", "%s", "sales");
    slots_set(&s, "g", "%s", "region");
    slots_set(&s, "p", "%s", "in 2024");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rng r = {7};

        str_reset(&out);
        frame_text(cases[i].frame, &s, &r, &out);
        if (!str_equal_nocase(str_text(&out), cases[i].text)) {
            fprintf(stderr, "%s: \"%s\"\n", cases[i].frame, str_text(&out));
            bad++;
        }
    }
    str_deinit(&out);
    CHECK(!bad);
}

static void names_become_words(void)
{
    static const struct { const char *name, *words, *many; } cases[] = {
        {"StoreID", "store id", "store ids"}, {"opened_on", "opened on", "opened ons"}, {"category", "category", "categories"},
        {"HTTPServer", "http server", "http servers"}, {"box", "box", "boxes"}, {"Day", "day", "days"}, {"sales", "sales", "sales"},
        {"", "", "es"}};
    int bad = 0;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[SLOT_BYTES], many[SLOT_BYTES];

        words_of_name(cases[i].name, words);
        plural(words, many);
        if (strcmp(words, cases[i].words) || strcmp(many, cases[i].many)) {
            fprintf(stderr, "%s: \"%s\", \"%s\"\n", cases[i].name, words, many);
            bad++;
        }
    }
    CHECK(!bad);
}

int test_failed;
int main(int argc, char **argv)
{
    static const test_case cases[] = {
        {"sides_share_nothing", sides_share_nothing}, {"same_seed_same_bytes", same_seed_same_bytes},
        {"manifest_tells_the_hashes", manifest_tells_the_hashes},
        {"no_question_is_one_of_the_tests", no_question_is_one_of_the_tests},
        {"any_database_will_do", any_database_will_do}, {"frames_become_sentences", frames_become_sentences},
        {"names_become_words", names_become_words}};
    err e = {0};
    int code;

    if (argc > 1 && !strcmp(argv[1], "__executor"))
        return db_executor_main(argc, argv);
    setenv("SALESBOT_PROGRAM", "/proc/self/exe", 1);
    if (!db_available(&(db_options){0}, &e)) {
        printf("skipped: %s\n", e.msg);
        return 77;
    }
    sales = sales_db_open();
    if (!sales)
        return 1;
    code = test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    db_close(sales);
    return code;
}
