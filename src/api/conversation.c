/* conversation.c - the turns that later questions may lean on, as JSON. */
#include <stdlib.h>

#include "api/api_impl.h"

static salesbot_conversation *with_turns(json_t *owned, salesbot_error *e)
{
    salesbot_conversation *c = owned ? calloc(1, sizeof *c) : NULL;

    if (c) {
        c->turns = owned;
        return c;
    }
    json_decref(owned);
    api_error(e, &(err){ERR_NOMEM, "out of memory"});
    return NULL;
}

salesbot_conversation *salesbot_conversation_new(salesbot_error *e)
{
    return with_turns(json_array(), e);
}

void salesbot_conversation_free(salesbot_conversation *c)
{
    if (!c)
        return;
    json_decref(c->turns);
    free(c);
}

char *salesbot_conversation_json(const salesbot_conversation *c, salesbot_error *e)
{
    return api_json(json_pack("{s:O}", "turns", c->turns), e);
}

static bool is_turn(const json_t *t)
{
    return json_is_string(json_object_get(t, "question")) &&
           json_is_string(json_object_get(t, "intent")) &&
           json_is_object(json_object_get(t, "entities")) &&
           json_is_string(json_object_get(t, "sql")) && json_is_string(json_object_get(t, "answer"));
}

salesbot_conversation *salesbot_conversation_from_json(const char *json, salesbot_error *e)
{
    json_t *all = json_loads(json, JSON_REJECT_DUPLICATES, NULL), *turns = json_object_get(all, "turns");
    bool ok = json_is_array(turns);
    salesbot_conversation *c = NULL;

    for (size_t i = 0; ok && i < json_array_size(turns); i++)
        ok = is_turn(json_array_get(turns, i));
    if (ok) {
        while (json_array_size(turns) > TURNS_MAX)
            json_array_remove(turns, 0);
        c = with_turns(json_incref(turns), e);
    } else {
        api_error(e, &(err){ERR_FORMAT, "this is not the JSON of a conversation"});
    }
    json_decref(all);
    return c;
}

int salesbot_conversation_undo(salesbot_conversation *c)
{
    const size_t n = json_array_size(c->turns);

    return n && !json_array_remove(c->turns, n - 1);
}

void salesbot_conversation_reset(salesbot_conversation *c) { json_array_clear(c->turns); }

int conversation_questions(const salesbot_conversation *c, const char **questions, int n)
{
    const int all = (int)json_array_size(c->turns), first = all > n ? all - n : 0;

    for (int i = first; i < all; i++)
        questions[i - first] = json_string_value(json_object_get(json_array_get(c->turns, (size_t)i), "question"));
    return all - first;
}

bool conversation_add(salesbot_conversation *c, const agent_state *s, err *e)
{
    json_t *turn = json_pack("{s:s, s:s, s:O, s:s, s:s}", "question", s->question, "intent",
                             agent_intent_name(s->intent), "entities", s->entities, "sql", s->sql,
                             "answer", s->answer);

    if (!turn || json_array_append_new(c->turns, turn))
        return err_set(e, ERR_NOMEM, "out of memory for the conversation");
    if (json_array_size(c->turns) > TURNS_MAX)
        json_array_remove(c->turns, 0);
    return true;
}
