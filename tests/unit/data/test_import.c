/* test_import.c - public layouts become examples; what is broken is counted and named. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "data/data.h"
#include "test.h"

static char folder[] = "/tmp/salesbot-import-XXXXXX";

static const char schemas[] =
    "{\"shop\": {\"tables\": [{\"name\": \"Store\", \"columns\": [{\"name\": \"ID\", \"type\": \"integer\", \"primary_key\": true},"
    "{\"name\": \"City\", \"type\": \"text\"}]}, {\"name\": \"sale\", \"columns\": [{\"name\": \"store\", \"type\": \"integer\"},"
    "{\"name\": \"amount\", \"type\": \"real\"}]}], \"foreign_keys\": [[\"sale\", \"store\", \"Store\", \"ID\"]]},"
    "\"zoo\": {\"tables\": [{\"name\": \"animal\", \"columns\": [{\"name\": \"name\", \"type\": \"text\"}]}], \"foreign_keys\": []}}";

static const char *in_folder(const char *name)
{
    static char path[16][200];
    static int turn;
    char *p = path[turn++ % 16];

    snprintf(p, 200, "%s/%s", folder, name);
    return p;
}

static void put(const char *name, const char *text)
{
    err e = {0};

    if (!file_write_atomic(in_folder(name), text, strlen(text), 0600, &e)) {
        fprintf(stderr, "%s\n", e.msg);
        abort();
    }
}

static char *get(const char *name)
{
    str s = {0};
    err e = {0};

    if (!file_read(in_folder(name), 1 << 24, &s, &e))
        fprintf(stderr, "%s\n", e.msg);
    return s.n ? str_take(&s) : strdup("");
}

static bool has(const char *name, const char *part)
{
    char *text = get(name);
    const bool found = strstr(text, part) != NULL;

    if (!found)
        fprintf(stderr, "%s has no %s:\n%s\n", name, part, text);
    free(text);
    return found;
}

/* The statement that the model is to write for `sql`, over shop. */
static bool import(const char *file, const data_import_options *more, data_counts *n)
{
    char data[200], out[200];
    data_import_options o = more ? *more : (data_import_options){0};
    err e = {0};

    snprintf(data, sizeof data, "%s/%s", folder, file);
    snprintf(out, sizeof out, "%s/out", folder);
    o.file = data;
    o.out = out;
    if (data_import(&o, n, &e))
        return true;
    fprintf(stderr, "%s: %s\n", file, e.msg);
    return false;
}

static void every_layout_is_read(void)
{
    static const struct { const char *name, *text; } files[] = {
        {"plain.jsonl", "{\"db_id\": \"shop\", \"question\": \"Q\", \"sql\": \"SELECT city FROM store\"}\n"},
        {"spider.json", "[{\"db_id\": \"shop\", \"question\": \"Q\", \"query\": \"SELECT city FROM store\"}]"},
        {"bird.json", "[{\"db_id\": \"shop\", \"question\": \"Q\", \"evidence\": \"cities\", \"SQL\": \"SELECT city FROM store\"}]"},
        {"context.jsonl", "{\"question\": \"Q\", \"context\": \"CREATE TABLE Store (ID INTEGER PRIMARY KEY, City VARCHAR(20))\", "
                          "\"answer\": \"SELECT city FROM store\"}\n"},
    };
    data_counts n;

    put("schemas.json", schemas);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        put(files[i].name, files[i].text);
        CHECK(import(files[i].name, NULL, &n));
        CHECK(n.read == 1 && n.train + n.val == 1);
        CHECK(has("out/training_data.jsonl", "\"content\":\"FROM Store SELECT City\""));
        CHECK(has("out/training_data.jsonl", "Store: ID number key, City\\n"));
    }
}

static void spider_tables_describe_databases(void)
{
    data_counts n;

    put("tables.json", "[{\"db_id\": \"farm\", \"table_names_original\": [\"barn\", \"cow\"], \"column_names_original\": [[-1, \"*\"], "
        "[0, \"id\"], [1, \"barn_id\"], [1, \"milk\"]], \"column_types\": [\"text\", \"number\", \"number\", \"number\"], "
        "\"primary_keys\": [1], \"foreign_keys\": [[2, 1]]}]");
    put("farm.json", "[{\"db_id\": \"farm\", \"question\": \"Q\", \"query\": \"SELECT sum(milk) FROM cow\"}]");
    CHECK(import("farm.json", &(data_import_options){.schemas = in_folder("tables.json")}, &n));
    CHECK(n.train + n.val == 1);
    CHECK(has("out/training_data.jsonl", "barn: id number key\\ncow: barn_id > barn.id, milk number\\n"));
}

static void keys_of_create_table_are_read(void)
{
    data_counts n;

    put("ddl.jsonl", "{\"question\": \"Q\", \"context\": \"CREATE TABLE a (x INT, \\\"the y\\\" VARCHAR DEFAULT 'a, b', PRIMARY KEY (x)); "
        "DROP TABLE z; CREATE TABLE IF NOT EXISTS main.b (ax INT REFERENCES a(x), d DATE NOT NULL CHECK (d > '2000-01-01'), "
        "m DECIMAL(10, 2), CONSTRAINT k FOREIGN KEY (m) REFERENCES a (x) ON DELETE CASCADE)\", "
        "\"answer\": \"SELECT \\\"the y\\\" FROM a JOIN b ON a.x = b.ax WHERE d > '2020-01-01'\"}\n");
    CHECK(import("ddl.jsonl", NULL, &n));
    CHECK(n.train + n.val == 1);
    CHECK(has("out/training_data.jsonl", "a: x number key, \\\"the y\\\"\\nb: ax > a.x, d date, m > a.x\\n"));
}

/* Published golds are SQLite's: "text" in double quotes, LIKE without case. */
static void sqlite_golds_are_brought_over(void)
{
    data_counts n;

    put("lite.json", "[{\"db_id\": \"shop\", \"question\": \"Q\", \"query\": \"SELECT count(*) FROM store WHERE city = \\\"Bonn\\\"\"},"
        "{\"db_id\": \"shop\", \"question\": \"R\", \"query\": \"SELECT id FROM store WHERE `city` LIKE '%b%'\"},"
        "{\"db_id\": \"shop\", \"question\": \"S\", \"query\": \"SELECT FROM\"}]");
    CHECK(import("lite.json", NULL, &n));
    CHECK(n.train + n.val == 2 && n.converted == 2 && n.unparsed == 1 && n.run == 0);
    CHECK(has("out/training_data.jsonl", "FROM Store WHERE City = 'Bonn' SELECT count(*)"));
    CHECK(has("out/training_data.jsonl", "FROM Store WHERE City ILIKE '%b%' SELECT ID"));
}

static void folders_are_read_whole(void)
{
    data_counts n;
    char command[300];

    snprintf(command, sizeof command, "mkdir -p '%s/set/deep' '%s/set/.hidden' && cp '%s/plain.jsonl' '%s/set/deep/b.jsonl' && "
             "cp '%s/bird.json' '%s/set/a.json'", folder, folder, folder, folder, folder, folder);
    CHECK(!system(command));
    put("set/note.txt", "no data");
    put("set/.hidden/c.jsonl", "{");
    put("set/schemas.json", schemas);
    CHECK(import("set", NULL, &n));
    CHECK(n.train + n.val == 1 && n.duplicate == 1);
}

static void what_is_dropped_is_named(void)
{
    data_counts n;

    put("bad.jsonl", "{\"db_id\": \"shop\", \"question\": \"Q\", \"sql\": \"SELECT city FROM store\"}\n"
        "{\"db_id\": \"shop\", \"question\"\n"                                             /* line 2 */
        "\n"
        "{\"db_id\": \"shop\", \"question\": \"Q\"}\n"                                      /* line 4 */
        "{\"db_id\": \"nowhere\", \"question\": \"Q\", \"sql\": \"SELECT 1\"}\n"
        "{\"db_id\": \"shop\", \"question\": \"Q\", \"sql\": \"SELECT FROM\"}\n"
        "{\"db_id\": \"shop\", \"question\": \"Q\", \"sql\": \"SELECT colour FROM store\"}\n"
        "{\"db_id\": \"shop\", \"question\": \"Q\", \"sql\": \"SELECT city FROM store\"}\n"
        "[1]\n"
        "{\"db_id\": \"../shop\", \"question\": \"Q\", \"sql\": \"SELECT 1\"}\n"
        "{\"db_id\": \"shop\", \"question\": \"Q\", \"sql\": \"DROP TABLE store\"}");
    CHECK(import("bad.jsonl", NULL, &n));
    CHECK(n.read == 10 && n.train + n.val == 1);
    CHECK(n.malformed == 3 && n.no_database == 2 && n.unparsed == 2 && n.unbound == 1 && n.duplicate == 1);
    CHECK(has("out/dropped.jsonl", "bad.jsonl\",\"line\":2,\"reason\":\""));
    CHECK(has("out/dropped.jsonl", "\"line\":4,\"reason\":\"it has no statement"));
    CHECK(has("out/dropped.jsonl", "no column \\\"colour\\\""));
}

static void sides_share_no_database(void)
{
    data_counts n;
    str text = {0};
    char *train, *val;

    for (int i = 0; i < 400; i++)
        str_addf(&text, "{\"db_id\": \"d%d\", \"question\": \"Q%d\", \"context\": \"CREATE TABLE t (x INT)\", \"answer\": \"SELECT x FROM t\"}\n",
                 i % 40, i);
    put("many.jsonl", str_text(&text));
    str_deinit(&text);
    put("aside.txt", "# a comment\nd3\nd17\n");
    CHECK(import("many.jsonl", &(data_import_options){.set_aside = in_folder("aside.txt"), .seed = 1}, &n));
    CHECK(n.set_aside == 20 && n.val > 0 && n.train + n.val == 380);
    train = get("out/training_data_train.jsonl");
    val = get("out/training_data_val.jsonl");
    for (int i = 0; i < 40; i++) {
        char name[40];

        snprintf(name, sizeof name, "\"db_id\":\"d%d\"", i);
        CHECK(!(strstr(train, name) && strstr(val, name)));
        CHECK((i == 3 || i == 17) == (!strstr(train, name) && !strstr(val, name)));
    }
    free(train);
    free(val);
    CHECK(has("out/set_aside.jsonl", "{\"db_id\":\"d3\",\"question\":\"Q3\",\"evidence\":\"\",\"sql\":\"SELECT x FROM t\""));
}

static void same_seed_same_bytes(void)
{
    data_counts n;
    char *once, *again, *other;

    CHECK(import("many.jsonl", &(data_import_options){.limit = 50, .seed = 1}, &n));
    CHECK(n.read >= 30 && n.read <= 50);
    once = get("out/training_data.jsonl");
    CHECK(import("many.jsonl", &(data_import_options){.limit = 50, .seed = 1}, &n));
    again = get("out/training_data.jsonl");
    CHECK(import("many.jsonl", &(data_import_options){.limit = 50, .seed = 2}, &n));
    other = get("out/training_data.jsonl");
    CHECK(!strcmp(once, again) && strcmp(once, other));
    free(once);
    free(again);
    free(other);
}

static void files_that_are_none_are_refused(void)
{
    data_import_options o = {.file = in_folder("empty.jsonl"), .out = in_folder("out2")};
    data_counts n;
    err e = {0};

    put("empty.jsonl", "\n\n");
    CHECK(!data_import(&o, &n, &e) && e.code == ERR_FORMAT && strstr(e.msg, "nothing to import"));
    o.file = in_folder("no_such.jsonl");
    CHECK(!data_import(&o, &n, &e) && e.code == ERR_IO);
    put("cut.json", "[{\"db_id\": \"shop\"");
    o.file = in_folder("cut.json");
    CHECK(!data_import(&o, &n, &e) && e.code == ERR_FORMAT && strstr(e.msg, "cut.json:1"));
    put("nul.jsonl", "\xff\xfe\n");
    o.file = in_folder("nul.jsonl");
    CHECK(data_import(&o, &n, &e) && n.malformed == 1);
}

static void clean_up(void)
{
    char command[80];

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command))
        fprintf(stderr, "could not remove %s\n", folder);
}

int test_failed;
int main(int argc, char **argv)
{
    static const test_case cases[] = {
        {"every_layout_is_read", every_layout_is_read},
        {"spider_tables_describe_databases", spider_tables_describe_databases},
        {"keys_of_create_table_are_read", keys_of_create_table_are_read},
        {"sqlite_golds_are_brought_over", sqlite_golds_are_brought_over},
        {"folders_are_read_whole", folders_are_read_whole},
        {"what_is_dropped_is_named", what_is_dropped_is_named},
        {"sides_share_no_database", sides_share_no_database},
        {"same_seed_same_bytes", same_seed_same_bytes},
        {"files_that_are_none_are_refused", files_that_are_none_are_refused}};
    int code;

    if (!mkdtemp(folder))
        return 1;
    put("schemas.json", schemas);
    code = test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    clean_up();
    return code;
}
