/* test_config.c - settings as text and back; what is wrong is named. */
#include <stdlib.h>

#include "test.h"
#include "train/config.h"

static void test_round_trip(void)
{
    static const char *const changes[][2] = {
        {"lr", "0.00012345678901"}, {"seed", "18446744073709551615"}, {"targets", "q,v"}, {"base", "nf4"},
        {"optimizer", "adamw8bit"}, {"share", "false"}, {"steps", "7"}, {"out", "/a \"b\" c"}};
    train_config c, back;
    err e = {0};
    str value = {0};

    train_config_default(&c);
    CHECK(c.steps == 500 && c.batch_tokens == 2048 && c.rank == 64 && c.alpha == 32 && c.targets == TRAIN_ALL);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        CHECK(train_config_set(&c, changes[i][0], changes[i][1], &e));
    train_config_default(&back);
    for (int i = 0; i < train_config_count(); i++) {
        str_reset(&value);
        train_config_value(&c, i, &value);
        CHECK(train_config_set(&back, train_config_name(i), str_text(&value), &e));
    }
    CHECK(back.lr == c.lr && back.seed == UINT64_MAX && back.targets == (TRAIN_Q | TRAIN_V));
    CHECK(back.base == TRAIN_BASE_NF4 && back.eight_bit && !back.share && back.steps == 7);
    CHECK(!strcmp(back.out, "/a \"b\" c"));
    str_deinit(&value);
}

static void test_wrong(void)
{
    static const struct { const char *name, *value, *says; } cases[] = {
        {"stepss", "5", "did you mean \"steps\""}, {"steps", "0", "from 1 to"}, {"steps", "1.5", "whole number"},
        {"steps", "", "whole number"}, {"steps", "5x", "whole number"}, {"lr", "nan", "a number"}, {"lr", "-1", "from 0"},
        {"lr", "inf", "from 0"}, {"rank", "300", "256"}, {"targets", "q,qq", "q,k,v,o"}, {"targets", "", "all"},
        {"targets", "q,", "all"}, {"targets", "lm_head", "all"}, {"base", "nf8", "nf4"}, {"share", "yes", "true"},
        {"seed", "-1", "whole number"}, {"seed", "18446744073709551616", "whole number"}, {"optimizer", "sgd", "adamw"},
        {"dropout", "1", "0.99"}, {"data", "a\nb", "path"}};
    train_config c, before;
    err e;

    train_config_default(&c);
    before = c;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        e = (err){0};
        CHECK(!train_config_set(&c, cases[i].name, cases[i].value, &e));
        CHECK(e.code == ERR_ARG);
        if (!strstr(e.msg, cases[i].says))
            FAIL_("%s", e.msg);
        CHECK(!memcmp(&c, &before, sizeof c));
    }
}

TEST_MAIN({"round_trip", test_round_trip}, {"wrong", test_wrong})
