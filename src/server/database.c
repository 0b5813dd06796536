/* database.c - what a database is: catalog, words, suggestions. */
#include <string.h>

#include "server/server_impl.h"

typedef char *tell(salesbot_session *s, salesbot_error *e);

static bool told(request *r, tell *what, err *e)
{
    salesbot_session *s = request_session(r, in_text(r, "database"), e);
    salesbot_error why = {0};
    char *text = s ? what(s, &why) : NULL;

    if (text)
        return reply_text(r, 200, text);
    return s ? api_failed(e, &why) : false;
}

bool handle_info(request *r, err *e) { return told(r, salesbot_info_json, e); }
bool handle_catalog(request *r, err *e) { return told(r, salesbot_catalog_json, e); }
bool handle_semantic(request *r, err *e) { return told(r, salesbot_semantic_json, e); }

/* A list becomes {"name": list}. */
static bool listed(request *r, const char *name, char *owned, salesbot_error *why, err *e)
{
    str text = {0};

    if (!owned)
        return api_failed(e, why);
    str_addf(&text, "{\"%s\":%s}", name, owned);
    salesbot_free(owned);
    return reply_text(r, 200, str_take(&text));
}

bool handle_suggestions(request *r, err *e)
{
    salesbot_session *s = request_session(r, in_text(r, "database"), e);
    salesbot_error why = {0};

    return s && listed(r, "suggestions", salesbot_suggestions_json(s, (int)in_whole(r, "n", 8), &why), &why, e);
}

bool handle_complete(request *r, err *e)
{
    salesbot_session *s = request_session(r, in_text(r, "database"), e);
    salesbot_error why = {0};

    return s && listed(r, "completions", salesbot_complete_json(s, in_text(r, "prefix"), (int)in_whole(r, "n", 10), &why),
                       &why, e);
}
