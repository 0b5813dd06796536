/* model_attention.c - attention over packed segments, in blocks, forward and backward.
 *
 *     s_ij = cap(q_i k_j),  p_ij = e^(s_ij - lse_i),  o_i = sum_j p_ij v_j
 *
 *     delta_i = do_i o_i          dp_ij = do_i v_j
 *     ds_ij = p_ij (dp_ij - delta_i) cap'(s_ij)
 *     dq_i = sum_j ds_ij k_j      dk_j = sum_i ds_ij q_i      dv_j = sum_i p_ij do_i
 *
 * Scores are never held for more than a block: forward by the online softmax, backward by
 * computing them again from lse (Dao et al. 2022, arXiv:2205.14135, section 3 and
 * appendix B). Here dq is summed in one pass over blocks of queries and dk, dv in another over
 * panels of keys, so nobody adds into what another thread holds and the order of sums
 * is fixed; it costs two products more than sharing the scores.
 *
 * Keys stand in panels of 64 tokens of the batch whatever their segment; a query sees
 * two intervals of tokens, its parent's and its own, cut by the window in positions. The J
 * query heads of a kv head are rows of one block. */
#include <math.h>
#include <string.h>

#include "train/model_impl.h"

typedef struct interval {
    int from, to;
} interval;

typedef struct view {
    interval parent, own;
} view;

static int largest_of(int a, int b) { return a > b ? a : b; }
static int least_of(int a, int b) { return a < b ? a : b; }

static view view_of(const train_model *m, const layer *l, int t)
{
    const place *p = &m->places[t];
    const int reach = l->global ? m->T : m->c->window; /* positions back, itself counted */
    const int parent_pos = p->pos - (t - p->first) - (p->parent_end - p->parent_first); /* of parent_first: 0 */
    const int oldest = p->pos - reach + 1;

    return (view){{largest_of(p->parent_first, p->parent_first + oldest - parent_pos), p->parent_end},
                  {largest_of(p->first, t - reach + 1), t + 1}};
}

static bool meets(interval i, int from, int to) { return i.from < to && from < i.to && i.from < i.to; }

static bool sees(view v, int from, int to) { return meets(v.parent, from, to) || meets(v.own, from, to); }

/* ---- sizes of blocks ---- */
static int block_tokens(const train_model *m) { return QUERY_ROWS / m->J; }
static int block_rows(const train_model *m) { return round_up(block_tokens(m) * m->J, m->g->pair); }
static int n_blocks(const train_model *m) { return (m->T + block_tokens(m) - 1) / block_tokens(m); }
static int n_panels(const train_model *m) { return (m->T + GEMM_PANEL - 1) / GEMM_PANEL; }
static int max_panels(const train_model *m) { return (int)(m->Tp / GEMM_PANEL); }
static int tokens_in(const train_model *m, int block)
{
    return least_of(block_tokens(m), m->T - block * block_tokens(m));
}

/* Elements of a panel of keys, packed along K or along the keys, and of a block of queries. */
static size_t key_panel(const train_model *m, int g, int panel)
{
    return ((size_t)g * (size_t)max_panels(m) + (size_t)panel) * (size_t)m->Kp * GEMM_PANEL;
}

static size_t query_block(const train_model *m, int g, int block)
{
    const size_t most = (size_t)((m->o.max_tokens + block_tokens(m) - 1) / block_tokens(m));

    return ((size_t)g * most + (size_t)block) * (size_t)m->Kp * (size_t)block_rows(m);
}

size_t attention_query_elements(const train_model *m)
{
    return query_block(m, m->c->G, 0);
}

/* Row of (g, token, head of the group) in the arrays (G,T*J,..). */
static size_t query_row(const train_model *m, int g, int t)
{
    return ((size_t)g * (size_t)m->T + (size_t)t) * (size_t)m->J;
}

/* ---- rows: norms, rotation, their backward ---- */
static void rotate(float *x, const float *cs, int K, float sign)
{
    const int half = K / 2;

    for (int i = 0; i < half; i++) {
        const float a = x[i], b = x[i + half], c = cs[i], s = sign * cs[i + half];

        x[i] = a * c - b * s;
        x[i + half] = b * c + a * s;
    }
}

static const float *angles(const train_model *m, const layer *l, int t)
{
    return m->rope[l->global] + (size_t)m->places[t].pos * (size_t)m->c->K;
}

static float query_factor(const train_model *m) { return (float)(1.0 / sqrt(m->c->query_scale)); }

static void prepare_row(train_model *m, int t, const void *arg)
{
    const layer *l = arg;
    const model_config *c = m->c;
    const int K = c->K;
    float x[MAX_HEAD];

    for (int h = 0; h < c->H; h++) {
        m->g->load(at(m, l->a.q, ((size_t)t * (size_t)c->H + (size_t)h) * (size_t)K), K, x);
        if (l->q_norm)
            m->g->rms_norm(x, l->q_norm, (float)c->norm_eps, K, x);
        rotate(x, angles(m, l, t), K, 1.0f);
        m->g->scale(x, query_factor(m), K);
        m->g->store(x, K, at(m, m->s.qs, (query_row(m, h / m->J, t) + (size_t)(h % m->J)) * (size_t)K));
    }
    for (int h = 0; h < c->G; h++) {
        const size_t i = ((size_t)t * (size_t)c->G + (size_t)h) * (size_t)K;

        m->g->load(at(m, l->a.k, i), K, x);
        if (l->k_norm)
            m->g->rms_norm(x, l->k_norm, (float)c->norm_eps, K, x);
        rotate(x, angles(m, l, t), K, 1.0f);
        m->g->store(x, K, at(m, m->s.ks, i));
    }
}

typedef struct pack_args {
    train_model *m;
    const layer *l;
    bool backward;
} pack_args;

static void pack_along_keys(const train_model *m, const void *x, int n, void *out)
{
    const int K = m->c->K;

    if (n < GEMM_PANEL)
        memset(out, 0, (size_t)m->Kp * GEMM_PANEL * m->g->elem_bytes);
    for (int c = 0; c < K; c += GEMM_PANEL)
        m->g->pack_kn(at(m, x, (size_t)c), (size_t)(m->c->G * K), least_of(GEMM_PANEL, K - c), n,
                      at(m, out, (size_t)c * GEMM_PANEL));
}

static void pack_keys_chunk(void *arg, int i)
{
    const pack_args *a = arg;
    const train_model *m = a->m;
    const int g = i % m->c->G, panel = i / m->c->G, K = m->c->K;
    const int n = least_of(GEMM_PANEL, m->T - panel * GEMM_PANEL);
    const size_t to = key_panel(m, g, panel), width = (size_t)(m->c->G * K);
    const size_t from = (size_t)panel * GEMM_PANEL * width + (size_t)(g * K);

    m->g->pack_nk(at(m, m->s.ks, from), width, n, K, at(m, m->s.k_nk, to));
    if (a->backward) {
        pack_along_keys(m, at(m, m->s.ks, from), n, at(m, m->s.k_kn, to));
        m->g->pack_nk(at(m, a->l->a.v, from), width, n, K, at(m, m->s.v_nk, to));
    } else {
        pack_along_keys(m, at(m, a->l->a.v, from), n, at(m, m->s.v_kn, to));
    }
}

/* ---- one block of queries against one panel of keys ---- */
typedef struct block {
    const train_model *m;
    const layer *l;
    int g, first, n, rows;   /* tokens and rows of the queries */
    size_t row;              /* of the first query in (G,T*J,..) */
    view views[QUERY_ROWS];  /* of each token */
} block;

static void block_init(block *b, const train_model *m, const layer *l, int g, int index)
{
    b->m = m;
    b->l = l;
    b->g = g;
    b->first = index * block_tokens(m);
    b->n = tokens_in(m, index);
    b->rows = b->n * m->J;
    b->row = query_row(m, g, b->first);
    for (int i = 0; i < b->n; i++)
        b->views[i] = view_of(m, l, b->first + i);
}

static bool block_sees(const block *b, int panel)
{
    const int from = panel * GEMM_PANEL;

    for (int i = 0; i < b->n; i++)
        if (sees(b->views[i], from, from + GEMM_PANEL))
            return true;
    return false;
}

static int within_panel(int t, int from) { return t < from ? 0 : t > from + GEMM_PANEL ? GEMM_PANEL : t - from; }

/* -INFINITY between the two intervals and around them; the parent lies before its child. */
static void hide(view v, int from, float *score)
{
    const int parent_from = within_panel(v.parent.from, from);
    const int parent_to = largest_of(within_panel(v.parent.to, from), parent_from);
    const int own_from = largest_of(within_panel(v.own.from, from), parent_to);
    const int own_to = largest_of(within_panel(v.own.to, from), own_from);

    for (int j = 0; j < parent_from; j++)
        score[j] = -INFINITY;
    for (int j = parent_to; j < own_from; j++)
        score[j] = -INFINITY;
    for (int j = own_to; j < GEMM_PANEL; j++)
        score[j] = -INFINITY;
}

static bool row_sees(const block *b, int r, int panel)
{
    return sees(b->views[r / b->m->J], panel * GEMM_PANEL, (panel + 1) * GEMM_PANEL);
}

static bool holds(interval i, int from) { return i.from <= from && i.to >= from + GEMM_PANEL; }

/* score (rows,64): q k, capped, -INFINITY where nothing is seen; slope only with a cap. Rows
 * that see nothing of the panel hold anything. */
static void block_scores(const block *b, int panel, float *score, float *slope)
{
    const train_model *m = b->m;
    const int from = panel * GEMM_PANEL, K = m->c->K;

    m->g->tile(at(m, m->s.qs, b->row * (size_t)K), (size_t)K, at(m, m->s.k_nk, key_panel(m, b->g, panel)), b->rows, K,
               score, GEMM_PANEL, false);
    if (m->c->attn_softcap > 0)
        m->g->soft_cap(score, (float)m->c->attn_softcap, b->rows * GEMM_PANEL, slope);
    for (int r = 0; r < b->rows; r++) {
        const view v = b->views[r / m->J];

        if (!holds(v.own, from) && !holds(v.parent, from))
            hide(v, from, score + r * GEMM_PANEL);
    }
}

static void panels_add(const train_model *m, const void *a, size_t lda, const void *b, int rows, int k, float *out)
{
    for (int c = 0; c < m->Kp; c += GEMM_PANEL)
        m->g->tile(a, lda, at(m, b, (size_t)c * (size_t)k), rows, k, out + c, (size_t)m->Kp, true);
}

/* ---- forward ---- */
typedef struct softmax {
    float top[QUERY_ROWS], sum[QUERY_ROWS];
} softmax;

static void softmax_row(const train_model *m, softmax *s, int r, float *score, float *acc)
{
    const float top = fmaxf(m->g->largest(score, GEMM_PANEL), s->top[r]);

    if (top > s->top[r]) {
        const float shrink = expf(s->top[r] - top);

        m->g->scale(acc, shrink, m->Kp);
        s->sum[r] *= shrink;
        s->top[r] = top;
    }
    s->sum[r] += m->g->exp_sum(score, top, GEMM_PANEL);
}

static void block_output(const block *b, const softmax *s, float *acc)
{
    const train_model *m = b->m;
    const int K = m->c->K;

    for (int r = 0; r < b->rows; r++) {
        const int t = b->first + r / m->J, h = b->g * m->J + r % m->J;
        float *o = acc + (size_t)r * (size_t)m->Kp;

        m->g->scale(o, 1.0f / s->sum[r], K);
        m->g->store(o, K, at(m, b->l->a.att, ((size_t)t * (size_t)m->c->H + (size_t)h) * (size_t)K));
        b->l->a.lse[b->row + (size_t)r] = s->top[r] + logf(s->sum[r]);
    }
}

static void forward_chunk(void *arg, int i)
{
    const pack_args *a = arg;
    const train_model *m = a->m;
    _Alignas(64) float score[QUERY_ROWS * GEMM_PANEL], slope[QUERY_ROWS * GEMM_PANEL];
    block b;
    softmax s;
    float *acc;

    block_init(&b, m, a->l, i % m->c->G, n_blocks(m) - 1 - i / m->c->G);
    acc = m->s.acc + b.row * (size_t)m->Kp;
    memset(acc, 0, (size_t)b.rows * (size_t)m->Kp * sizeof *acc);
    for (int r = 0; r < b.rows; r++) {
        s.top[r] = -INFINITY;
        s.sum[r] = 0.0f;
    }
    for (int panel = 0; panel < n_panels(m); panel++) {
        if (!block_sees(&b, panel))
            continue;
        block_scores(&b, panel, score, slope);
        for (int r = 0; r < b.rows; r++) {
            if (row_sees(&b, r, panel))
                softmax_row(m, &s, r, score + r * GEMM_PANEL, acc + (size_t)r * (size_t)m->Kp);
            else
                memset(score + r * GEMM_PANEL, 0, GEMM_PANEL * sizeof *score);
        }
        m->g->store(score, b.rows * GEMM_PANEL, slope); /* p as elements, where slope was */
        panels_add(m, slope, GEMM_PANEL, at(m, m->s.v_kn, key_panel(m, b.g, panel)), b.rows, GEMM_PANEL, acc);
    }
    block_output(&b, &s, acc);
}

void train_attention_prepare(train_model *m, const layer *l)
{
    train_rows(m, prepare_row, l, m->T);
}

void attention_forward(train_model *m, layer *l)
{
    pack_args a = {m, l, false};

    pool_run(m->threads, pack_keys_chunk, &a, n_panels(m) * m->c->G);
    pool_run(m->threads, forward_chunk, &a, n_blocks(m) * m->c->G);
}

/* ---- backward ---- */

/* do as elements in the order of the queries, and delta */
static void output_backward_row(train_model *m, int t, const void *arg)
{
    const layer *l = arg;
    const int K = m->c->K;
    float o[MAX_HEAD], d[MAX_HEAD];

    for (int h = 0; h < m->c->H; h++) {
        const size_t from = ((size_t)t * (size_t)m->c->H + (size_t)h) * (size_t)K;
        const size_t row = query_row(m, h / m->J, t) + (size_t)(h % m->J);

        m->g->load(at(m, l->a.att, from), K, o);
        m->g->load(at(m, m->s.dwide, from), K, d);
        m->s.delta[row] = m->g->dot(d, o, K);
        memcpy(at(m, m->s.dos, row * (size_t)K), at(m, m->s.dwide, from), (size_t)K * m->g->elem_bytes);
    }
}

static void pack_queries_chunk(void *arg, int i)
{
    const pack_args *a = arg;
    const train_model *m = a->m;
    const int g = i % m->c->G, index = i / m->c->G, K = m->c->K, rows = tokens_in(m, index) * m->J;
    const size_t from = query_row(m, g, index * block_tokens(m)) * (size_t)K, to = query_block(m, g, index);
    const int height = round_up(rows, m->g->pair);

    for (int c = 0; c < K; c += GEMM_PANEL) {
        const size_t panel = to + (size_t)c * (size_t)height;

        m->g->pack_kn(at(m, m->s.qs, from + (size_t)c), (size_t)K, least_of(GEMM_PANEL, K - c), rows, at(m, m->s.q_kn, panel));
        m->g->pack_kn(at(m, m->s.dos, from + (size_t)c), (size_t)K, least_of(GEMM_PANEL, K - c), rows, at(m, m->s.do_kn, panel));
    }
}

/* p and ds (rows,64) of a block and a panel, F32 */
static void block_backward(const block *b, int panel, float *p, float *ds, float *slope)
{
    const train_model *m = b->m;
    const int K = m->c->K;

    block_scores(b, panel, p, slope);
    m->g->tile(at(m, m->s.dos, b->row * (size_t)K), (size_t)K, at(m, m->s.v_nk, key_panel(m, b->g, panel)), b->rows, K,
               ds, GEMM_PANEL, false);
    for (int r = 0; r < b->rows; r++) {
        float *pr = p + r * GEMM_PANEL, *dr = ds + r * GEMM_PANEL;
        const float delta = m->s.delta[b->row + (size_t)r];

        if (!row_sees(b, r, panel)) {
            memset(pr, 0, GEMM_PANEL * sizeof *pr);
            memset(dr, 0, GEMM_PANEL * sizeof *dr);
            continue;
        }
        m->g->exp_sum(pr, b->l->a.lse[b->row + (size_t)r], GEMM_PANEL);
        for (int j = 0; j < GEMM_PANEL; j++)
            dr[j] = pr[j] * (dr[j] - delta);
        for (int j = 0; j < GEMM_PANEL && m->c->attn_softcap > 0; j++)
            dr[j] *= slope[r * GEMM_PANEL + j];
    }
}

static void query_backward_chunk(void *arg, int i)
{
    const pack_args *a = arg;
    const train_model *m = a->m;
    _Alignas(64) float p[QUERY_ROWS * GEMM_PANEL], ds[QUERY_ROWS * GEMM_PANEL], slope[QUERY_ROWS * GEMM_PANEL];
    block b;
    float *dq;

    block_init(&b, m, a->l, i % m->c->G, n_blocks(m) - 1 - i / m->c->G);
    dq = m->s.acc + b.row * (size_t)m->Kp;
    memset(dq, 0, (size_t)b.rows * (size_t)m->Kp * sizeof *dq);
    for (int panel = 0; panel < n_panels(m); panel++) {
        if (!block_sees(&b, panel))
            continue;
        block_backward(&b, panel, p, ds, slope);
        m->g->store(ds, b.rows * GEMM_PANEL, slope);
        panels_add(m, slope, GEMM_PANEL, at(m, m->s.k_kn, key_panel(m, b.g, panel)), b.rows, GEMM_PANEL, dq);
    }
}

/* out (64,rows) elements = x (rows,64) F32 turned; an odd last column is 0 */
static void turn(const train_model *m, const float *x, int rows, void *tmp, void *out)
{
    const int height = round_up(rows, m->g->pair);

    m->g->store(x, rows * GEMM_PANEL, tmp);
    if (height > rows)
        memset(at(m, tmp, (size_t)(rows * GEMM_PANEL)), 0, GEMM_PANEL * m->g->elem_bytes);
    m->g->transpose(tmp, GEMM_PANEL, height, GEMM_PANEL, out, (size_t)height);
}

static void key_backward_chunk(void *arg, int i)
{
    const pack_args *a = arg;
    const train_model *m = a->m;
    enum { ROOM = (QUERY_ROWS + 1) * GEMM_PANEL };
    _Alignas(64) float p[ROOM], ds[ROOM], slope[ROOM], turned[ROOM];
    const int g = i % m->c->G, panel = i / m->c->G;
    const int n = least_of(GEMM_PANEL, m->T - panel * GEMM_PANEL);
    const size_t to = ((size_t)g * (size_t)m->T + (size_t)panel * GEMM_PANEL) * (size_t)m->Kp;
    block b;

    memset(m->s.dk + to, 0, (size_t)n * (size_t)m->Kp * sizeof *m->s.dk);
    memset(m->s.dv + to, 0, (size_t)n * (size_t)m->Kp * sizeof *m->s.dv);
    for (int index = panel * GEMM_PANEL / block_tokens(m); index < n_blocks(m); index++) {
        int k;

        block_init(&b, m, a->l, g, index);
        if (!block_sees(&b, panel))
            continue;
        k = round_up(b.rows, m->g->pair);
        block_backward(&b, panel, p, ds, slope);
        turn(m, p, b.rows, slope, turned);
        panels_add(m, turned, (size_t)k, at(m, m->s.do_kn, query_block(m, g, index)), n, k, m->s.dv + to);
        turn(m, ds, b.rows, slope, turned);
        panels_add(m, turned, (size_t)k, at(m, m->s.q_kn, query_block(m, g, index)), n, k, m->s.dk + to);
    }
}

/* One head's gradient through rotation and norm; raw: its value before both. */
static void head_backward(const train_model *m, const layer *l, int t, const float *gain, const void *raw, float *d)
{
    float x[MAX_HEAD];

    rotate(d, angles(m, l, t), m->c->K, -1.0f);
    if (!gain)
        return;
    m->g->load(raw, m->c->K, x);
    m->g->rms_backward(x, gain, (float)m->c->norm_eps, d, m->c->K, d);
}

static void finish_row(train_model *m, int t, const void *arg)
{
    const layer *l = arg;
    const int K = m->c->K;

    for (int h = 0; h < m->c->H; h++) {
        const size_t i = ((size_t)t * (size_t)m->c->H + (size_t)h) * (size_t)K;
        float *d = m->s.acc + (query_row(m, h / m->J, t) + (size_t)(h % m->J)) * (size_t)m->Kp;

        m->g->scale(d, query_factor(m), K);
        head_backward(m, l, t, l->q_norm, at(m, l->a.q, i), d);
        m->g->store(d, K, at(m, m->s.dy, i));
    }
    for (int g = 0; g < m->c->G; g++) {
        const size_t i = ((size_t)t * (size_t)m->c->G + (size_t)g) * (size_t)K;
        const size_t from = ((size_t)g * (size_t)m->T + (size_t)t) * (size_t)m->Kp;

        head_backward(m, l, t, l->k_norm, at(m, l->a.k, i), m->s.dk + from);
        m->g->store(m->s.dk + from, K, at(m, m->s.dk_e, i));
        m->g->store(m->s.dv + from, K, at(m, m->s.dv_e, i));
    }
}

void attention_backward(train_model *m, layer *l)
{
    pack_args a = {m, l, true};

    train_rows(m, output_backward_row, l, m->T);
    pool_run(m->threads, pack_keys_chunk, &a, n_panels(m) * m->c->G);
    pool_run(m->threads, pack_queries_chunk, &a, n_blocks(m) * m->c->G);
    pool_run(m->threads, query_backward_chunk, &a, n_blocks(m) * m->c->G);
    pool_run(m->threads, key_backward_chunk, &a, n_panels(m) * m->c->G);
    train_rows(m, finish_row, l, m->T);
}
