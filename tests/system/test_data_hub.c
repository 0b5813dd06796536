/* test_data_hub.c - salesbot data import of a dataset by its name, against a hub of our own:
 * fetched, fetched again for nothing, busy, missing, behind a licence. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "hub/hub_impl.h"
#include "test.h"
#include "unit/hub/hub_server.h"

static hub_server server;
static char home[200], said[20000];

static const char dataset[] =
    "[{\"question\": \"How many heads are older than 56?\", \"context\": \"CREATE TABLE head (age INTEGER)\", "
    "\"answer\": \"SELECT COUNT(*) FROM head WHERE age > 56\"},\n"
    "{\"question\": \"Who was born in Bonn?\", \"context\": \"CREATE TABLE head (name VARCHAR, born_in VARCHAR)\", "
    "\"answer\": \"SELECT name FROM head WHERE born_in = \\\"Bonn\\\"\"}]";

/* The program's exit code; what it said into `said`. */
static int salesbot(const char *arguments)
{
    char command[2000];
    FILE *out;
    size_t n;
    int status;

    snprintf(command, sizeof command, "SALESBOT_HOME=%s HF_ENDPOINT=%s '%s' %s --out %s/out 2>&1 </dev/null", home, server.endpoint,
             getenv("SALESBOT_PROGRAM"), arguments, home);
    out = popen(command, "r");
    n = out ? fread(said, 1, sizeof said - 1, out) : 0;
    said[n] = 0;
    status = out ? pclose(out) : -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define EXPECT(code, text, arguments)                                                              \
    do {                                                                                           \
        const int got_ = salesbot(arguments);                                                      \
        if (got_ != (code) || !strstr(said, text))                                                 \
            FAIL_("exit %d, expected %d and \"%s\":\n%s", got_, code, text, said);                 \
    } while (0)

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

/* The hub's repository is one file of questions. */
static bool offer(void)
{
    char path[500], sha1[41];
    err e = {0};

    snprintf(server.folder, sizeof server.folder, "%s/hub", home);
    snprintf(path, sizeof path, "%s/questions.json", server.folder);
    if (!dir_make(server.folder, &e) || !file_write_atomic(path, dataset, sizeof dataset - 1, 0600, &e) ||
        !git_blob_sha1(path, sha1, &e))
        return false;
    snprintf(server.listing, sizeof server.listing,
             "{\"sha\":\"" COMMIT "\",\"siblings\":[{\"rfilename\":\"questions.json\",\"size\":%zu,\"blobId\":\"%s\"}]}",
             sizeof dataset - 1, sha1);
    return true;
}

static void imported_by_name(void)
{
    char path[500];
    str text = {0};
    err e = {0};
    bool whole;

    CHECK(hub_server_start(&server) && offer());
    server.fail = 1; /* busy at first: asked again */
    server.fail_status = 503;
    EXPECT(0, "2 read from 2 databases", "data import owner/questions");
    CHECK(strstr(said, "2 brought from SQLite's dialect"));
    snprintf(path, sizeof path, "%s/out/training_data.jsonl", home);
    CHECK(file_read(path, 1 << 20, &text, &e));
    whole = strstr(text.text, "\"source\":\"owner/questions\"") && strstr(text.text, "FROM head WHERE born_in = 'Bonn' SELECT name");
    str_deinit(&text);
    CHECK(whole);
    EXPECT(0, "2 read", "data import owner/questions"); /* what is there is not fetched again */
    hub_server_stop(&server);
}

static void refused(void)
{
    CHECK(hub_server_start(&server) && offer());
    server.need_token = 1;
    EXPECT(5, "HF_TOKEN", "data import owner/gated");
    server.need_token = 0;
    server.fail = 9;
    server.fail_status = 404;
    EXPECT(2, "not found", "data import owner/none");
    server.fail = 0;
    EXPECT(9, "no_such_file", "data import no_such_file");
    hub_server_stop(&server);
}

int test_failed;
int main(int argc, char **argv)
{
    static const test_case cases[] = {{"imported_by_name", imported_by_name}, {"refused", refused}};
    int code;

    snprintf(home, sizeof home, "/tmp/salesbot-data-hub-XXXXXX");
    unsetenv("HF_TOKEN");
    if (!getenv("SALESBOT_PROGRAM"))
        return 77;
    if (!mkdtemp(home))
        return 1;
    code = test_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return code;
}
