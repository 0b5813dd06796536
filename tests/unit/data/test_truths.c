/* test_truths.c - the sales database itself: every truth of tests/sales/
 * truths.sql holds, and one thread makes the same rows as two. Needs the
 * database library; without it the program is skipped (exit 77). */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "data/sales.h"
#include "db/db.h"
#include "test.h"

static char folder[] = "/tmp/salesbot-truths-XXXXXX";

typedef struct feed {
    sales_script *script;
    err e;
} feed;

static const char *next(void *arg)
{
    feed *f = arg;
    sales_step step;
    if (sales_script_next(f->script, &step, &f->e)) return step.sql;
    return NULL;
}

/* Opened, or NULL and a message. `path` is filled. */
static db *make(const char *name, uint64_t rows, uint64_t seed, int threads, str *path, err *e)
{
    feed f = {.script = sales_script_new(rows, seed, e)};
    db_script script = {.next = next, .arg = &f};
    str_addf(path, "%s/%s.duckdb", folder, name);
    bool ok = f.script && db_create(str_text(path), &(db_options){.threads = threads}, true, &script, e) &&
              f.e.code == ERR_OK;
    sales_script_free(f.script);
    db *d = ok ? db_open(str_text(path), &(db_options){.no_cache = true}, e) : NULL;
    if (!d) fprintf(stderr, "%s: %s%s\n", name, e->msg, f.e.msg);
    return d;
}

/* The first cell as text; "" and a message on failure. */
static void ask(db *d, const char *sql, char out[80])
{
    err e = {0};
    char buffer[64];
    out[0] = 0;
    db_result *r = db_execute(d, sql, &(db_limits){.timeout_ms = 120000}, &e);
    if (r && r->n_rows == 1) snprintf(out, 80, "%s", db_cell_text(r, 0, 0, buffer));
    else fprintf(stderr, "%s\n%.200s\n", r ? "not one row" : e.msg, sql);
    db_result_free(r);
}

/* `from` to `to` with {{rows}} filled in. */
static void add_filled(str *sql, const char *from, const char *to, uint64_t rows)
{
    static const char mark[] = "{{rows}}";
    const char *at;
    while ((at = memmem(from, (size_t)(to - from), mark, sizeof mark - 1))) {
        str_add(sql, from, (size_t)(at - from));
        str_addf(sql, "%" PRIu64, rows);
        from = at + sizeof mark - 1;
    }
    str_add(sql, from, (size_t)(to - from));
}

/* How many truths were asked; those that fail are named. */
static int check_truths(db *d, uint64_t rows, int *n_false)
{
    str text = {0}, sql = {0};
    err e = {0};
    int asked = 0;
    *n_false = 0;
    if (!file_read(SALESBOT_SOURCE_DIR "/tests/sales/truths.sql", 1 << 20, &text, &e)) return -1;
    for (const char *at = strstr(text.text, "-- truth "), *end; at; at = strstr(end, "-- truth ")) {
        const char *line = strchr(at, '\n');
        char name[80] = "", answer[80];
        unsigned long long from_rows = 0;
        sscanf(at, "-- truth %79s %llu", name, &from_rows);
        end = strstr(line, ";\n");
        if (!end) break;
        if (memchr(at + 9, ' ', (size_t)(line - at - 9)) && rows < from_rows) continue;
        str_reset(&sql);
        add_filled(&sql, line + 1, end, rows);
        ask(d, str_text(&sql), answer);
        asked++;
        if (strcmp(answer, "true")) {
            fprintf(stderr, "not true of %" PRIu64 " lines: %s (%s)\n", rows, name, answer);
            ++*n_false;
        }
    }
    str_deinit(&text);
    str_deinit(&sql);
    return asked;
}

static void truths_of_a_small_one(void)
{
    err e = {0};
    str path = {0};
    int n_false = 0;
    db *d = make("small", SALES_ROWS_MIN, 12, 2, &path, &e);
    int asked = d ? check_truths(d, SALES_ROWS_MIN, &n_false) : 0;
    db_close(d);
    unlink(str_text(&path));
    str_deinit(&path);
    CHECK(asked >= 35 && n_false == 0);
}

/* SHA-256 of a table exported in the order of its key (or of its only row). */
static void table_sha(db *d, const char *table, const char *key, char out[80])
{
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT sha256(string_agg(t::VARCHAR, chr(10) ORDER BY %s)) FROM %s AS t", key, table);
    ask(d, sql, out);
}

static void compare(db *one, db *two)
{
    static const char *const tables[][2] = {
        {"company", "name"}, {"calendar", "date"}, {"exchange_rates", "currency, month_start"}, {"regions", "region_id"},
        {"stores", "store_id"}, {"store_closures", "store_id, from_on"}, {"categories", "category_id"},
        {"products", "product_id"}, {"customers", "customer_id"}, {"promotions", "promotion_id"}, {"sales", "sale_id"},
        {"returns", "return_id"}, {"targets", "store_id, month_start"}, {"inventory", "snapshot_on, store_id, product_id"}};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char a[80], b[80];
        table_sha(one, tables[i][0], tables[i][1], a);
        table_sha(two, tables[i][0], tables[i][1], b);
        if (strlen(a) != 64 || strcmp(a, b)) fprintf(stderr, "%s: %s and %s\n", tables[i][0], a, b);
        CHECK(strlen(a) == 64 && !strcmp(a, b));
    }
}

static void keys_are_in_the_catalog(db *d)
{
    err e = {0};
    const db_catalog *c = db_catalog_get(d, &e);
    CHECK(c && c->n_tables == 14);
    int primary = 0, foreign = 0, commented = 0, columns = 0;
    for (int t = 0; t < c->n_tables; t++) {
        for (int i = 0; i < c->tables[t].n_columns; i++) {
            const db_column *k = &c->tables[t].columns[i];
            columns++;
            primary += k->primary_key;
            foreign += k->fk_table >= 0;
            commented += k->comment[0] != 0;
        }
    }
    CHECK(columns == 95 && commented == 95);
    CHECK(primary == 18 && foreign == 11);
}

static void one_thread_makes_what_two_make(void)
{
    enum { ROWS = 120000 };
    err e = {0};
    str first = {0}, second = {0};
    int n_false = 0;
    db *one = make("one", ROWS, 5, 1, &first, &e);
    db *two = one ? make("two", ROWS, 5, 2, &second, &e) : NULL;
    if (two) compare(one, two);
    if (two && !test_failed) keys_are_in_the_catalog(two);
    int asked = two ? check_truths(two, ROWS, &n_false) : 0;
    db_close(one);
    db_close(two);
    unlink(str_text(&first));
    unlink(str_text(&second));
    str_deinit(&first);
    str_deinit(&second);
    if (!test_failed) CHECK(asked >= 45 && n_false == 0);
}

static bool library_is_there(void)
{
    str path = {0};
    err e = {0};
    const char *named = getenv("SALESBOT_DUCKDB");
    bool there = named ? file_exists(named) : home_path(&path, "lib/libduckdb.so", &e) && file_exists(str_text(&path));
    str_deinit(&path);
    return there;
}

int test_failed;

int main(int argc, char **argv)
{
    static const test_case cases[] = {{"truths_of_a_small_one", truths_of_a_small_one},
                                      {"one_thread_makes_what_two_make", one_thread_makes_what_two_make}};
    if (argc > 1 && !strcmp(argv[1], "__executor")) return db_executor_main(argc, argv);
    if (!library_is_there()) {
        printf("skipped: no database library ($SALESBOT_DUCKDB, $SALESBOT_HOME/lib/libduckdb.so)\n");
        return 77;
    }
    setenv("SALESBOT_PROGRAM", "/proc/self/exe", 1);
    if (!mkdtemp(folder)) return 1;
    int failed = test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    rmdir(folder);
    return failed;
}
