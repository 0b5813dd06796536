/* test_adapter.c - PEFT folders: written and read again, damaged, of another base. */
#include "test.h"

#include <math.h>
#include <sys/stat.h>

#include "unit/weights/tiny_model.h"
#include "weights/adapter.h"

enum { RANK = 2 };

static char dir[256];
static float numbers[64];

static const adapter_tensor pair_q[2] = {
    {"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", RANK, 4, numbers},
    {"base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", 4, RANK, numbers + 8}};

static void put(const char *file, const char *bytes, size_t n)
{
    char path[512];
    err e = {0};

    snprintf(path, sizeof path, "%s/%s", dir, file);
    CHECK(file_write_atomic(path, bytes, n, 0644, &e));
}

static void remove_all(void)
{
    char path[512];

    snprintf(path, sizeof path, "%s/adapter_config.json", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", dir);
    unlink(path);
    rmdir(dir);
}

static weights *open_base(void)
{
    tensor t[TINY_TENSORS];
    gguf_metadata m = {0};
    const char *path = tiny_path("base.gguf");
    err e = {0};
    weights *w;

    tiny_tensors(t);
    tiny_metadata(&m);
    gguf_add_text(&m, "general.name", "Gemma 3 Tiny");
    w = gguf_write(path, &m, t, TINY_TENSORS, &e) ? weights_open(path, &e) : NULL;
    gguf_metadata_deinit(&m);
    if (!w) {
        fprintf(stderr, "%s\n", e.msg);
        exit(1);
    }
    unlink(path);
    return w;
}

static void start(void)
{
    for (int i = 0; i < 64; i++)
        numbers[i] = (float)(i - 20) / 7;
    snprintf(dir, sizeof dir, "%s/adapter-%d", SALESBOT_BINARY_DIR, (int)getpid());
    remove_all();
}

static adapter_write_options options(const char *fingerprint, bool f32)
{
    return (adapter_write_options){.rank = RANK, .alpha = 3, .dropout = 0.05f, .targets = ADAPTER_Q,
                                   .base_name = "google/gemma-3-tiny", .base_fingerprint = fingerprint, .f32 = f32};
}

static void test_round_trip(void)
{
    weights *base = open_base();
    char hex[65], name[64];
    err e = {0};

    start();
    CHECK(weights_fingerprint(base, hex, &e));
    weights_base_name(base, name, sizeof name);
    CHECK(!strcmp(name, "google/gemma-3-tiny"));
    for (int f32 = 0; f32 < 2; f32++) {
        const adapter_write_options o = options(hex, f32);
        adapter_info i;
        adapter *a;
        const adapter_pair *p;

        CHECK(adapter_write(dir, pair_q, 2, &o, &e));
        a = adapter_open(dir, base, &e);
        if (!a)
            FAIL_("%s", e.msg);
        adapter_describe(a, &i);
        CHECK(i.rank == RANK && i.alpha == 3 && i.scale == 1.5f && i.targets == ADAPTER_Q && i.n_pairs == 1);
        CHECK(i.n_parameters == 16 && !strcmp(i.base_name, "google/gemma-3-tiny") && !strcmp(i.base_fingerprint, hex));
        p = adapter_find(a, 0, ADAPTER_Q);
        CHECK(p && !adapter_find(a, 0, ADAPTER_K) && !adapter_find(a, 1, ADAPTER_Q) && !adapter_find(a, -1, ADAPTER_Q));
        CHECK(p->a.type == (f32 ? TENSOR_F32 : TENSOR_BF16) && p->a.dim[0] == RANK && p->b.dim[0] == 4);
        if (f32)
            CHECK(!memcmp(p->a.data, numbers, 32) && !memcmp(p->b.data, numbers + 8, 32));
        for (int k = 0; !f32 && k < 8; k++) {
            const uint32_t bits = (uint32_t)((const uint16_t *)p->a.data)[k] << 16;
            float back;

            memcpy(&back, &bits, 4);
            CHECK(fabsf(back - numbers[k]) <= fabsf(numbers[k]) / 256);
        }
        adapter_close(a);
    }
    weights_close(base);
    remove_all();
}

/* Messages a person reads; a line each: what is put where, what must stand in the error. */
static void refused(const weights *base, const char *what)
{
    err e = {0};
    adapter *a = adapter_open(dir, base, &e);

    if (a || e.code != ERR_MODEL || !strstr(e.msg, what))
        FAIL_("expected \"%s\", got \"%s\"", what, a ? "an adapter" : e.msg);
    adapter_close(a);
}

#define CONFIG(rest) "{\"peft_type\":\"LORA\",\"target_modules\":[\"q_proj\"]," rest "}"

static void test_configs(void)
{
    static const struct { const char *config, *message; } cases[] = {
        {"", "adapter_config.json: line"},
        {"[1]", "not a JSON object"},
        {"{\"peft_type\":\"LORA\"", "adapter_config.json: line 1"},
        {"{\"peft_type\":\"IA3\",\"r\":2}", "only LORA"},
        {CONFIG("\"lora_alpha\":4"), "r is not a rank"},
        {CONFIG("\"r\":0,\"lora_alpha\":4"), "r is not a rank"},
        {CONFIG("\"r\":1e9,\"lora_alpha\":4"), "r is not a rank"},
        {CONFIG("\"r\":2"), "lora_alpha"},
        {CONFIG("\"r\":2,\"lora_alpha\":1e300"), "lora_alpha"},
        {CONFIG("\"r\":4,\"lora_alpha\":4"), "says rank 4"},
        {CONFIG("\"r\":2,\"lora_alpha\":4,\"use_dora\":true"), "use_dora is set"},
        {CONFIG("\"r\":2,\"lora_alpha\":4,\"init_lora_weights\":\"pissa\""), "changes the base"},
        {CONFIG("\"r\":2,\"lora_alpha\":4,\"bias\":\"all\""), "bias"},
        {CONFIG("\"r\":2,\"lora_alpha\":4,\"rank_pattern\":{\"q_proj\":8}"), "rank_pattern"},
        {CONFIG("\"r\":2,\"lora_alpha\":4,\"modules_to_save\":[\"lm_head\"]"), "modules_to_save"},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":4,\"target_modules\":[]}", "names no modules"},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":4,\"target_modules\":[\"lm_head\"]}", "lm_head"},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":4,\"target_modules\":[\"k_proj\"]}", "does not name q_proj"},
        {"{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":4,\"target_modules\":[\"q_proj\",\"k_proj\"]}",
         "no matrices for it"},
    };
    const adapter_write_options o = options(NULL, true);
    err e = {0};

    start();
    refused(NULL, "has no adapter_config.json");
    CHECK(adapter_write(dir, pair_q, 2, &o, &e));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put("adapter_config.json", cases[i].config, strlen(cases[i].config));
        refused(NULL, cases[i].message);
    }
    remove_all();
}

/* A safetensors file of this table and n zero bytes. */
static void put_table(const char *table, size_t n_data)
{
    char bytes[2048] = {0};
    const size_t n = strlen(table);

    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(n >> 8 * i);
    memcpy(bytes + 8, table, n);
    put("adapter_model.safetensors", bytes, 8 + n + n_data);
}

#define Q_A "\"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight\":"
#define Q_B "\"base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight\":"
#define F(shape, from, to) "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" #from "," #to "]}"

static void test_tables(void)
{
    static const struct { const char *table, *message; } cases[] = {
        {"{}", "holds no LoRA matrices"},
        {"{\"x\":1", "not a JSON object"},
        {"{\"base_model.model.lm_head.lora_A.weight\":" F("[2,4]", 0, 32) "}", "is no LoRA matrix"},
        {"{\"base_model.model.model.layers.999.self_attn.q_proj.lora_A.weight\":" F("[2,4]", 0, 32) "}", "is no LoRA"},
        {"{\"base_model.model.model.layers.0.self_attn.q_proj.lora_C.weight\":" F("[2,4]", 0, 32) "}", "is no LoRA"},
        {"{" Q_A F("[2,4]", 0, 32) "}", "without its lora_B"},
        {"{" Q_B F("[4,2]", 0, 32) "}", "without its lora_A"},
        {"{" Q_A F("[2,4]", 0, 32) "," Q_B F("[4,3]", 0, 48) "}", "says rank 2"},
        {"{" Q_A F("[2,4]", 0, 32) "," Q_B F("[8]", 0, 32) "}", "says rank 2"},
        {"{" Q_A F("[2,4]", 0, 32) "," Q_B F("[4,2]", 64, 96) "}", "past the end"},
        {"{" Q_A F("[2,4]", 0, 16) "," Q_B F("[4,2]", 0, 32) "}", "data_offsets"},
        {"{" Q_A F("[2,4]", 0, 32) ",\"base_model.model.layers.0.self_attn.q_proj.lora_A.weight\":" F("[2,4]", 0, 32)
         "," Q_B F("[4,2]", 0, 32) "}", "twice"},
        {"{" Q_A "{\"dtype\":\"I64\",\"shape\":[2,4],\"data_offsets\":[0,64]}," Q_B F("[4,2]", 0, 32) "}", "type I64"},
        {"{" Q_A F("[2,8]", 0, 64) "," Q_B F("[4,2]", 0, 32) "}", "made for another base"},
        {"{" Q_A F("[2,4]", 0, 32) "," Q_B F("[4,2]", 0, 32)
         ",\"base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight\":" F("[2,4]", 0, 32)
         ",\"base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight\":" F("[4,2]", 0, 32) "}",
         "has 1 layers"},
        {"{\"base_model.model.model.layers.3.self_attn.q_proj.lora_A.weight\":" F("[2,4]", 0, 32)
         ",\"base_model.model.model.layers.3.self_attn.q_proj.lora_B.weight\":" F("[4,2]", 0, 32) "}",
         "made for another base"},
    };
    static const char config[] = CONFIG("\"r\":2,\"lora_alpha\":4");
    const adapter_write_options o = options(NULL, true);
    weights *base = open_base();
    err e = {0};

    start();
    CHECK(adapter_write(dir, pair_q, 2, &o, &e));
    put("adapter_config.json", config, sizeof config - 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char table[1024]; /* padded: data begins at an element's boundary */

        snprintf(table, sizeof table, "%s%.*s", cases[i].table, (int)(-strlen(cases[i].table) % 4), "   ");
        put_table(table, 64);
        refused(base, cases[i].message);
    }
    weights_close(base);
    remove_all();
}

static void test_another_base(void)
{
    const adapter_write_options o = options("00ff", true);
    weights *base = open_base();
    err e = {0};

    start();
    CHECK(adapter_write(dir, pair_q, 2, &o, &e));
    refused(base, "the norms of");
    weights_close(base);
    remove_all();
}

/* Cut anywhere, the file is refused and nothing is read outside of it. */
static void test_cut(void)
{
    const adapter_write_options o = options("ab", false);
    char path[512];
    str bytes = {0};
    err e = {0};

    start();
    CHECK(adapter_write(dir, pair_q, 2, &o, &e));
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", dir);
    CHECK(file_read(path, 1 << 20, &bytes, &e));
    for (size_t n = 0; n < bytes.n; n++) {
        adapter *a;

        put("adapter_model.safetensors", bytes.text, n);
        a = adapter_open(dir, NULL, &e);
        CHECK(!a && e.code == ERR_MODEL);
    }
    str_deinit(&bytes);
    remove_all();
}

static void test_write_refuses(void)
{
    adapter_write_options o = options(NULL, false);
    adapter_tensor bad[2] = {pair_q[0], pair_q[1]};
    struct stat st;
    err e = {0};

    start();
    bad[1].name = "base_model.model.lm_head.lora_A.weight";
    CHECK(!adapter_write(dir, bad, 2, &o, &e) && e.code == ERR_ARG);
    bad[1] = pair_q[1];
    bad[1].cols = 3;
    CHECK(!adapter_write(dir, bad, 2, &o, &e) && e.code == ERR_ARG);
    numbers[9] = NAN;
    CHECK(!adapter_write(dir, pair_q, 2, &o, &e) && e.code == ERR_ARG && strstr(e.msg, "not finite"));
    o.targets = ADAPTER_K;
    CHECK(!adapter_write(dir, pair_q, 2, &o, &e) && e.code == ERR_ARG);
    CHECK(stat(dir, &st)); /* nothing was made */
    numbers[9] = 3.4e38f; /* the largest BF16 is a little less: stays finite */
    o.targets = ADAPTER_Q;
    CHECK(adapter_write(dir, pair_q, 2, &o, &e));
    adapter *a = adapter_open(dir, NULL, &e);
    CHECK(a);
    adapter_close(a);
    remove_all();
}

TEST_MAIN({"round_trip", test_round_trip}, {"configs", test_configs}, {"tables", test_tables},
          {"another_base", test_another_base}, {"cut", test_cut}, {"write_refuses", test_write_refuses})
