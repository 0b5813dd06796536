// server - the API of docs/SERVER.md for developing the page, without the real server.
//
//     node dev/server.mjs [PORT]       the program: $SALESBOT_PROGRAM, else build/release/salesbot
//
// Answers are real: each question is given to the program on the command line. What
// the command line lacks (keys, history, training, monitor) is kept in memory, made up
// where it must be. DEV_KEYS=1: the keys sb_viewer, sb_analyst, sb_admin are needed.
import { execFile } from 'node:child_process';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { homedir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '..', 'dist');
const home = process.env.SALESBOT_HOME || join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'salesbot');
const program = process.env.SALESBOT_PROGRAM || join(here, '..', '..', 'build/release/salesbot');
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const roles = ['none', 'viewer', 'analyst', 'admin'];
const withKeys = process.env.DEV_KEYS === '1';
const wait = (ms) => new Promise((r) => setTimeout(r, ms));
const now = () => new Date().toISOString().replace(/\.\d+/, '');
let turn = 0;
const id = (kind) => kind + (++turn).toString(36).padStart(4, '0');

const answers = new Map(), conversations = new Map(), feedback = [], started = now();
const items = new Map([['k1', { id: 'k1', kind: 'pair', status: 'verified', text: '', question: 'Sales by region in 2024', sql: "SELECT regions.region, sum(sales.net_amount) AS sales FROM sales JOIN stores ON stores.store_id = sales.store_id JOIN regions ON regions.region_id = stores.region_id WHERE sales.sold_on BETWEEN DATE '2024-01-01' AND DATE '2024-12-31' GROUP BY regions.region", source: 'user', created: now() }],
  ['k2', { id: 'k2', kind: 'pair', status: 'pending', text: '', question: 'How many orders came online last year?', sql: "SELECT count(DISTINCT order_id) FROM sales WHERE channel = 'online'", source: 'feedback', created: now() }],
  ['k3', { id: 'k3', kind: 'schema', status: 'verified', text: 'returns: goods that came back, one row per return', question: '', sql: '', source: 'catalog', created: now() }]]);
const runs = new Map();
let adapter = 'salesbot-gemma3-270m-lora', yaml = '';

function run(args, signal, input) {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { maxBuffer: 1 << 28, signal }, (e, out, err) => {
      const line = String(out).trim().split('\n').pop();
      try { resolve(JSON.parse(input === undefined ? out : line)); } catch { reject(Object.assign(new Error(String(err).trim() || e?.message || 'no answer'), { code: 'internal', status: 500 })); }
    });
    if (input !== undefined) child.stdin.end(input);
  });
}
const fail = (status, code, message, headers = {}) => Object.assign(new Error(message), { status, code, headers });
const httpOf = { not_in_data: 422, ambiguous: 409, refused: 403, limit: 413, database: 503 };

async function ask(body, signal) {
  const o = body.options ?? {};
  const c = conversations.get(body.conversation);
  if (body.conversation && !c) throw fail(404, 'not_found', 'no such conversation');
  const before = c ? c.turns : [];
  let s;
  if (before.length && !o.pick && !o.forget) s = await run(['chat', '--format', 'json', '--no-model'], signal, [...before, body.question].join('\n') + '\n');
  else s = await run(['ask', '--format', 'json', '--no-model', ...(o.pick ? ['--pick', String(o.pick)] : []), '--', body.question], signal);
  if (o.forget) s.options.forget = o.forget;
  if (c) { c.turns.push(body.question); c.updated = now(); if (!c.title) c.title = body.question; }
  return keep(s, body.conversation);
}
function keep(s, conversation = null) {
  s.id = id('a');
  s.conversation = conversation ?? null;
  s.created = now();
  answers.set(s.id, s);
  return s;
}
// The command line stops at 10,000 rows; more are made by saying these again.
function more(s, most = 0) {
  const { rows } = s.results;
  if (s.results.truncated && most > rows.length) { const n = rows.length; while (rows.length < most) rows.push(rows[rows.length % n]); s.results.truncated = true; }
  return s;
}
const brief = (s) => ({ id: s.id, question: s.question, answer: s.answer, code: s.error?.code ?? 'ok', source: s.source, confidence: s.confidence.word, conversation: s.conversation, created: s.created });

async function events(res, s, slow) {
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const send = (event, data) => res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const state = await s;
  send('accepted', { id: state.id, conversation: state.conversation });
  for (const x of state.trace) {
    if (slow && x.step === 'sql_generator') { send('queued', { for: 'model', before: 2 }); await wait(5500); }
    send('step_begin', { step: x.step });
    if (slow) await wait(60);
    send('step_end', x);
    if (x.step === 'guard' && state.sql) send('sql', { sql: state.sql, sql_pretty: state.sql_pretty ?? state.sql, source: state.source });
  }
  if (state.chart) send('chart', state.chart);
  send('answer', { answer: state.answer, confidence: state.confidence });
  send('done', state);
  res.end();
}
async function training(r) {
  for (r.step = 1; r.step <= r.steps; r.step++) {
    while (r.state === 'paused') await wait(50);
    if (r.state === 'stopped') return;
    const loss = 0.35 + 2.4 * Math.exp(-r.step / (r.steps / 5)) + 0.05 * Math.sin(r.step * 1.7);
    r.loss = loss;
    r.curve.push({ step: r.step, loss });
    if (r.step % 10 === 0) { r.validation_loss = loss + 0.12; r.curve.push({ step: r.step, validation_loss: loss + 0.12 }); }
    await wait(Math.max(5, 3000 / r.steps));
  }
  r.step = r.steps;
  r.state = 'done';
}
const page = (list, q) => { const limit = Number(q.get('limit') || 50), from = Number(q.get('before') || 0); return [list.slice(from, from + limit), from + limit < list.length ? String(from + limit) : null]; };
let catalog;
const theCatalog = () => (catalog ??= run(['catalog', '--format', 'json']));
const bare = (r) => { const { curve, ...rest } = r; return rest; };

const routes = [
  ['GET', '/healthz', 0, () => ({ status: 'ok' })],
  ['GET', '/api/me', 1, (x) => ({ name: withKeys ? x.role : 'you', role: x.role, keys_required: withKeys, version: '1.2.0', databases: [{ name: 'sales' }, { name: 'other' }], model: { name: 'gemma-3-270m-Q4_K_M', state: 'waiting', adapter }, limits: { body_bytes: 1 << 20, max_rows: 100000, timeout_ms: 30000 } })],
  ['GET', '/api/info', 1, () => ({ database: 'sales.duckdb', fingerprint: '0c6e', data_to: '2026-05-20', currency: 'EUR', layer: 'sales', sandbox_note: '', version: '1.2.0' })],
  ['GET', '/api/catalog', 1, theCatalog],
  ['GET', '/api/suggestions', 1, async () => ({ suggestions: (await run(['ask', '--format', 'json', '--no-model', 'help'])).choices })],
  ['GET', '/api/complete', 1, async (x) => {
    const p = x.query.get('prefix').toLowerCase(), found = [];
    for (const m of ['sales', 'margin', 'margin %', 'orders', 'basket', 'units', 'return rate', 'sales per store']) if (m.startsWith(p)) found.push({ text: m, kind: 'metric' });
    for (const table of (await theCatalog()).tables) for (const c of table.columns) for (const v of c.values ?? []) if (/[a-z]/i.test(v) && v.toLowerCase().startsWith(p) && !found.some((f) => f.text === v)) found.push({ text: v, kind: 'value' });
    return { completions: found.slice(0, Number(x.query.get('n') || 10)) };
  }],
  ['GET', '/api/semantic', 1, () => semantic()],
  ['GET', '/api/semantic/source', 2, () => ({ yaml: yaml || readFileSync(join(here, '../../src/semantic/sales.yaml'), 'utf8'), own: yaml !== '' })],
  ['PUT', '/api/semantic/source', 3, (x) => { if (/\t/.test(x.body.yaml)) throw fail(422, 'format', `line ${x.body.yaml.split('\n').findIndex((l) => /\t/.test(l)) + 1}: a tab; YAML wants blanks`); if (!x.body.check_only) yaml = x.body.yaml; return { ok: true }; }],
  ['POST', '/api/ask', 1, (x) => ({ __events: ask(x.body, x.signal), slow: /slowly/.test(x.body.question) })],
  ['POST', '/api/sql', 2, (x) => ({ __events: run(['ask', '--format', 'json', '--all', '--no-model', '--sql', x.body.sql], x.signal).then((s) => keep(more(s, x.body.options?.max_rows), x.body.conversation)) })],
  ['POST', '/api/check', 2, async (x) => { const s = await run(['ask', '--format', 'json', '--no-model', '--sql', x.body.sql]); if (s.error) throw fail(422, s.error.code, s.error.message); return { sql: s.sql, sql_pretty: s.sql, explanation: s.explanation, columns: s.results.columns }; }],
  ['GET', '/api/answers/:id', 1, (x) => answers.get(x.id) ?? (() => { throw fail(404, 'not_found', 'no such answer'); })()],
  ['DELETE', '/api/answers/:id', 1, (x) => { answers.delete(x.id); return { id: x.id }; }],
  ['POST', '/api/conversations', 1, (x) => { const c = { id: id('c'), title: x.body.title ?? '', turns: [], created: now() }; conversations.set(c.id, c); return { __status: 201, id: c.id }; }],
  ['GET', '/api/history', 1, (x) => { const s = (x.query.get('search') || '').toLowerCase(); const [list, next] = page([...answers.values()].reverse().filter((a) => a.question.toLowerCase().includes(s)).map(brief), x.query); return { answers: list, next }; }],
  ['POST', '/api/feedback', 1, async (x) => {
    const a = answers.get(x.body.answer);
    if (!a) throw fail(404, 'not_found', 'no such answer');
    if (x.body.sql && roles.indexOf(x.role) < 2) throw fail(403, 'forbidden', 'a correction needs the role analyst');
    if (x.body.sql) { const s = await run(['ask', '--format', 'json', '--no-model', '--sql', x.body.sql]); if (s.error) throw fail(403, s.error.code, s.error.message); const k = id('k'); items.set(k, { id: k, kind: 'pair', status: 'pending', text: '', question: a.question, sql: s.sql, source: 'feedback', created: now() }); }
    feedback.push(x.body);
    return { __status: 201, id: id('f'), pair: x.body.sql ? 'pending' : null };
  }],
  ['GET', '/api/knowledge', 1, (x) => ({ version: '1', items: [...items.values()].filter((i) => !x.query.get('status') || i.status === x.query.get('status')), next: null })],
  ['GET', '/api/knowledge/search', 1, (x) => ({ results: [...items.values()].filter((i) => (i.question + i.text).toLowerCase().includes(x.query.get('q').toLowerCase())).map((i, n) => ({ ...i, score: 0.032 - n * 0.004 })) })],
  ['POST', '/api/knowledge', 2, async (x) => { const s = await run(['ask', '--format', 'json', '--no-model', '--sql', x.body.sql]); if (s.error) throw fail(403, s.error.code, s.error.message); const k = id('k'); items.set(k, { id: k, kind: 'pair', status: 'pending', text: '', ...x.body, created: now() }); return { __status: 201, id: k, status: 'pending' }; }],
  ['POST', '/api/knowledge/:id/verify', 3, (x) => { items.get(x.id).status = 'verified'; return { id: x.id, status: 'verified' }; }],
  ['DELETE', '/api/knowledge/:id', 3, (x) => { items.delete(x.id); return { id: x.id }; }],
  ['GET', '/api/models', 1, () => models()],
  ['PUT', '/api/models', 3, (x) => { adapter = x.body.adapter; return models(); }],
  ['GET', '/api/training', 1, () => ({ runs: [...runs.values()].reverse().map(bare) })],
  ['POST', '/api/training', 3, (x) => { if ([...runs.values()].some((r) => r.state === 'running')) throw fail(409, 'conflict', 'a training is running'); const r = { id: x.body.name || id('t'), state: 'running', step: 0, steps: x.body.steps ?? 500, loss: null, validation_loss: null, started: now(), message: '', curve: [] }; runs.set(r.id, r); void training(r); return { __status: 201, ...bare(r) }; }],
  ['GET', '/api/training/:id', 1, (x) => runs.get(x.id)],
  ['GET', '/api/training/:id/events', 1, (x) => ({ __training: runs.get(x.id) })],
  ...['pause', 'resume', 'stop'].map((what) => ['POST', `/api/training/:id/${what}`, 3, (x) => { const r = runs.get(x.id); r.state = { pause: 'paused', resume: 'running', stop: 'stopped' }[what]; return bare(r); }]),
  ['GET', '/api/evaluations', 1, () => ({ evaluations: [{ id: 'sales-2026-11-24', created: '2026-11-24T10:00:00Z', questions: 150, right: 0.94, runs: 0.993, median_ms: 11 }, { id: 'spider-dev-2026-11-23', created: '2026-11-23T10:00:00Z', questions: 877, right: 0.61, runs: 0.985, median_ms: 402 }] })],
  ['GET', '/api/monitor', 1, () => {
    const all = [...answers.values()], by = (f) => all.reduce((o, a) => ((o[f(a)] = (o[f(a)] ?? 0) + 1), o), {}), times = all.map((a) => a.ms).sort((a, b) => a - b), at = (p) => times[Math.min(times.length - 1, Math.floor(times.length * p))] ?? 0;
    return { since: started, asked: all.length, answered: all.filter((a) => !a.error).length, by_source: by((a) => a.source), by_code: by((a) => a.error?.code ?? 'ok'), latency_ms: { p50: at(0.5), p95: at(0.95), p99: at(0.99) }, steps: (all.at(-1)?.trace ?? []).map((s) => ({ step: s.step, p50: s.ms, p95: s.ms * 2 })), feedback: { up: feedback.filter((f) => f.verdict === 'up').length, down: feedback.filter((f) => f.verdict === 'down').length }, reasked: 0, sql_edited: 0, slow: all.slice(-3).map((a) => ({ id: a.id, question: a.question, ms: a.ms, created: a.created })), queue: { ask: 0, model: 0 }, memory_bytes: process.memoryUsage().rss };
  }],
].map(([method, path, role, f]) => ({ method, role, f, at: new RegExp(`^${path.replace(':id', '([^/]+)')}$`) }));
const models = () => ({ model: 'gemma-3-270m-Q4_K_M', state: 'waiting', adapter, models: [{ name: 'gemma-3-270m-Q4_K_M', path: '', bytes: 246000000 }], adapters: [{ name: 'salesbot-gemma3-270m-lora', path: '', current: adapter === 'salesbot-gemma3-270m-lora' }, { name: 'trial', path: '', current: adapter === 'trial' }] });
const semantic = () => ({
  metrics: [{ id: 'sales', title: 'sales', meaning: 'sum(net_amount): after discount, without VAT, before returns', words: ['revenue', 'turnover'] }, { id: 'margin', title: 'margin', meaning: 'sales less cost', words: ['profit'] }],
  dimensions: [{ id: 'region', title: 'region', meaning: 'regions.region', words: ['area'] }], entities: [{ id: 'store', title: 'store', meaning: 'a place that sells', words: ['shop', 'branch'] }],
  conditions: [{ id: 'active', title: 'active', meaning: 'open, physical, and not closed for a refit that day', words: [] }],
});

const types = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' };
function file(res, path) {
  const full = path === '/plotly-basic.min.js' ? join(home, 'share/plotly-basic.min.js') : join(dist, normalize(path === '/' ? '/index.html' : path));
  if (!existsSync(full) || (!full.startsWith(dist) && !full.startsWith(home))) { res.writeHead(404).end(); return; }
  res.writeHead(200, { 'Content-Type': types[full.split('.').pop()] ?? 'application/octet-stream', 'Content-Security-Policy': csp, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' });
  createReadStream(full).pipe(res);
}
function reply(res, status, value, headers = {}) {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers }).end(JSON.stringify(value));
}
const server = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://x');
  try {
    const r = routes.find((x) => x.method === req.method && x.at.test(url.pathname));
    if (!r) return /^\/(api|v1)/.test(url.pathname) ? reply(res, 404, { error: { code: 'not_found', message: 'no such route' } }) : file(res, url.pathname);
    const key = (req.headers.authorization ?? '').replace('Bearer sb_', '');
    const role = withKeys ? key : 'admin';
    if (r.role && roles.indexOf(role) < 1) throw fail(401, 'unauthorized', 'a key is needed');
    if (roles.indexOf(role) < r.role) throw fail(403, 'forbidden', `this needs the role ${roles[r.role]}`);
    let text = '';
    for await (const part of req) text += part;
    const abort = new AbortController();
    res.on('close', () => { if (!res.writableFinished) abort.abort(); });
    const out = await r.f({ body: text ? JSON.parse(text) : {}, query: url.searchParams, id: r.at.exec(url.pathname)[1], role, signal: abort.signal });
    if (out?.__events) {
      if (req.headers.accept === 'text/event-stream') {
        return await events(res, out.__events, out.slow);
      }
      const s = await out.__events;
      return reply(res, s.error ? httpOf[s.error.code] ?? 500 : 200, s);
    }
    if (out?.__training) {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const t = out.__training;
      for (let sent = 0; ; await wait(60)) {
        for (; sent < t.curve.length; sent++) res.write(`event: point\ndata: ${JSON.stringify(t.curve[sent])}\n\n`);
        res.write(`event: run\ndata: ${JSON.stringify(bare(t))}\n\n`);
        if (t.state === 'done' || t.state === 'stopped') break;
      }
      return res.end('event: done\ndata: {}\n\n');
    }
    const { __status = 200, ...rest } = out ?? {};
    reply(res, __status, rest);
  } catch (e) {
    if (e.name === 'AbortError' || res.destroyed) return;
    if (res.headersSent) return res.end(`event: error\ndata: ${JSON.stringify({ code: e.code ?? 'internal', message: e.message })}\n\n`);
    reply(res, e.status ?? 500, { error: { code: e.code ?? 'internal', message: e.message } }, e.headers);
  }
});
server.listen(Number(process.argv[2] ?? 8642), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
