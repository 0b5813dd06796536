/* test_checkpoint.c - whole or not there: round trip, damage anywhere, a disk that fills. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "test.h"
#include "train/checkpoint.h"

static char folder[] = "/tmp/test_checkpoint.XXXXXX", path[64];
static float a[300], b[7];
static const checkpoint_part parts[] = {{"a", a, sizeof a}, {"b", b, sizeof b}};

static bool save(int step, err *e)
{
    json_t *head = json_pack("{s:i, s:f}", "step", step, "loss", 0.1 + 0.2);
    const bool ok = checkpoint_write(path, head, parts, 2, e);

    json_decref(head);
    return ok;
}

static void set_up(void)
{
    err e = {0};

    strcpy(folder + sizeof folder - 7, "XXXXXX");
    if (!mkdtemp(folder))
        abort();
    snprintf(path, sizeof path, "%s/x.ckpt", folder);
    test_fill(a, 300, 1);
    test_fill(b, 7, 2);
    if (!save(3, &e))
        abort();
}

static void tear_down(void)
{
    unlink(path);
    if (rmdir(folder)) /* fails when a temporary file is left behind */
        FAIL_("%s is not empty", folder);
}

static void test_round_trip(void)
{
    float was[300], wasb[7];
    err e = {0};
    json_t *head;
    const checkpoint_part wrong[] = {{"a", a, sizeof a}, {"c", b, sizeof b}};

    set_up();
    memcpy(was, a, sizeof a);
    memcpy(wasb, b, sizeof b);
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    head = checkpoint_head(path, &e);
    CHECK(head && json_integer_value(json_object_get(head, "step")) == 3);
    CHECK(json_real_value(json_object_get(head, "loss")) == 0.1 + 0.2); /* every bit */
    json_decref(head);
    CHECK(checkpoint_read(path, parts, 2, &e) && !memcmp(was, a, sizeof a) && !memcmp(wasb, b, sizeof b));
    CHECK(!checkpoint_read(path, parts, 1, &e) && e.code == ERR_FORMAT);
    CHECK(!checkpoint_read(path, wrong, 2, &e) && e.code == ERR_FORMAT);
    tear_down();
}

/* One wrong byte anywhere, or a cut anywhere, is seen. */
static void test_damage(void)
{
    str bytes = {0};
    err e = {0};

    set_up();
    CHECK(file_read(path, 1 << 20, &bytes, &e));
    for (size_t i = 0; i < bytes.n; i += 13) {
        bytes.text[i] ^= 1;
        CHECK(file_write_atomic(path, bytes.text, bytes.n, 0600, &e));
        CHECK(!checkpoint_head(path, &e) && e.code == ERR_FORMAT);
        bytes.text[i] ^= 1;
    }
    for (size_t n = 0; n < bytes.n; n += 31) {
        CHECK(file_write_atomic(path, bytes.text, n, 0600, &e));
        CHECK(!checkpoint_head(path, &e) && e.code == ERR_FORMAT);
        CHECK(!checkpoint_read(path, parts, 2, &e) && e.code == ERR_FORMAT);
    }
    CHECK(!checkpoint_head("/nonexistent/x", &e) && e.code == ERR_IO);
    str_deinit(&bytes);
    tear_down();
}

static void test_full_disk(void)
{
    struct rlimit before, little;
    char was[65], is[65];
    err e = {0};
    bool ok;

    set_up();
    CHECK(file_sha256(path, was, &e));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    for (rlim_t limit = 0; limit < 1300; limit += 100) {
        little = (struct rlimit){limit, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &little);
        ok = save(4, &e);
        setrlimit(RLIMIT_FSIZE, &before);
        CHECK(!ok && e.code == ERR_IO);
        CHECK(file_sha256(path, is, &e) && !strcmp(was, is));
    }
    tear_down();
}

TEST_MAIN({"round_trip", test_round_trip}, {"damage", test_damage}, {"full_disk", test_full_disk})
