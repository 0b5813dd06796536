/* train_init.c - begin with the weights of an adapter that is there already.
 *
 * A second stage of training (other data, other rate) starts where a first one
 * ended. The optimiser's states start anew; to go on with the same run there is --resume. */
#include <string.h>

#include "cli/train_impl.h"
#include "kernels/kernels.h"
#include "weights/adapter.h"

static bool fits(const adapter *a, const train_config *c, const char *dir, err *e)
{
    adapter_info info;

    adapter_describe(a, &info);
    if (info.rank != c->rank)
        return err_set(e, ERR_ARG, "%s has rank %d, this run %d: --rank %d", dir, info.rank, c->rank, info.rank);
    if (info.targets != c->targets)
        return err_set(e, ERR_ARG, "%s changes other matrices than this run (--targets)", dir);
    if (info.scale != (float)c->alpha / (float)c->rank)
        return err_set(e, ERR_ARG, "%s is scaled by %g, this run by %g: --alpha %g", dir, (double)info.scale,
                       c->alpha / c->rank, (double)info.scale * c->rank);
    return true;
}

bool train_init_from(train_model *m, const train_config *c, const char *dir, err *e)
{
    weights *base = weights_open(c->model, e);
    adapter *a = base ? adapter_open(dir, base, e) : NULL;
    const kernel_ops *ops = a ? kernels_get(e) : NULL;
    bool ok = ops && fits(a, c, dir, e);
    int n = 0;
    const train_tensor *list = train_model_tensors(m, &n);
    float *to = train_model_weights(m);

    for (int i = 0; ok && i < n; i++) {
        const adapter_pair *p = adapter_find(a, list[i].layer, list[i].target);
        const tensor *t = p ? list[i].is_b ? &p->b : &p->a : NULL;

        if (!t)
            ok = err_set(e, ERR_ARG, "%s lacks %s", dir, list[i].name);
        else
            ops->dequantise(t->type, t->data, (int64_t)list[i].rows * list[i].cols, to + list[i].at);
    }
    if (ok)
        train_model_changed(m);
    adapter_close(a);
    weights_close(base);
    return ok;
}
