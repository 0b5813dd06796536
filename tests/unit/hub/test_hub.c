/* test_hub.c - downloads and uploads against a hub of our own that answers, redirects, fails, cuts
 * connections and lies. */
#include "hub/hub.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"
#include "unit/hub/hub_server.h"

static hub_server server;
static char dir[256];
static uint64_t last_done, last_total;
static int stop_after; /* bytes: cancel then */

static bool progress(void *arg, const hub_progress *p)
{
    (void)arg;
    last_done = p->done;
    last_total = p->total;
    return !stop_after || p->done < (uint64_t)stop_after;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static void start(void)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    stop_after = 0;
    CHECK(hub_server_start(&server));
}

static hub_options options(const char *token)
{
    return (hub_options){.endpoint = server.endpoint, .token = token, .attempts = 3, .wait_ms = 1, .on_progress = progress};
}

static bool pull(const hub_options *o, err *e)
{
    *e = (err){0};
    return hub_download(HUB_MODEL, "owner/name", NULL, NULL, dir, o, NULL, e);
}

/* 1: there and right, 0: not there, -1: there and wrong */
static int big_is_here(void)
{
    char path[512], hex[65], expected[65];
    err e = {0};

    snprintf(path, sizeof path, "%s/big.bin", dir);
    if (!file_exists(path))
        return 0;
    sha256_hex(server.big, BIG, expected);
    return file_sha256(path, hex, &e) && !strcmp(hex, expected) ? 1 : -1;
}

static int files_in(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;

    for (struct dirent *f; d && (f = readdir(d));)
        n += f->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

static void everything(void)
{
    hub_options o;
    char commit[65], path[512];
    err e = {0};

    start();
    o = options(TOKEN);
    server.need_token = 1;
    if (!hub_download(HUB_MODEL, "owner/name", NULL, NULL, dir, &o, commit, &e))
        FAIL_("%s", e.msg);
    CHECK(!strcmp(commit, COMMIT) && big_is_here() == 1 && last_done == BIG + 3 && last_total == BIG + 3);
    snprintf(path, sizeof path, "%s/sub/a b.json", dir);
    CHECK(file_exists(path) && files_in(dir) == 2);
    CHECK(server.n_store == 1 && !server.token_at_store); /* the token stayed with the hub */
    CHECK(pull(&o, &e) && server.n_store == 1);           /* nothing is fetched twice */
    hub_server_stop(&server);
}

static void a_dataset(void)
{
    hub_options o;
    char path[512];
    err e = {0};

    start();
    o = options("");
    CHECK(hub_download_dataset("owner/name", dir, &o, &e));
    snprintf(path, sizeof path, "%s/sub/a b.json", dir);
    CHECK(file_exists(path) && big_is_here() == 0);
    hub_server_stop(&server);
}

static void cut_and_continued(void)
{
    hub_options o;
    err e = {0};

    start();
    o = options("");
    server.cut_at = 100000; /* within one call */
    if (!pull(&o, &e))
        FAIL_("%s", e.msg);
    CHECK(big_is_here() == 1 && server.n_ranges == 1 && last_done == BIG + 3);
    hub_server_stop(&server);

    start(); /* and by the next call */
    o = options("");
    stop_after = 50000;
    CHECK(!pull(&o, &e) && e.code == ERR_CANCELLED && big_is_here() == 0);
    stop_after = 0;
    CHECK(pull(&o, &e) && big_is_here() == 1 && server.n_ranges == 1 && last_done == BIG + 3);
    hub_server_stop(&server);

    start(); /* a server that knows no ranges, one that refuses them */
    o = options("");
    stop_after = 50000;
    CHECK(!pull(&o, &e));
    stop_after = 0;
    server.ignore_range = 1;
    CHECK(pull(&o, &e) && big_is_here() == 1 && last_done == BIG + 3);
    hub_server_stop(&server);
    start();
    o = options("");
    stop_after = 50000;
    CHECK(!pull(&o, &e));
    stop_after = 0;
    server.lie_416 = 1;
    CHECK(pull(&o, &e) && big_is_here() == 1 && last_done == BIG + 3);
    hub_server_stop(&server);
}

static void wrong_bytes(void)
{
    hub_options o;
    err e = {0};

    start();
    o = options("");
    server.wrong_bytes = 1;
    CHECK(!pull(&o, &e) && e.code == ERR_FORMAT && strstr(e.msg, "big.bin") && strstr(e.msg, "wrong hash"));
    CHECK(big_is_here() == 0 && files_in(dir) == 1); /* no part stays to be continued */
    server.wrong_bytes = 0;
    CHECK(pull(&o, &e) && big_is_here() == 1);
    hub_server_stop(&server);
}

/* A part that was damaged on disk is found out and fetched again. */
static void damaged_part(void)
{
    hub_options o;
    char path[600];
    str text = {0};
    err e = {0};
    char hex[65];

    start();
    o = options("");
    sha256_hex(server.big, BIG, hex);
    snprintf(path, sizeof path, "%s/big.bin.%.12s.part", dir, hex);
    str_add(&text, (const char *)server.big, 1000);
    text.text[7] ^= 1;
    CHECK(dir_make(dir, &e) && file_write_atomic(path, text.text, text.n, 0644, &e));
    str_deinit(&text);
    if (!pull(&o, &e))
        FAIL_("%s", e.msg);
    CHECK(big_is_here() == 1 && server.n_ranges == 1 && server.n_store == 2);
    hub_server_stop(&server);
}

static void answers(void)
{
    static const struct { int status, times; err_code code; const char *says; int asked; } cases[] = {
        {500, 2, ERR_OK, "", 4}, {500, 9, ERR_IO, "owner/name: after 3 attempts: list of files: the hub answers 500: not now ", 3},
        {503, 1, ERR_OK, "", 3}, {429, 1, ERR_OK, "", 3}, {404, 1, ERR_NOT_FOUND, "not found", 1},
        {401, 1, ERR_REFUSED, "set $HF_TOKEN", 1}, {403, 1, ERR_REFUSED, "licence", 1}, {400, 1, ERR_IO, "answers 400", 1}};
    hub_options o;
    err e = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        o = options("");
        server.fail = cases[i].times;
        server.fail_status = cases[i].status;
        CHECK(hub_download_dataset("owner/name", dir, &o, (e = (err){0}, &e)) == (cases[i].code == ERR_OK));
        if (e.code != cases[i].code || !strstr(e.msg, cases[i].says) || server.n_api != cases[i].asked)
            FAIL_("case %zu: %d requests: %s", i, server.n_api, e.msg);
        hub_server_stop(&server);
    }
}

static void nobody_there(void)
{
    hub_options o;
    err e = {0};

    start();
    o = options("");
    hub_server_stop(&server);
    CHECK(!pull(&o, &e) && e.code == ERR_IO && strstr(e.msg, "after 3 attempts"));
    o.endpoint = "ftp://x";
    CHECK(!pull(&o, &e) && e.code == ERR_ARG);
    o = options("two\r\nlines");
    CHECK(!pull(&o, &e) && e.code == ERR_ARG);
    start();
    o = options("");
    CHECK(!hub_download(HUB_MODEL, "../etc", NULL, NULL, dir, &o, NULL, &e) && e.code == ERR_ARG);
    hub_server_stop(&server);
}

static bool only_missing(void *arg, const char *file)
{
    (void)arg;
    return !strcmp(file, "model.gguf");
}

static void hostile_listings(void)
{
    static const char *const files[] = {
        "\"../x\"", "\"/etc/passwd\"", "\"a/../../x\"", "\"a//b\"", "\"a\\\\b\"", "\"a\\nb\"", "\"sub/.hidden\"", "7"};
    static const char *const wholes[] = {
        "", "[]", "{}", "{\"sha\":\"x\",\"siblings\":[]}", "{\"sha\":\"" COMMIT "\",\"siblings\":[{\"rfilename\":\"a\"}]}",
        "{\"sha\":\"" COMMIT "\",\"siblings\":[{\"rfilename\":\"a\",\"size\":-1,\"blobId\":\"0967ef424bce6791893e9a57bb952f80fd536e93\"}]}"};
    hub_options o;
    err e = {0};

    start();
    o = options("");
    CHECK(!hub_download(HUB_MODEL, "owner/name", only_missing, NULL, dir, &o, NULL, &e) && e.code == ERR_NOT_FOUND);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(server.listing, sizeof server.listing, "{\"sha\":\"" COMMIT "\",\"siblings\":[{\"rfilename\":%s,\"size\":3,"
                 "\"blobId\":\"0967ef424bce6791893e9a57bb952f80fd536e93\"}]}", files[i]);
        if (pull(&o, &e) || e.code != ERR_FORMAT)
            FAIL_("%s is taken, or: %s", files[i], e.msg);
    }
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
        snprintf(server.listing, sizeof server.listing, "%s", wholes[i]);
        CHECK(!pull(&o, &e) && e.code == ERR_FORMAT);
    }
    /* more than any disk holds */
    snprintf(server.listing, sizeof server.listing, "{\"sha\":\"" COMMIT "\",\"siblings\":[{\"rfilename\":\"a\",\"size\":"
             "4000000000000000000,\"blobId\":\"0967ef424bce6791893e9a57bb952f80fd536e93\"}]}");
    CHECK(!pull(&o, &e) && e.code == ERR_IO && strstr(e.msg, "are needed"));
    hub_server_stop(&server);
}

/* ---- uploads ---- */

static char paths[2][300];

static void put_files(hub_file files[2])
{
    static const char card[] = "# Card \"quoted\"\n";
    err e = {0};

    snprintf(paths[0], sizeof paths[0], "%s/README.md", dir);
    snprintf(paths[1], sizeof paths[1], "%s/model.safetensors", dir);
    CHECK(dir_make(dir, &e) && file_write_atomic(paths[0], card, sizeof card - 1, 0644, &e));
    CHECK(file_write_atomic(paths[1], server.big, 5000, 0644, &e));
    files[0] = (hub_file){"README.md", paths[0]};
    files[1] = (hub_file){"model.safetensors", paths[1]};
}

static void uploaded(void)
{
    hub_file files[2];
    hub_options o;
    char hex[65], line[300];
    err e = {0};

    start();
    put_files(files);
    o = options(TOKEN);
    server.need_token = 1;
    if (!hub_upload(HUB_MODEL, "owner/name", true, files, 2, "add \"it\"", &o, &e))
        FAIL_("%s", e.msg);
    CHECK(strstr(server.created, "\"organization\": \"owner\"") && strstr(server.created, "\"private\": true"));
    CHECK(server.uploaded.n == 5000 && !memcmp(server.uploaded.text, server.big, 5000));
    CHECK(server.n_verified == 1 && !server.token_at_store && last_done == last_total);
    sha256_hex(server.big, 5000, hex);
    snprintf(line, sizeof line, "{\"key\":\"lfsFile\",\"value\":{\"path\":\"model.safetensors\",\"algo\":\"sha256\",\"oid\":\"%s\","
             "\"size\":5000}}\n", hex);
    CHECK(strstr(server.commit, "\"summary\":\"add \\\"it\\\"\"") && strstr(server.commit, line));
    CHECK(strstr(server.commit, "\"content\":\"IyBDYXJkICJxdW90ZWQiCg==\",\"path\":\"README.md\""));
    server.fail = 1; /* a moment of trouble, and a repository that is there */
    server.fail_status = 503;
    CHECK(hub_upload(HUB_MODEL, "owner/name", true, files, 2, "again", &o, &e) && strstr(server.commit, "again"));
    hub_server_stop(&server);
}

static void upload_refused(void)
{
    hub_file files[2];
    hub_options o;
    err e = {0};

    start();
    put_files(files);
    o = options("");
    CHECK(!hub_upload(HUB_MODEL, "owner/name", false, files, 2, "x", &o, &e) && e.code == ERR_REFUSED && !server.n_api);
    o = options("hf_wrong");
    server.need_token = 1;
    CHECK(!hub_upload(HUB_MODEL, "owner/name", false, files, 2, "x", &o, &e) && e.code == ERR_REFUSED && !server.commit[0]);
    o = options(TOKEN);
    files[1].path = "/nowhere";
    CHECK(!hub_upload(HUB_MODEL, "owner/name", false, files, 2, "x", &o, &e) && e.code == ERR_IO);
    put_files(files);
    files[1].name = "../x";
    CHECK(!hub_upload(HUB_MODEL, "owner/name", false, files, 2, "x", &o, &e) && e.code == ERR_ARG && !server.commit[0]);
    stop_after = 100;
    put_files(files);
    CHECK(!hub_upload(HUB_MODEL, "owner/name", false, files, 2, "x", &o, &e) && e.code == ERR_CANCELLED && !server.commit[0]);
    hub_server_stop(&server);
}

int test_failed;
int main(int argc, char **argv)
{
    static const test_case cases[] = {
        {"everything", everything}, {"a dataset", a_dataset}, {"cut and continued", cut_and_continued},
        {"wrong bytes", wrong_bytes}, {"damaged part", damaged_part}, {"answers", answers}, {"nobody there", nobody_there},
        {"hostile listings", hostile_listings}, {"uploaded", uploaded}, {"upload refused", upload_refused}};
    int failed;

    unsetenv("HF_TOKEN");
    unsetenv("HF_ENDPOINT");
    snprintf(dir, sizeof dir, "/tmp/salesbot-hub-%d", (int)getpid());
    failed = test_main(argc, argv, cases, sizeof cases / sizeof *cases);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return failed;
}
