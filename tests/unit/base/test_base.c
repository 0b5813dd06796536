/* test_base.c - strings, arenas, files and the pool. */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/pool.h"
#include "base/str.h"
#include "test.h"

static void strings_grow_and_fold(void)
{
    str s = {0};

    for (int i = 0; i < 1000; i++)
        str_addf(&s, "%d,", i % 10);
    CHECK(s.n == 2000 && !s.bad && !strncmp(s.text, "0,1,2,", 6));
    str_deinit(&s);
    CHECK(str_equal_nocase("ReGion", "rEgION") && !str_equal_nocase("a", "ab"));
    CHECK(str_ends("a.csv", ".csv") && str_starts("a.csv", "a."));
}

static void utf8_is_checked(void)
{
    CHECK(utf8_valid("caf\xc3\xa9 \xf0\x9f\x98\x80", 10));
    CHECK(!utf8_valid("\xc0\x80", 2));     /* overlong */
    CHECK(!utf8_valid("\xed\xa0\x80", 3)); /* surrogate */
    CHECK(!utf8_valid("\xf4\x90\x80\x80", 4));
    CHECK(!utf8_valid("\xe2\x82", 2)); /* cut */
}

static void distance_counts_swaps_once(void)
{
    CHECK(str_distance("Swizerland", "switzerland", 3) == 1);
    CHECK(str_distance("Wset", "west", 2) == 1);
    CHECK(str_distance("abc", "xyz", 2) == 3);
    CHECK(str_distance("", "ab", 2) == 2);
}

static int cleanups;
static void count_cleanup(void *arg) { cleanups += *(int *)arg; }

static void arena_keeps_its_limit(void)
{
    arena *a = arena_new(100000);
    static int ten = 10;
    char *p;

    CHECK(a);
    p = arena_push(a, char, 60000);
    CHECK(p && p[59999] == 0);
    CHECK(!arena_push(a, char, 60000));
    CHECK(!arena_push_bytes(a, (size_t)-1, 8, 8));
    CHECK(arena_defer(a, count_cleanup, &ten));
    arena_free(a);
    CHECK(cleanups == 10);
}

static void files_are_whole(void)
{
    char dir[] = "/tmp/test_base.XXXXXX", hex[65];
    str path = {0}, back = {0};
    err e = {0};

    CHECK(mkdtemp(dir));
    str_addf(&path, "%s/a", dir);
    CHECK(file_write_atomic(path.text, "abc", 3, 0600, &e));
    CHECK(file_read(path.text, 10, &back, &e) && !strcmp(back.text, "abc"));
    CHECK(!file_read(path.text, 2, &back, &e) && e.code == ERR_LIMIT);
    CHECK(file_sha256(path.text, hex, &e) && !strncmp(hex, "ba7816bf", 8));
    CHECK(!file_read(dir, 10, &back, &e) && e.code == ERR_IO);
    CHECK(!file_write_atomic("/proc/none/x", "a", 1, 0600, &e) && e.code == ERR_IO);
    unlink(path.text);
    rmdir(dir);
    str_deinit(&path);
    str_deinit(&back);
}

static void add_one(void *arg, int i)
{
    atomic_fetch_add(&((atomic_int *)arg)[i], 1);
}

static void pool_runs_each_index_once(void)
{
    static atomic_int seen[1000];
    err e = {0};
    pool *p = pool_new(3, &e);

    CHECK(p);
    for (int round = 0; round < 200; round++)
        pool_run(p, add_one, seen, 1 + round * 5);
    CHECK(atomic_load(&seen[0]) == 200 && atomic_load(&seen[995]) == 1);
    pool_free(p);
}

TEST_MAIN({"strings_grow_and_fold", strings_grow_and_fold},
          {"utf8_is_checked", utf8_is_checked},
          {"distance_counts_swaps_once", distance_counts_swaps_once},
          {"arena_keeps_its_limit", arena_keeps_its_limit},
          {"files_are_whole", files_are_whole},
          {"pool_runs_each_index_once", pool_runs_each_index_once})
