/* test_trainer.c - the run against a parabola: resume, cancel, refusals, broken disks. */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "test.h"
#include "train/trainer.h"
#include "weights/adapter.h"
#include "fake_model.inc"

static char folder[64];
static train_config config;
static train_set set, val;
static str notes;

static void add_note(void *arg, const char *text)
{
    (void)arg;
    str_addf(&notes, "%s\n", text);
}

static const train_hooks quiet = {.note = add_note};

static void set_up(void)
{
    err e = {0};

    strcpy(folder, "/tmp/test_trainer.XXXXXX");
    if (!mkdtemp(folder))
        abort();
    train_config_default(&config);
    config.steps = 12;
    config.checkpoint_every = 5;
    config.eval_every = 4;
    config.batch_tokens = 64;
    config.accumulate = 2;
    config.rank = 4;
    config.targets = TRAIN_Q;
    config.threads = 2;
    config.lr = 0.05;
    for (int i = 0; i < 40; i++) {
        int32_t ids[24];
        const int n = 14 + i % 9;

        for (int k = 0; k < n; k++)
            ids[k] = k < 9 ? i / 5 * 100 + k : (i * 13 + k * 5) % 97;
        if (!train_set_add(i < 32 ? &set : &val, ids, n, n - 3, i / 5, &e))
            abort();
    }
}

static void tear_down(void)
{
    char command[200];

    snprintf(command, sizeof command, "chmod -R u+w %s && rm -rf %s", folder, folder);
    if (system(command))
        abort();
    train_set_deinit(&set);
    train_set_deinit(&val);
    str_deinit(&notes);
    config = (train_config){0};
}

static const char *in_folder(const char *name)
{
    static char path[4][256];
    static int at;

    at = (at + 1) % 4;
    snprintf(path[at], sizeof path[at], "%s/%s", folder, name);
    return path[at];
}

static bool run(train_model *m, const char *out, bool resume, const train_hooks *hooks, train_result *r, err *e)
{
    const train_job j = {.config = &config, .train = &set, .val = &val, .model = m, .out = in_folder(out),
                         .resume = resume, .hooks = hooks ? *hooks : quiet};

    *e = (err){0};
    return trainer_run(&j, r, e);
}

static bool same_file(const char *a, const char *b)
{
    char x[65], y[65];
    err e = {0};

    return file_sha256(in_folder(a), x, &e) && file_sha256(in_folder(b), y, &e) && !strcmp(x, y);
}

static void test_run(void)
{
    train_model m = fake_new();
    train_result r;
    err e;
    str log = {0};
    adapter *a;
    int lines = 0;

    set_up();
    CHECK(run(&m, "a", false, NULL, &r, &e));
    CHECK(r.step == 12 && r.best_step > 0 && r.best_loss > 0 && !r.early);
    CHECK(file_read(in_folder("a/loss.jsonl"), 1 << 20, &log, &e));
    for (size_t i = 0; i < log.n; i++)
        lines += log.text[i] == '\n';
    CHECK(lines == 12 + 3); /* validated at 4, 8, 12 */
    a = adapter_open(in_folder("a"), NULL, &e);
    CHECK(a);
    adapter_close(a);
    str_deinit(&log);
    tear_down();
}

/* Cancelled at every call of the model in turn, resumed each time: the same files. */
static void test_resume_equal(void)
{
    train_model whole = fake_new();
    train_result r;
    err e;
    int calls;

    set_up();
    CHECK(run(&whole, "whole", false, NULL, &r, &e));
    calls = whole.calls;
    for (int at = 1; at <= calls; at++) {
        volatile sig_atomic_t stop = 0;
        const train_hooks hooks = {.note = add_note, .stop = &stop};
        train_model m = fake_new();
        char out[24], file[64];

        snprintf(out, sizeof out, "cut%d", at);
        m.stop_at = at;
        m.stop = &stop;
        CHECK(!run(&m, out, false, &hooks, &r, &e));
        CHECK(e.code == ERR_CANCELLED);
        m = fake_new();
        CHECK(run(&m, out, true, NULL, &r, &e));
        CHECK(r.step == 12);
        CHECK(!memcmp(m.weights, whole.weights, sizeof m.weights));
        snprintf(file, sizeof file, "%s/loss.jsonl", out);
        CHECK(same_file(file, "whole/loss.jsonl"));
        snprintf(file, sizeof file, "%s/adapter_model.safetensors", out);
        CHECK(same_file(file, "whole/adapter_model.safetensors"));
    }
    tear_down();
}

static void test_kept(void)
{
    train_model m = fake_new();
    train_result r;
    err e;
    int n = 0;
    char path[160];

    set_up();
    config.steps = 40;
    config.lr = 1e-9; /* the best stays early */
    config.checkpoint_every = 3;
    CHECK(run(&m, "a", false, NULL, &r, &e));
    for (int s = 0; s <= 40; s++) {
        snprintf(path, sizeof path, "%s/a/checkpoints/step-%07d.ckpt", folder, s);
        n += file_exists(path);
    }
    CHECK(n == 2 || n == 3); /* two, and the best where it is none of them */
    snprintf(path, sizeof path, "%s/a/checkpoints/step-%07d.ckpt", folder, r.best_step);
    CHECK(file_exists(path));
    tear_down();
}

static void test_refused(void)
{
    train_model m = fake_new();
    train_result r;
    err e;

    set_up();
    CHECK(run(&m, "a", false, NULL, &r, &e));
    m = fake_new();
    CHECK(!run(&m, "a", false, NULL, &r, &e) && e.code == ERR_ARG && strstr(e.msg, "--resume"));
    config.lr = 0.04;
    CHECK(!run(&m, "a", true, NULL, &r, &e) && e.code == ERR_ARG && strstr(e.msg, "lr 0.05, not 0.04"));
    config.lr = 0.05;
    strcpy(m.identity, "other");
    CHECK(!run(&m, "a", true, NULL, &r, &e) && e.code == ERR_ARG && strstr(e.msg, "base"));
    strcpy(m.identity, "fake");
    set.ids[3]++;
    CHECK(!run(&m, "a", true, NULL, &r, &e) && e.code == ERR_ARG && strstr(e.msg, "examples"));
    set.ids[3]--;
    config.keep = 1; /* decides no bits */
    CHECK(run(&m, "a", true, NULL, &r, &e) && r.step == 12);
    tear_down();
}

static void test_damaged(void)
{
    train_model m = fake_new();
    train_result r;
    err e;
    int fd;

    set_up();
    CHECK(run(&m, "a", false, NULL, &r, &e));
    fd = open(in_folder("a/checkpoints/step-0000012.ckpt"), O_WRONLY);
    CHECK(fd >= 0 && pwrite(fd, "x", 1, 900) == 1 && !close(fd));
    m = fake_new();
    CHECK(run(&m, "a", true, NULL, &r, &e) && r.step == 12);
    CHECK(strstr(str_text(&notes), "checksum") && strstr(str_text(&notes), "going on after step 10"));
    tear_down();
}

static void test_not_a_number(void)
{
    train_model m = fake_new();
    train_result r;
    err e;

    set_up();
    m.nan_at = 17; /* step 8 or so, behind the checkpoint of step 5 */
    CHECK(!run(&m, "a", false, NULL, &r, &e));
    CHECK(e.code == ERR_MODEL && strstr(e.msg, "no longer a number"));
    m = fake_new();
    CHECK(run(&m, "a", true, NULL, &r, &e) && r.step == 12);
    tear_down();
}

static void test_disk_full(void)
{
    train_model m = fake_new();
    train_result r;
    err e;
    struct rlimit before, little;

    set_up();
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    little = (struct rlimit){1000, before.rlim_max}; /* the log fits until step 7 or so */
    setrlimit(RLIMIT_FSIZE, &little);
    config.checkpoint_every = 0;
    config.eval_every = 0;
    CHECK(!run(&m, "a", false, NULL, &r, &e));
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK(e.code == ERR_IO);
    CHECK(!file_exists(in_folder("a/adapter_model.safetensors")));
    m = fake_new();
    CHECK(run(&m, "a", true, NULL, &r, &e) && r.step == 12);
    tear_down();
}

static void test_two_at_once(void)
{
    train_model m = fake_new();
    train_result r;
    err e;
    int fd;

    set_up();
    CHECK(run(&m, "a", false, NULL, &r, &e));
    fd = open(in_folder("a/loss.jsonl"), O_RDWR);
    CHECK(fd >= 0 && !flock(fd, LOCK_EX));
    CHECK(!run(&m, "a", true, NULL, &r, &e) && e.code == ERR_IO && strstr(e.msg, "another training"));
    close(fd);
    tear_down();
}

static void test_patience(void)
{
    train_model m = fake_new();
    train_result r;
    err e;

    set_up();
    config.steps = 400;
    config.lr = 1; /* jumps about: never better than early */
    config.patience = 2;
    config.clip = 0;
    CHECK(run(&m, "a", false, NULL, &r, &e));
    CHECK(r.early && r.step < 400 && r.best_step < r.step);
    tear_down();
}

TEST_MAIN({"run", test_run}, {"resume_equal", test_resume_equal}, {"kept", test_kept},
          {"refused", test_refused}, {"damaged", test_damaged}, {"not_a_number", test_not_a_number},
          {"disk_full", test_disk_full}, {"two_at_once", test_two_at_once}, {"patience", test_patience})
