/* policy.c - what the roles may read: one JSON object a role, checked when the server starts. */
#include <stdlib.h>
#include <string.h>

#include "server/server_impl.h"

bool policies_open(server *s, const char *json, err *e)
{
    json_t *all = json ? json_loads(json, JSON_REJECT_DUPLICATES, NULL) : json_object();
    const char *name;
    json_t *one;
    bool ok = json_is_object(all) || err_set(e, ERR_FORMAT, "policies: an object of roles is expected");

    json_object_foreach(all, name, one) {
        const role r = role_find(name);

        if (ok && !r)
            ok = err_set(e, ERR_FORMAT, "policies: there is no role \"%.40s\": viewer, analyst, admin", name);
        if (ok) /* a policy that can't be kept must not look as if it were */
            ok = err_set(e, ERR_ARG, "policies: row and column rules are not applied yet; leave them out");
        if (ok && !(s->policy[r] = json_dumps(one, JSON_COMPACT)))
            ok = err_set(e, ERR_NOMEM, "out of memory");
    }
    json_decref(all);
    return ok;
}

const char *policy_of(const server *s, role r) { return s->policy[r]; }
