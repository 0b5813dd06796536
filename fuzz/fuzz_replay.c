/* fuzz_replay.c - any bytes as the JSON of a state, of a conversation, and as the
 * value of an option.
 *
 * A state never differs from itself, and a conversation that was read is written
 * and read again to the same bytes. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "salesbot/salesbot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_state(const char *text)
{
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    agent_options o;
    agent_replay_lists lists;
    const char *question;
    err e = {0};

    if (j && !agent_replay_read(j, &question, &o, &lists, &e) && (e.code == ERR_OK || !*e.msg))
        abort();
    json_decref(j);
}

static void as_difference(const char *text)
{
    salesbot_error e = {0};
    char *same = salesbot_state_difference(text, text, &e);

    if (same ? *same : !*e.message)
        abort();
    salesbot_free(same);
    salesbot_free(salesbot_state_difference(text, "{\"question\": \"x\", \"trace\": [{\"ms\": 1}]}", &e));
}

static void as_conversation(const char *text)
{
    salesbot_error e = {0};
    salesbot_conversation *c = salesbot_conversation_from_json(text, &e), *again;
    char *once, *twice;

    if (!c)
        return;
    once = salesbot_conversation_json(c, &e);
    again = once ? salesbot_conversation_from_json(once, &e) : NULL;
    twice = again ? salesbot_conversation_json(again, &e) : NULL;
    if (!once || !twice || strcmp(once, twice))
        abort();
    salesbot_free(once);
    salesbot_free(twice);
    salesbot_conversation_free(c);
    salesbot_conversation_free(again);
}

static void as_option(const char *text)
{
    static const char *const names[] = {"beam", "temperature", "seed", "max_bytes", "no_rag", "model"};
    salesbot_options *o = salesbot_options_new(NULL);

    for (size_t i = 0; o && i < sizeof names / sizeof names[0]; i++)
        salesbot_options_set(o, names[i], text, NULL);
    if (o)
        salesbot_options_set(o, text, "1", NULL);
    salesbot_options_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    as_state(text);
    as_difference(text);
    as_conversation(text);
    as_option(text);
    free(text);
    return 0;
}
