/* error.c - errors and texts as the public header promises them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_impl.h"

/* One table inside, one outside: they are the same numbers. */
#define SAME(name) _Static_assert((int)SALESBOT_##name == (int)ERR_##name, "the codes agree")
SAME(OK);
SAME(INTERNAL);
SAME(NOMEM);
SAME(ARG);
SAME(FORMAT);
SAME(NOT_FOUND);
SAME(NOT_IN_DATA);
SAME(AMBIGUOUS);
SAME(REFUSED);
SAME(LIMIT);
SAME(DB);
SAME(MODEL);
SAME(IO);
SAME(CANCELLED);
_Static_assert(sizeof(salesbot_error) == 1024, "this layout never changes");

static bool known(int code) { return code >= SALESBOT_OK && code <= SALESBOT_CANCELLED; }

int salesbot_api_version(void) { return SALESBOT_API_VERSION; }
const char *salesbot_version(void) { return SALESBOT_VERSION; }
const char *salesbot_code_name(int code) { return known(code) ? err_name((err_code)code) : ""; }
int salesbot_code_exit(int code) { return err_exit_code(known(code) ? (err_code)code : ERR_INTERNAL); }
int salesbot_code_http(int code) { return err_http_status(known(code) ? (err_code)code : ERR_INTERNAL); }
void salesbot_free(void *text) { free(text); }

void api_error(salesbot_error *to, const err *from)
{
    if (!to)
        return;
    *to = (salesbot_error){.code = (int32_t)from->code, .exit_code = err_exit_code(from->code),
                           .http_status = err_http_status(from->code)};
    snprintf(to->message, sizeof to->message, "%s", from->msg);
}

char *api_json(json_t *owned, salesbot_error *e)
{
    err local = {0};
    char *text = agent_json_line(owned, &local);

    json_decref(owned);
    if (!text)
        api_error(e, &local);
    return text;
}
