/* Opening, the catalog, statements and their limits, on databases made here. */
#include <inttypes.h>
#include <pthread.h>
#include <time.h>

#include "db/db_impl.h"
#include "support.h"

static db *open_shop(err *e)
{
    return db_open(shop_path(), &(db_options){.threads = 1}, e);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- catalog ---------------------------------------------------------- */

static void check_catalog(const db_catalog *c)
{
    const db_table *sale = &c->tables[2];
    const db_column *k = sale->columns;

    CHECK(c->n_tables == 3);
    CHECK_TEXT(c->database, "shop.duckdb");
    CHECK(strlen(c->fingerprint) == 64);
    CHECK_TEXT(c->tables[0].name, "big");
    CHECK(c->tables[0].is_view && c->tables[0].n_rows == 2970);
    CHECK_TEXT(c->tables[1].name, "region");
    CHECK_TEXT(sale->comment, "one line per sale");
    CHECK(!sale->is_view && sale->n_rows == 30000 && sale->n_columns == 6);
    CHECK(k[0].primary_key && !k[0].nullable && k[0].type == DB_INTEGER);
    CHECK(!k[1].primary_key && k[1].nullable);
    CHECK(k[1].fk_table == 1 && k[1].fk_column == 0 && k[0].fk_table == -1);
    CHECK_TEXT(k[2].type_text, "DECIMAL(14,2)");
    CHECK(k[2].type == DB_DECIMAL && k[2].n_distinct == 1000);
    CHECK_TEXT(k[2].comment, "before VAT");
    CHECK_TEXT(k[2].max_text, "99.90");
    CHECK_TEXT(k[3].min_text, "2024-01-01");
    CHECK(k[4].n_null == 4286 && k[4].n_distinct == 50);
    CHECK(k[4].values_complete && k[4].n_values == 50);
    CHECK_TEXT(k[4].values[0], "note 0");
    CHECK_TEXT(k[4].values[1], "note 1");
    CHECK_TEXT(k[4].values[2], "note 10");
    CHECK(!k[5].values_complete && k[5].n_values == 20); /* 30,000 distinct */
    CHECK(k[5].n_distinct > 27000 && k[5].n_distinct < 33000);
    CHECK_TEXT(c->tables[1].columns[1].values[2], "\xC3\x9Cn\xC3\xB6");
    CHECK(db_table_find(c, "SALE") == 2 && db_table_find(c, "sal") == -1);
    CHECK(db_column_find(sale, "Amount") == 2 && db_column_find(sale, "x") == -1);
}

static void catalog_is_read(void)
{
    err e;
    db *d = db_open(shop_path(), &(db_options){.no_cache = true}, &e);
    const db_catalog *c;

    CHECK_OK(d);
    CHECK_OK(c = db_catalog_get(d, &e));
    CHECK(db_catalog_get(d, &e) == c);
    CHECK(entries(in_home("cache"), "catalog-") == 0);
    check_catalog(c);
    db_close(d);
}

/* The only catalog file in the cache. */
static const char *cache_file(void)
{
    DIR *dir = opendir(in_home("cache"));
    struct dirent *entry;
    const char *path = "";

    while (dir && (entry = readdir(dir)))
        if (str_starts(entry->d_name, "catalog-")) {
            char name[300];

            snprintf(name, sizeof name, "cache/%s", entry->d_name);
            path = in_home(name);
        }
    if (dir)
        closedir(dir);
    return path;
}

/* Everything in the catalog, as bytes. */
static void flatten(const db_catalog *c, str *out)
{
    str_reset(out);
    for (int i = 0; i < c->n_tables; i++)
        table_put(out, &c->tables[i]);
}

/* A damaged byte anywhere in the kept copy: it is read from the database again. */
static void catalog_is_kept_and_checked(void)
{
    str first = {0}, again = {0}, kept = {0};
    err e;

    for (size_t i = 0; i < 12; i++) {
        db *d;

        CHECK_OK(d = open_shop(&e));
        CHECK_OK(db_catalog_get(d, &e));
        check_catalog(db_catalog_get(d, &e));
        flatten(db_catalog_get(d, &e), i ? &again : &first);
        CHECK(!i || (first.n == again.n && !memcmp(first.text, again.text, first.n)));
        db_close(d);
        CHECK(entries(in_home("cache"), "catalog-") == 1);
        CHECK_OK(file_read(cache_file(), 1 << 24, &kept, &e));
        kept.text[kept.n * i / 12] ^= 1;
        CHECK_OK(file_write_atomic(cache_file(), kept.text, i == 11 ? kept.n / 2 : kept.n, 0600,
                                   &e));
    }
    str_deinit(&first);
    str_deinit(&again);
    str_deinit(&kept);
}

/* The copy is used: one that was changed with a fitting checksum is believed. */
static void catalog_comes_from_the_copy(void)
{
    enum { CHECK_BYTES = 64 };
    char hex[65], *at;
    str kept = {0};
    err e;
    db *d;

    CHECK_OK(d = open_shop(&e));
    CHECK_OK(db_catalog_get(d, &e));
    db_close(d);
    CHECK_OK(file_read(cache_file(), 1 << 24, &kept, &e));
    CHECK(at = memmem(kept.text, kept.n, "before VAT", 10));
    *at = 'B';
    sha256_hex(kept.text, kept.n - CHECK_BYTES, hex);
    memcpy(kept.text + kept.n - CHECK_BYTES, hex, CHECK_BYTES);
    CHECK_OK(file_write_atomic(cache_file(), kept.text, kept.n, 0600, &e));
    CHECK_OK(d = open_shop(&e));
    CHECK_OK(db_catalog_get(d, &e));
    CHECK_TEXT(db_catalog_get(d, &e)->tables[2].columns[2].comment, "Before VAT");
    db_close(d);
    CHECK(!unlink(cache_file()));
    str_deinit(&kept);
}

static void catalog_follows_the_file(void)
{
    static const char *const one[] = {"CREATE TABLE a (x INTEGER)", "INSERT INTO a VALUES (1)",
                                      NULL};
    static const char *const two[] = {"CREATE TABLE a (x INTEGER, y VARCHAR)", NULL};
    const char *path = in_home("follow.duckdb");
    char before[65];
    err e;
    db *d;

    CHECK_OK(make_database(path, one, &e));
    CHECK_OK(d = db_open(path, &(db_options){0}, &e));
    CHECK_OK(db_catalog_get(d, &e));
    snprintf(before, sizeof before, "%s", db_catalog_get(d, &e)->fingerprint);
    db_close(d);
    CHECK_OK(make_database(path, two, &e));
    CHECK_OK(d = db_open(path, &(db_options){0}, &e));
    CHECK_OK(db_catalog_get(d, &e));
    CHECK(db_catalog_get(d, &e)->tables[0].n_columns == 2);
    CHECK(db_catalog_get(d, &e)->tables[0].columns[1].n_values == 0);
    CHECK(strcmp(before, db_catalog_get(d, &e)->fingerprint) != 0);
    db_close(d);
}

/* ---- values ----------------------------------------------------------- */

static void values_are_exact(void)
{
    static const struct {
        const char *sql, *text;
        db_type type;
    } cases[] = {
        {"170141183460469231731687303715884105727::HUGEINT",
         "170141183460469231731687303715884105727", DB_DECIMAL},
        {"'-170141183460469231731687303715884105728'::HUGEINT",
         "-170141183460469231731687303715884105728", DB_DECIMAL},
        {"340282366920938463463374607431768211455::UHUGEINT",
         "340282366920938463463374607431768211455", DB_DECIMAL},
        {"18446744073709551615::UBIGINT", "18446744073709551615", DB_DECIMAL},
        {"'-9223372036854775808'::BIGINT", "-9223372036854775808", DB_INTEGER},
        {"255::UTINYINT", "255", DB_INTEGER},
        {"'-128'::TINYINT", "-128", DB_INTEGER},
        {"'-0.05'::DECIMAL(3,2)", "-0.05", DB_DECIMAL},
        {"'-12345678901234567.89'::DECIMAL(19,2)", "-12345678901234567.89", DB_DECIMAL},
        {"0.0000000001::DECIMAL(38,10)", "0.0000000001", DB_DECIMAL},
        {"'-123456789012345678901234567890123456.78'::DECIMAL(38,2)",
         "-123456789012345678901234567890123456.78", DB_DECIMAL},
        {"'12345678.123456789012345678901234567890'::DECIMAL(38,30)",
         "12345678.123456789012345678901234567890", DB_DECIMAL},
        {"'-0.00'::DECIMAL(18,2)", "0.00", DB_DECIMAL},
        {"'18446744073709551616'::HUGEINT", "18446744073709551616", DB_DECIMAL},
        {"'18446744073709551615'::HUGEINT", "18446744073709551615", DB_DECIMAL},
        {"7::DECIMAL(9,0)", "7", DB_DECIMAL},
        {"0.1::FLOAT", "0.1", DB_DOUBLE},
        {"0.1::DOUBLE + 0.2::DOUBLE", "0.30000000000000004", DB_DOUBLE},
        {"'nan'::DOUBLE", "nan", DB_DOUBLE},
        {"'-inf'::DOUBLE", "-inf", DB_DOUBLE},
        {"true", "true", DB_BOOLEAN},
        {"DATE '2024-02-29'", "2024-02-29", DB_DATE},
        {"DATE '1969-12-31'", "1969-12-31", DB_DATE},
        {"DATE '0001-01-01'", "0001-01-01", DB_DATE},
        {"DATE '0044-03-15 (BC)'", "0044-03-15 (BC)", DB_DATE},
        {"DATE 'infinity'", "infinity", DB_DATE},
        {"TIME '23:59:59.5'", "23:59:59.5", DB_TIME},
        {"TIMESTAMP '1969-12-31 23:59:59.999'", "1969-12-31 23:59:59.999", DB_TIMESTAMP},
        {"TIMESTAMP '2024-06-01 00:00:00'", "2024-06-01 00:00:00", DB_TIMESTAMP},
        {"INTERVAL 3 DAY", "3 days", DB_TEXT},
        {"[1, 2]", "[1, 2]", DB_TEXT},
        {"{'a': 1}", "{'a': 1}", DB_TEXT},
        {"'00000000-0000-0000-0000-000000000001'::UUID", "00000000-0000-0000-0000-000000000001",
         DB_TEXT},
        {"'a'::ENUM ('a', 'b')", "a", DB_TEXT},
        {"TIMESTAMP_NS '2024-06-01 00:00:00.123456789'", "2024-06-01 00:00:00.123456789", DB_TEXT},
        {"'\\x00'::BLOB", "\\x00", DB_TEXT},
        {"'a' || chr(0) || 'b'", "a\xEF\xBF\xBD" "b", DB_TEXT},
        {"'\xC3\x9C, longer than twelve bytes'", "\xC3\x9C, longer than twelve bytes", DB_TEXT},
        {"''", "", DB_TEXT},
    };
    err e;
    db *d;

    CHECK_OK(d = open_shop(&e));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char sql[200], buffer[64];
        db_result *r;

        snprintf(sql, sizeof sql, "SELECT %s AS v;", cases[i].sql);
        CHECK_OK(r = db_execute(d, sql, &(db_limits){0}, &e));
        CHECK(r->n_rows == 1 && r->n_columns == 1 && !r->truncated);
        CHECK_TEXT(r->columns[0].name, "v");
        if (r->columns[0].type != cases[i].type)
            FAIL_("%s: type %s", sql, db_type_name(r->columns[0].type));
        CHECK_TEXT(db_cell_text(r, 0, 0, buffer), cases[i].text);
        db_result_free(r);
    }
    db_close(d);
}

static void sums_are_exact(void)
{
    err e;
    db *d;

    CHECK_OK(d = open_shop(&e));
    CHECK_TEXT(ask_cell(d, "SELECT sum(amount) FROM sale", &e), "1498500.00");
    CHECK_TEXT(ask_cell(d, "SELECT sum(9223372036854775807) FROM range(1000)", &e),
               "9223372036854775807000");
    CHECK_TEXT(ask_cell(d, "SELECT NULL::INTEGER", &e), "(null)");
    CHECK_TEXT(ask_cell(d, "SELECT [note] FROM sale WHERE note IS NULL LIMIT 1 -- why", &e),
               "[NULL]");
    db_close(d);
}

static void numbers_and_nulls(void)
{
    err e;
    db *d;
    db_result *r;
    char buffer[64];

    CHECK_OK(d = open_shop(&e));
    CHECK_OK(r = db_execute(d, "SELECT 1.50::DECIMAL(9,2), 'x', NULL::DOUBLE, true, 2.5::DOUBLE",
                            &(db_limits){0}, &e));
    CHECK(db_cell_number(r, 0, 0) == 1.5 && r->columns[0].scale == 2);
    CHECK(isnan(db_cell_number(r, 0, 1)) && isnan(db_cell_number(r, 0, 2)));
    CHECK(db_cell_null(r, 0, 2) && !db_cell_null(r, 0, 1));
    CHECK_TEXT(db_cell_text(r, 0, 2, buffer), "");
    CHECK(db_cell_number(r, 0, 3) == 1.0 && db_cell_number(r, 0, 4) == 2.5);
    db_result_free(r);
    db_close(d);
}

/* A column that is cast to text goes through a subquery: its order must hold. */
static void order_survives_the_cast(void)
{
    err e;
    db *d;
    db_result *r;

    CHECK_OK(d = db_open(shop_path(), &(db_options){.threads = 4}, &e));
    CHECK_OK(r = db_execute(d, "SELECT sale_id AS x, [sale_id] AS x FROM sale, range(3)"
                               " ORDER BY sale_id DESC",
                            &(db_limits){.max_rows = 100000}, &e));
    CHECK(r->n_rows == 90000);
    CHECK_TEXT(r->columns[1].name, "x");
    for (int64_t i = 1; i < r->n_rows; i++)
        CHECK(r->columns[0].as.integer[i - 1] >= r->columns[0].as.integer[i]);
    db_result_free(r);
    db_close(d);
}

/* ---- statements ------------------------------------------------------- */

static void prepare_describes(void)
{
    err e;
    db *d;
    db_result *r;

    CHECK_OK(d = open_shop(&e));
    CHECK_OK(r = db_prepare(d, "SELECT amount, sold_on, [1] FROM sale", &e));
    CHECK(r->n_rows == 0 && r->n_columns == 3);
    CHECK(r->columns[0].type == DB_DECIMAL && r->columns[0].scale == 2);
    CHECK(r->columns[1].type == DB_DATE && r->columns[2].type == DB_TEXT);
    db_result_free(r);
    CHECK_ERR(db_prepare(d, "SELECT nope FROM sale", &e), ERR_DB, "nope");
    CHECK_ERR(db_prepare(d, "SELECT FROM WHERE", &e), ERR_DB, "");
    CHECK_ERR(db_prepare(d, "", &e), ERR_DB, "no statement");
    CHECK_ERR(db_prepare(d, "SELECT ?", &e), ERR_DB, "parameters");
    CHECK_ERR(db_prepare(d, "SELECT 1; SELECT 2", &e), ERR_DB, "one statement");
    db_close(d);
}

static void explain_explains(void)
{
    err e;
    db *d;
    char *text;

    CHECK_OK(d = open_shop(&e));
    CHECK_OK(text = db_explain(d, "SELECT region_id, count(*) FROM sale GROUP BY ALL", &e));
    CHECK(strstr(text, "sale"));
    free(text);
    CHECK_ERR(db_explain(d, "ANALYZE DELETE FROM sale", &e), ERR_DB, "");
    CHECK_ERR(db_explain(d, "DELETE FROM sale", &e), ERR_DB, "");
    db_close(d);
}

/* What changes data, or leaves the database, is refused, and not a byte of the
 * file differs afterwards. */
static void nothing_is_written(void)
{
    static const char *const statements[] = {
        "WITH d AS (DELETE FROM sale RETURNING *) SELECT count(*) FROM d",
        "WITH d AS (INSERT INTO region VALUES (9, 'x') RETURNING *) SELECT * FROM d",
        "WITH d AS (UPDATE region SET name = 'x' RETURNING *) SELECT * FROM d",
        "EXPLAIN ANALYZE DELETE FROM sale",
        "DELETE FROM sale",
        "DROP TABLE sale",
        "CREATE TEMP TABLE t AS SELECT 1",
        "CHECKPOINT",
        "BEGIN",
        "PREPARE p AS SELECT 1",
        "SET threads = 8",
        "SET enable_external_access = true",
        "ATTACH ':memory:' AS other",
        "LOAD httpfs",
        "COPY sale TO '/tmp/dbtest-leak.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM read_text('/proc/self/environ')",
        "SELECT * FROM glob('/etc/*')",
    };
    char before[65], after[65];
    err e;
    db *d;

    CHECK_OK(file_sha256(shop_path(), before, &e));
    CHECK_OK(d = open_shop(&e));
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        db_result *r = db_execute(d, statements[i], &(db_limits){0}, &e);

        if (r)
            FAIL_("ran: %s", statements[i]);
        CHECK(e.code == ERR_DB);
    }
    CHECK_TEXT(ask_cell(d, "SELECT count(*) FROM sale", &e), "30000");
    db_close(d);
    CHECK_OK(file_sha256(shop_path(), after, &e));
    CHECK_TEXT(after, before);
    CHECK(!file_exists("/tmp/dbtest-leak.csv"));
}

/* ---- limits ----------------------------------------------------------- */

static void rows_are_limited(void)
{
    static const struct {
        int64_t max_rows, n_rows;
        bool truncated;
    } cases[] = {{1, 1, true}, {2048, 2048, true}, {5000, 5000, true}, {29999, 29999, true},
                 {30000, 30000, false}, {30001, 30000, false}, {0, 10000, true}};
    err e;
    db *d;
    db_result *r;

    CHECK_OK(d = open_shop(&e));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_OK(r = db_execute(d, "SELECT sale_id, tag FROM sale ORDER BY 1",
                                &(db_limits){.max_rows = cases[i].max_rows}, &e));
        CHECK(r->n_rows == cases[i].n_rows && r->truncated == cases[i].truncated);
        CHECK(r->columns[0].as.integer[r->n_rows - 1] == r->n_rows - 1);
        db_result_free(r);
    }
    CHECK_OK(r = db_execute(d, "SELECT repeat('x', 1000) AS t FROM range(100000)",
                            &(db_limits){.max_bytes = 1000000, .max_rows = 100000}, &e));
    CHECK(r->truncated && r->n_rows > 900 && r->n_rows < 1000);
    db_result_free(r);
    CHECK_OK(r = db_execute(d, "SELECT repeat('x', 5000000) AS t FROM range(20)",
                            &(db_limits){0}, &e)); /* more than a frame in one chunk */
    CHECK(!r->truncated && r->n_rows == 20);
    CHECK(strlen(r->columns[0].as.text[19]) == 5000000);
    db_result_free(r);
    CHECK_ERR(db_execute(d, "SELECT repeat('x', 20000000)", &(db_limits){0}, &e), ERR_LIMIT,
              "single row");
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    db_close(d);
}

static const char endless[] = "SELECT count(*) FROM range(100000000) a, range(100000000) b"
                              " WHERE (a.range + b.range) % 7 = 3";

static void time_is_limited(void)
{
    const double began = seconds();
    err e;
    db *d;

    CHECK_OK(d = open_shop(&e));
    CHECK_ERR(db_execute(d, endless, &(db_limits){.timeout_ms = 200}, &e), ERR_LIMIT, "time");
    CHECK(seconds() - began < 5);
    CHECK(d->child.pid > 0); /* interrupted, not ended */
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    db_close(d);
}

static void memory_is_limited(void)
{
    err e;
    db *d;

    CHECK_OK(d = db_open(shop_path(), &(db_options){.memory_bytes = 32 << 20, .threads = 1}, &e));
    CHECK_ERR(db_execute(d, "SELECT length(string_agg(range::VARCHAR || repeat('x', 100), ','))"
                            " FROM range(2000000)", &(db_limits){0}, &e), ERR_LIMIT, "memory");
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    db_close(d);
}

static void *cancel_later(void *arg)
{
    const struct timespec pause = {.tv_nsec = 150000000};

    nanosleep(&pause, NULL);
    db_cancel(arg);
    return NULL;
}

static void cancel_stops(void)
{
    const double began = seconds();
    pthread_t thread;
    pid_t child;
    err e;
    db *d;

    CHECK_OK(d = open_shop(&e));
    child = d->child.pid;
    db_cancel(d); /* nothing runs: forgotten */
    CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    for (int i = 0; i < 3; i++) {
        CHECK(!pthread_create(&thread, NULL, cancel_later, d));
        CHECK_ERR(db_execute(d, endless, &(db_limits){0}, &e), ERR_CANCELLED, "interrupted");
        pthread_join(thread, NULL);
        CHECK(d->child.pid == child); /* interrupted, not ended */
        CHECK_TEXT(ask_cell(d, "SELECT 1", &e), "1");
    }
    CHECK(seconds() - began < 10);
    db_close(d);
}

TEST_MAIN_WITH_EXECUTOR({"catalog_is_read", catalog_is_read},
                        {"catalog_is_kept_and_checked", catalog_is_kept_and_checked},
                        {"catalog_comes_from_the_copy", catalog_comes_from_the_copy},
                        {"catalog_follows_the_file", catalog_follows_the_file},
                        {"values_are_exact", values_are_exact},
                        {"sums_are_exact", sums_are_exact},
                        {"numbers_and_nulls", numbers_and_nulls},
                        {"order_survives_the_cast", order_survives_the_cast},
                        {"prepare_describes", prepare_describes},
                        {"explain_explains", explain_explains},
                        {"nothing_is_written", nothing_is_written},
                        {"rows_are_limited", rows_are_limited},
                        {"time_is_limited", time_is_limited},
                        {"memory_is_limited", memory_is_limited},
                        {"cancel_stops", cancel_stops})
