/* test_model_hub.c - salesbot model pull, list, info, verify, push and remove, against a hub of
 * our own; merge and export on the way. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hub/hub_impl.h"
#include "test.h"
#include "unit/hub/hub_server.h"

static hub_server server;
static char home[200], said[20000];

/* The program's exit code; what it said into `said`. */
static int salesbot(const char *format, ...) PRINTF(1, 2);
static int salesbot(const char *format, ...)
{
    char command[2000];
    va_list args;
    FILE *out;
    size_t n;
    int status, at = snprintf(command, sizeof command, "SALESBOT_HOME=%s HF_ENDPOINT=%s '%s' ", home, server.endpoint,
                              getenv("SALESBOT_PROGRAM"));

    va_start(args, format);
    vsnprintf(command + at, sizeof command - (size_t)at, format, args);
    va_end(args);
    strncat(command, " 2>&1 </dev/null", sizeof command - strlen(command) - 1);
    out = popen(command, "r");
    n = out ? fread(said, 1, sizeof said - 1, out) : 0;
    said[n] = 0;
    status = out ? pclose(out) : -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define EXPECT(code, text, ...)                                                                    \
    do {                                                                                           \
        const int got_ = salesbot(__VA_ARGS__);                                                    \
        if (got_ != (code) || !strstr(said, text))                                                 \
            FAIL_("exit %d, expected %d and \"%s\":\n%s", got_, code, text, said);                 \
    } while (0)

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

/* The hub's repository is this folder of the tests. */
static bool offer(const char *folder, const char *const *names)
{
    char path[700], sha1[41];
    struct stat st;
    err e = {0};
    int at;

    snprintf(server.folder, sizeof server.folder, "%s/tests/golden/%s", SALESBOT_SOURCE_DIR, folder);
    at = snprintf(server.listing, sizeof server.listing, "{\"sha\":\"" COMMIT "\",\"siblings\":[");
    for (int i = 0; names[i]; i++) {
        snprintf(path, sizeof path, "%s/%s", server.folder, names[i]);
        if (stat(path, &st) || !git_blob_sha1(path, sha1, &e))
            return false;
        at += snprintf(server.listing + at, sizeof server.listing - (size_t)at, "%s{\"rfilename\":\"%s\",\"size\":%lld,\"blobId\":\"%s\"}",
                       i ? "," : "", names[i], (long long)st.st_size, sha1);
    }
    snprintf(server.listing + at, sizeof server.listing - (size_t)at, "]}");
    return true;
}

static const char *const model_files[] = {"config.json", "generation_config.json", "model.safetensors", NULL};
static const char *const adapter_files[] = {"adapter_config.json", "adapter_model.safetensors", "golden.json", NULL};
static const char *const gguf_files[] = {"model.gguf", "golden.json", NULL};

static void pulled(void)
{
    char path[400];

    CHECK(hub_server_start(&server));
    EXPECT(0, "No weights here yet", "model list");
    CHECK(offer("hf/gemma3", model_files));
    server.fail = 1;
    server.fail_status = 503;
    EXPECT(0, "--model owner/tiny", "model pull owner/tiny");
    EXPECT(0, "Gemma 3, 7 layers of 32, mostly F32", "model list");
    EXPECT(0, "\"owner--tiny\"", "model list --format json");
    EXPECT(0, "as it should be", "model verify owner/tiny");
    snprintf(path, sizeof path, "%s/models/owner--tiny/config.json", home);
    CHECK(truncate(path, 100) == 0);
    EXPECT(8, "WRONG", "model verify owner/tiny");
    EXPECT(0, "--model owner/tiny", "model pull owner/tiny"); /* mends it */
    EXPECT(0, "as it should be", "model verify owner--tiny");

    CHECK(offer("adapter/gemma3", adapter_files));
    EXPECT(0, "--adapter", "model pull owner/lora");
    EXPECT(0, "adapter, rank 4, for tests/golden/hf/gemma3", "model list");
    EXPECT(0, "q_proj k_proj", "model info owner/lora");
    snprintf(path, sizeof path, "%s/adapters/owner--lora/golden.json", home);
    CHECK(access(path, F_OK)); /* nobody needs it */

    CHECK(offer("gemma/gemma3", gguf_files));
    EXPECT(0, "--model owner/gguf", "model pull owner/gguf");
    EXPECT(0, "width                 32", "model info owner/gguf");
    hub_server_stop(&server);
}

static void refused(void)
{
    char path[400];

    CHECK(hub_server_start(&server));
    EXPECT(2, "no repository", "model pull nonsense");
    EXPECT(2, "no repository", "model pull ../../etc");
    server.need_token = 1;
    EXPECT(5, "set $HF_TOKEN", "model pull owner/gated");
    server.need_token = 0;
    server.fail = 9;
    server.fail_status = 404;
    EXPECT(2, "not found", "model pull owner/none");
    server.fail = 0;
    EXPECT(8, "neither safetensors nor GGUF", "model pull owner/data");
    snprintf(path, sizeof path, "%s/models/owner--data", home);
    CHECK(access(path, F_OK));
    EXPECT(8, "neither a path nor a name", "model info owner/none");
    EXPECT(8, "no such model", "model remove owner/none");
    EXPECT(8, "no such model", "model remove ../models");
    EXPECT(8, "no such model", "model remove /tmp");
    EXPECT(2, "model:", "model frobnicate");
    hub_server_stop(&server);
}

static void merged_and_pushed(void)
{
    CHECK(hub_server_start(&server));
    /* what was pulled above */
    EXPECT(0, "Merged", "merge --model owner/gguf --adapter %s/adapters/owner--lora --type q8_0", home);
    EXPECT(0, "an adapter merged in", "model list");
    EXPECT(2, "--type", "merge --model owner/gguf --no-adapter --type q3 --out %s/x.gguf", home);
    EXPECT(8, "no adapter to merge", "merge --model owner/gguf");
    EXPECT(8, "no model here", "merge --model /none.gguf --no-adapter");
    EXPECT(9, "", "merge --model owner/gguf --no-adapter --out /proc/x.gguf");
    EXPECT(0, "Exported", "export --peft --adapter %s/adapters/owner--lora --out %s/out", home, home);
    EXPECT(5, "HF_TOKEN", "model push owner/mine %s/out", home);
    setenv("HF_TOKEN", TOKEN, 1);
    EXPECT(8, "has no README.md", "model push owner/mine owner/lora");
    EXPECT(0, "is at owner/mine", "model push owner/mine %s/out", home);
    CHECK(strstr(server.commit, "\"path\":\"adapter_model.safetensors\"") && strstr(server.commit, "\"path\":\"NOTICE\"") &&
          strstr(server.commit, "\"path\":\"GEMMA_TERMS.txt\"") && strstr(server.commit, "\"path\":\"README.md\""));
    EXPECT(0, "is at owner/mine", "model push owner/mine merged.gguf --private");
    CHECK(strstr(server.commit, "\"path\":\"merged.gguf\"") && strstr(server.commit, "\"path\":\"README.md\""));
    unsetenv("HF_TOKEN");
    EXPECT(0, "Removed", "model remove merged.gguf");
    EXPECT(0, "Removed", "model remove owner/tiny");
    EXPECT(0, "Removed", "model remove owner--lora");
    EXPECT(0, "Removed", "model remove owner/gguf");
    EXPECT(0, "No weights here yet", "model list");
    hub_server_stop(&server);
}

int test_failed;
int main(int argc, char **argv)
{
    static const test_case cases[] = {{"pulled", pulled}, {"refused", refused}, {"merged and pushed", merged_and_pushed}};
    int failed;

    if (!getenv("SALESBOT_PROGRAM"))
        return 77;
    unsetenv("HF_TOKEN");
    unsetenv("SALESBOT_MODEL");
    unsetenv("SALESBOT_ADAPTER");
    snprintf(home, sizeof home, "/tmp/salesbot-model-hub-%d", (int)getpid());
    mkdir(home, 0700);
    failed = test_main(argc, argv, cases, sizeof cases / sizeof *cases);
    nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return failed;
}
