// flows - what people do on the page, each in a fresh browser window.
//
//     node tests/web/flows.mjs [smoke|PATTERN]
//
// A flow that needs a state which a real server can't be brought into at will (slow
// model, full queue) answers that one request itself. Skipped flows are named.
import { mkdtempSync, readFileSync, readdirSync, existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import assert from 'node:assert/strict';
import { ask, axe, dev, drawn, launch, root, serve } from './browser.mjs';

const flows = [];
const flow = (name, act, o = {}) => flows.push({ name, act, ...o });
const smoke = { smoke: true };
const button = (p, name) => p.getByRole('button', { name, exact: true });
const text = (p, selector) => p.locator(selector).first().innerText();
const sentence = (p) => text(p, '.answer .sentence');
const state = (more = {}) => ({ id: 'x1', conversation: null, question: 'q', intent: 'list', sql: 'SELECT 1', results: { columns: [], rows: [], truncated: false }, chart: null, answer: 'Fine.', explanation: '', assumptions: [], left_out: [], unused_words: [], confidence: { word: 'Sure', value: 0.9, reason: 'known' }, source: 'template', choices: [], trace: [], error: null, database: 'sales', data_to: '2026-05-20', ms: 3, ...more });
const sse = (...events) => ({ status: 200, contentType: 'text/event-stream', body: events.map(([e, d]) => `event: ${e}\ndata: ${JSON.stringify(d)}\n\n`).join('') });
const answering = async (p, s) => {
  await p.route('**/api/ask', (r) => r.fulfill(sse(['accepted', { id: s.id }], ['done', s])));
  await p.route(`**/api/answers/${s.id}`, (r) => r.fulfill({ json: s }));
};
const me = (more) => ({ name: 'v', role: 'viewer', keys_required: true, version: '1', databases: [{ name: 'sales' }], model: { name: '', state: 'none', adapter: '' }, limits: { body_bytes: 1, max_rows: 1, timeout_ms: 1 }, ...more });
const openSql = async (p) => { await p.click('.sql-block > summary'); await p.waitForSelector('.editor textarea'); };

/* ---- asking ------------------------------------------------------------------- */

flow('first visit: a question box in focus and suggestions', async (p) => {
  assert.equal(await p.evaluate(() => document.activeElement.id), 'question');
  await p.waitForSelector('.suggestions button');
  assert.ok((await p.locator('.suggestions button').count()) >= 3);
}, smoke);
flow('a suggestion answers with a sentence and a chart', async (p) => {
  await p.locator('.suggestions button').nth(1).click();
  await p.waitForSelector('.answer .sentence');
  assert.match(await sentence(p), /\d/);
}, smoke);
flow('bars, sentence, confidence, taken as', async (p) => {
  await ask(p, 'sales by region in 2024');
  await drawn(p);
  assert.match(await sentence(p), /East/);
  assert.match(await text(p, '.confidence'), /Sure/);
  assert.match(await text(p, '.facts'), /after discount/);
  assert.equal(await p.getAttribute('.plot', 'data-kind'), 'bars');
  assert.equal(await p.locator('.table-box tbody tr').count(), 6);
}, smoke);
for (const [kind, question] of [['lines', 'monthly sales by region in 2025'], ['waterfall', 'why did sales fall in West in March 2025 by store'], ['pie', 'share of sales by department in 2024'], ['hbars', 'sales by store in 2024']])
  flow(`chart: ${kind}`, async (p) => { await ask(p, question); await drawn(p); assert.equal(await p.getAttribute('.plot', 'data-kind'), kind); });
flow('chart: one number', async (p) => { await ask(p, 'sales in 2024'); assert.match(await text(p, '.big-number'), /3,123,409/); assert.equal(await p.evaluate(() => 'Plotly' in window), false); });
flow('chart: heat map', async (p) => {
  await answering(p, state({ results: { columns: [{ name: 'c', type: 'text', unit: 'text', title: 'c' }, { name: 'r', type: 'text', unit: 'text', title: 'r' }, { name: 's', type: 'decimal', unit: 'money', title: 'sales' }], rows: [['a', 'b', 5], ['a', 'd', 9]], truncated: false }, chart: { kind: 'heat_map', why: 'many', data: [{ type: 'heatmap', x: ['b', 'd'], y: ['a'], z: [[5, 9]] }], layout: { title: { text: 'T' } } } }));
  await ask(p, 'q');
  assert.equal(await p.locator('.heat td.full').count(), 1);
});
flow('switch of chart type, and why', async (p) => {
  await ask(p, 'sales by region in 2024');
  await drawn(p);
  await button(p, 'Why this chart').click();
  assert.match(await text(p, '.block .note'), /bars/);
  for (const kind of ['lines', 'hbars', 'pie']) { await p.selectOption('select[aria-label="Type of chart"]', kind); await p.waitForSelector(`.plot[data-kind=${kind}][data-state=drawn] .main-svg`); }
  assert.match(await text(p, '.block .note'), /You chose/);
}, smoke);
for (const kind of ['PNG', 'SVG'])
  flow(`chart as ${kind}`, async (p) => {
    await ask(p, 'sales by region in 2024');
    await drawn(p);
    const [file] = await Promise.all([p.waitForEvent('download'), p.getByRole('button', { name: `Download chart as ${kind}` }).click()]);
    const bytes = readFileSync(await file.path());
    assert.ok(kind === 'PNG' ? bytes.subarray(1, 4).toString() === 'PNG' : bytes.toString().includes('<svg'), 'is an image');
    assert.ok(bytes.length > 5000);
  });
flow('table: sort and CSV', async (p) => {
  await ask(p, 'sales by region in 2024');
  const firstCell = () => p.locator('.table-box tbody tr td').first().innerText();
  await p.locator('.table-box th button').first().click();
  assert.equal(await firstCell(), 'East');
  await p.locator('.table-box th button').first().click();
  assert.equal(await firstCell(), 'West');
  assert.equal(await p.locator('.table-box th').first().getAttribute('aria-sort'), 'descending');
  const [file] = await Promise.all([p.waitForEvent('download'), p.getByRole('button', { name: /as CSV/ }).click()]);
  const csv = readFileSync(await file.path(), 'utf8');
  assert.match(csv, /^\ufeffregion,sales\r\nWest,586323\.7/);
}, smoke);
flow('CSV: a cell that begins like a formula stays text', async (p) => {
  await answering(p, state({ results: { columns: [{ name: 'a', type: 'text', unit: 'text', title: 'a' }], rows: [['=1+1'], ['x"y,z']], truncated: false } }));
  await ask(p, 'q');
  const [file] = await Promise.all([p.waitForEvent('download'), p.getByRole('button', { name: /as CSV/ }).click()]);
  assert.equal(readFileSync(await file.path(), 'utf8'), "\ufeffa\r\n'=1+1\r\n\"x\"\"y,z\"\r\n");
});
flow('100,000 rows scroll and sort without stalling', async (p) => {
  const rows = Array.from({ length: 100000 }, (_, i) => [`name ${(i * 7919) % 100000}`, (i * 7919) % 100000]);
  await answering(p, state({ results: { columns: [{ name: 'n', type: 'text', unit: 'text', title: 'n' }, { name: 'v', type: 'integer', unit: 'number', title: 'v' }], rows, truncated: true } }));
  await ask(p, 'q');
  assert.ok((await p.locator('.table-box tbody tr').count()) < 80);
  assert.equal(await p.getAttribute('.table-box table', 'aria-rowcount'), '100001');
  const ms = await p.evaluate(async () => { const from = performance.now(); document.querySelectorAll('.table-box th button')[1].click(); await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))); return performance.now() - from; });
  assert.ok(ms < 2000, `sorted in ${ms} ms`);
  assert.match(await p.locator('.table-box tbody tr').first().innerText(), /99,999/);
  await p.evaluate(() => { const b = document.querySelector('.table-box'); b.scrollTop = b.scrollHeight; });
  await p.waitForFunction(() => [...document.querySelectorAll('.table-box tr')].some((r) => r.getAttribute('aria-rowindex') === '100001'));
});
flow('completion of names by keyboard', async (p) => {
  await p.locator('#question').pressSequentially('sales in Wes');
  await p.waitForSelector('#options:not([hidden]) li');
  await p.keyboard.press('ArrowDown');
  assert.equal(await p.getAttribute('#question', 'aria-activedescendant'), 'option-0');
  await p.keyboard.press('Enter');
  assert.match(await p.inputValue('#question'), /^sales in West/);
  await p.keyboard.press('Escape');
}, smoke);
flow('steps are shown live', async (p) => {
  await p.addInitScript(() => { window.seen = new Set(); new MutationObserver(() => document.querySelectorAll('.steps li span:first-child').forEach((x) => window.seen.add(x.textContent))).observe(document, { childList: true, subtree: true }); });
  await p.reload();
  await p.waitForSelector('#question');
  await ask(p, 'sales by region in 2024');
  assert.ok((await p.evaluate(() => window.seen.size)) >= 1);
  await p.click('.how summary');
  assert.match(await text(p, '.how table'), /Read the question/);
});
flow('slow model: a place in the queue, and it can be stopped', async (p) => {
  await p.route('**/api/ask', async (r) => { await new Promise((x) => setTimeout(x, 30000)); await r.abort().catch(() => {}); });
  await p.fill('#question', 'slowly');
  await p.press('#question', 'Enter');
  await p.waitForSelector('text=The model is still writing', { timeout: 8000 });
  await button(p, 'Stop').click();
  await p.waitForSelector('text=Stopped.');
  assert.equal(await p.inputValue('#question'), 'slowly');
});
flow('ambiguous: choices, and picking one asks again', async (p) => {
  let body;
  await p.route('**/api/ask', async (r) => {
    body = r.request().postDataJSON();
    const picked = body.options?.pick === 2;
    await r.fulfill(sse(['done', state({ question: 'best', ...(picked ? { id: 'x2', answer: 'Second.' } : { answer: '', choices: ['by sales', 'by margin'], error: { code: 'ambiguous', message: 'More than one reading', exit: 4 } }) })]));
  });
  await ask(p, 'best');
  assert.match(await text(p, '.choices'), /Which do you mean/);
  await button(p, 'by margin').click();
  await p.waitForSelector('text=Second.');
}, smoke);
flow('not in this data: says so, and what can be asked', async (p) => {
  await ask(p, 'how is the weather');
  assert.match(await text(p, '.ending'), /Not in this data/);
  await p.locator('.choices button').first().click();
  await p.waitForSelector('.confidence');
}, smoke);
flow('refused: nothing is ever changed', async (p) => { await ask(p, 'delete all sales'); assert.match(await text(p, '.ending.refused'), /nothing is ever changed/); assert.equal(await p.locator('.feedback').count(), 0); }, smoke);
flow('0 rows', async (p) => { await ask(p, 'sales by store in 2031'); assert.match(await p.innerText('.answer'), /No |no /); });
flow('unused words are marked', async (p) => { await answering(p, state({ unused_words: ['purple'], confidence: { word: 'Check this', value: 0.3, reason: 'a word was not used' } })); await ask(p, 'q'); assert.equal(await text(p, '.facts mark'), 'purple'); assert.match(await text(p, '.level.check'), /Check this/); });
flow('a follow-up leans on the question before; New topic ends that', async (p) => {
  await ask(p, 'sales by region in 2024');
  await ask(p, 'and in 2023?');
  assert.match(await sentence(p), /2023/);
  await button(p, 'New topic').click();
  await p.waitForSelector('.suggestions');
});
flow('Still: … chips; removing one asks without it', async (p) => {
  const bodies = [];
  await p.route('**/api/ask', async (r) => { const b = r.request().postDataJSON(); bodies.push(b); await r.fulfill(sse(['done', state({ id: `x${bodies.length}`, still: b.options?.forget ? ['West'] : ['2024', 'West'] })])); });
  await ask(p, 'its margin?');
  await p.getByRole('button', { name: 'Leave out 2024 and ask again' }).click();
  await p.waitForFunction(() => document.querySelectorAll('.chip').length === 1);
  assert.deepEqual(bodies[1].options.forget, ['2024']);
});
flow('a link opens the same answer in another window', async (p, { url, context }) => {
  await ask(p, 'sales by region in 2024');
  const before = await sentence(p);
  assert.match(p.url(), /#\/answer\//);
  await button(p, 'Copy link').click();
  await p.waitForSelector('text=Link copied');
  const other = await context.newPage();
  await other.goto(p.url());
  await other.waitForSelector('.answer .sentence');
  assert.equal(await sentence(other), before);
}, smoke);
flow('a link to nothing says so', async (p, { url }) => { await p.goto(url + '#/answer/nothing'); await p.waitForSelector('text=no longer kept'); });
flow('two tabs have a conversation each', async (p, { context, url }) => {
  const other = await context.newPage();
  await other.goto(url);
  await other.waitForSelector('#question');
  const sent = [];
  for (const x of [p, other]) x.on('request', (r) => { if (/api\/ask$/.test(r.url())) sent.push(r.postDataJSON().conversation); });
  await ask(p, 'sales in 2024');
  await ask(other, 'orders in 2023');
  await ask(p, 'and in 2022?');
  assert.equal(sent[0], sent[2]);
  assert.notEqual(sent[0], sent[1]);
  assert.match(await sentence(p), /2022/);
});
flow('untrusted texts stay text', async (p) => {
  const evil = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>';
  await answering(p, state({ question: evil, answer: evil, assumptions: [evil], results: { columns: [{ name: evil, type: 'text', unit: 'text', title: evil }, { name: 'v', type: 'integer', unit: 'number', title: evil }], rows: [[evil, 1], ['b', 2]], truncated: false }, chart: { kind: 'bars', why: evil, data: [{ type: 'bar', x: [evil, 'b'], y: [1, 2], name: evil }], layout: { title: { text: evil }, xaxis: { type: 'category' }, yaxis: {} } } }));
  await ask(p, 'q');
  await drawn(p);
  await p.waitForTimeout(300);
  assert.equal(await p.evaluate(() => window.owned), undefined);
});

/* ---- SQL and feedback ------------------------------------------------------------- */

flow('SQL: edited, run, put back', async (p) => {
  await ask(p, 'sales by region in 2024');
  await openSql(p);
  assert.ok((await p.locator('.sql-word').count()) > 5);
  await p.fill('.editor textarea', 'SELECT count(*) AS n FROM stores');
  assert.match(await text(p, '.sql'), /Edited/);
  await p.press('.editor textarea', 'Control+Enter');
  await p.waitForFunction(() => document.querySelectorAll('.table-box tbody tr').length === 1);
}, smoke);
flow('SQL: explained', async (p) => { await ask(p, 'sales by region in 2024'); await openSql(p); await button(p, 'Explain').click(); await p.waitForSelector('.sql .note'); assert.ok((await text(p, '.sql .note')).length > 10); });
flow('SQL: what changes data is refused', async (p) => {
  await ask(p, 'sales in 2024');
  await openSql(p);
  await p.fill('.editor textarea', 'DELETE FROM sales');
  await button(p, 'Run').click();
  await p.waitForSelector('.ending, [role=alert]');
  assert.match(await p.innerText('main'), /SELECT|read|refused/i);
});
flow('very long SQL stays usable', async (p) => {
  await answering(p, state({ sql: `SELECT ${Array.from({ length: 4000 }, (_, i) => `${i} AS c${i}`).join(', ')} FROM stores` }));
  await ask(p, 'q');
  await openSql(p);
  const box = await p.locator('.editor').boundingBox();
  assert.ok(box.height < 600);
  await p.type('.editor textarea', '-- x');
});
flow('thumb up', async (p) => { await ask(p, 'sales in 2024'); await button(p, 'Yes, right').click(); await p.waitForSelector('text=Thank you.'); }, smoke);
flow('a correction becomes a pending pair, and an admin verifies it', async (p, { url }) => {
  await ask(p, 'sales in 2024');
  await button(p, 'No, wrong').click();
  await p.fill('.feedback input', 'should be net');
  await p.fill('.feedback textarea', 'SELECT sum(net_amount) AS net FROM sales WHERE sold_on BETWEEN DATE \'2024-01-01\' AND DATE \'2024-12-31\'');
  await button(p, 'Send').click();
  await p.waitForSelector('text=waits to be verified');
  await p.goto(url + '#/knowledge');
  await p.getByRole('button', { name: 'Verify “sales in 2024”' }).first().click();
  await p.waitForFunction(() => ![...document.querySelectorAll('.card button')].some((b) => b.getAttribute('aria-label') === 'Verify “sales in 2024”'));
});

/* ---- the server goes, keys, roles, queue ------------------------------------------------ */

flow('server gone and back: the question is kept', async (p, { own }) => {
  const s = await own();
  await p.goto(s.url);
  await p.waitForSelector('.suggestions button');
  await s.stop();
  await p.fill('#question', 'sales in 2024');
  await p.press('#question', 'Enter');
  await p.waitForSelector('.banner');
  const again = await own({ port: s.port });
  await p.waitForFunction(() => !document.querySelector('.banner'), null, { timeout: 15000 });
  assert.equal(await p.inputValue('#question'), 'sales in 2024');
  await p.press('#question', 'Enter');
  await p.waitForSelector('.answer .sentence');
  await again.stop();
});
flow('the queue is full: when to try again', async (p) => { await p.route('**/api/ask', (r) => r.fulfill({ status: 429, headers: { 'Retry-After': '7' }, json: { error: { code: 'busy', message: 'busy' } } })); await ask(p, 'q'); assert.match(await text(p, '[role=alert]'), /7 s/); });
flow('a key is asked for; a wrong one is refused; the right one is kept', async (p) => {
  await p.route('**/api/me', (r) => { const k = r.request().headers().authorization; k === 'Bearer sb_good' ? r.fulfill({ json: me() }) : r.fulfill({ status: 401, json: { error: { code: 'unauthorized', message: 'no' } } }); });
  await p.reload();
  await p.fill('.key-form input[type=password]', 'sb_bad');
  await button(p, 'Use this key').click();
  await p.waitForSelector('text=was not accepted');
  await p.fill('.key-form input[type=password]', 'sb_good');
  await button(p, 'Use this key').click();
  await p.waitForSelector('#question');
  assert.equal(await p.evaluate(() => localStorage.getItem('salesbot.key')), null);
}, smoke);
flow('a viewer: no SQL to run, no correction, no layer', async (p, { url }) => {
  await p.route('**/api/me', (r) => r.fulfill({ json: me() }));
  await p.reload();
  await ask(p, 'sales by region in 2024');
  await p.click('.sql-block > summary');
  assert.equal(await button(p, 'Run').count(), 0);
  assert.equal(await p.getAttribute('.editor textarea', 'readonly'), '');
  await p.goto(url + '#/data');
  await p.waitForSelector('.tabs');
  assert.doesNotMatch(await text(p, '.tabs'), /Layer/);
});
flow('what a role may not is said by the server and shown', async (p) => { await p.route('**/api/feedback', (r) => r.fulfill({ status: 403, json: { error: { code: 'forbidden', message: 'this needs the role analyst' } } })); await ask(p, 'sales in 2024'); await button(p, 'Yes, right').click(); await p.waitForSelector('text=needs the role analyst'); });

/* ---- the other screens --------------------------------------------------------------- */

flow('history: search, open, forget', async (p, { url }) => {
  await ask(p, 'sales in 2022');
  await ask(p, 'orders by region in 2021');
  await p.goto(url + '#/history');
  await p.fill('.search', 'orders by');
  await p.waitForFunction(() => [...document.querySelectorAll('.list li')].every((l) => /orders/.test(l.textContent)) && document.querySelector('.list li'));
  await p.locator('.list a').first().click();
  await p.waitForSelector('.answer .sentence');
  await p.goto(url + '#/history');
  await p.waitForSelector('.list li');
  const n = await p.locator('.list li').count();
  await p.locator('.list .x').first().click();
  await p.waitForFunction((k) => document.querySelectorAll('.list li').length < k, n);
}, smoke);
flow('data: tables, columns, first rows', async (p, { url }) => {
  await p.goto(url + '#/data/tables/stores');
  await p.waitForSelector('.table-card');
  assert.match(await text(p, '.table-card'), /opened_on/);
  await button(p, 'Show first rows').click();
  await p.waitForSelector('.table-card .table-box tbody tr');
  await p.fill('.search', 'refund');
  assert.match(await text(p, '.picker'), /returns/);
}, smoke);
flow('data: joins as a diagram and as a list', async (p, { url }) => { await p.goto(url + '#/data/joins'); await p.waitForSelector('.diagram svg'); assert.ok((await p.locator('.join').count()) >= 8); await p.locator('.joins button').first().click(); await p.waitForSelector('.table-card'); });
flow('data: words', async (p, { url }) => { await p.goto(url + '#/data/words'); await p.waitForSelector('.words'); assert.match(await text(p, '#tab-panel'), /turnover/); });
flow('data: the layer is checked; a mistake names its line', async (p, { url }) => {
  await p.goto(url + '#/data/source');
  const area = p.locator('textarea.tall');
  await area.waitFor();
  await button(p, 'Check').click();
  await p.waitForSelector('.note.good');
  await area.fill('layer: x\n\tbad: [');
  await button(p, 'Check').click();
  await p.waitForSelector('.note.bad');
  assert.match(await text(p, '.note.bad'), /2/);
});
flow('knowledge: search with scores, add a pair', async (p, { url }) => {
  await p.goto(url + '#/knowledge');
  await p.click('details.block > summary');
  await p.fill('details form input', 'How many shops are there?');
  await p.fill('details form textarea', 'SELECT count(*) AS n FROM stores');
  await button(p, 'Add').click();
  await p.waitForSelector('details .note.good');
  await p.waitForSelector('.cards >> text=How many shops are there?');
  await p.fill('.search', 'shops');
  await p.waitForSelector('text=/score/');
});
flow('model: a training is watched to its end', async (p, { url }) => {
  await p.goto(url + '#/model');
  await p.fill('.start input[type=text]', 'flow');
  await p.fill('.start input[type=number]', '60');
  await button(p, 'Start').click();
  await p.waitForSelector('.run[data-state=done]', { timeout: 30000 });
  assert.ok(await p.locator('.curve path.loss').getAttribute('d'));
}, { devOnly: true });
flow('model: adapters and evaluations side by side', async (p, { url }) => { await p.goto(url + '#/model'); await p.waitForSelector('.adapters li'); assert.match(await p.innerText('main'), /Evaluations/); });
flow('monitor', async (p, { url }) => { await ask(p, 'sales in 2024'); await p.goto(url + '#/monitor'); await p.waitForSelector('.figures'); assert.match(await text(p, '.figures'), /Median time/); }, smoke);
flow('settings: dark, kept after a reload', async (p, { url }) => {
  await p.goto(url + '#/settings');
  await p.getByLabel('Dark').check();
  assert.equal(await p.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark');
  await p.reload();
  await p.waitForSelector('.settings');
  assert.equal(await p.evaluate(() => document.documentElement.dataset.theme), 'dark');
}, smoke);
flow('numbers in the reader’s locale', async (p, { url }) => { await p.goto(url + '#/settings'); await p.selectOption('.settings select >> nth=2', 'de-DE'); await p.goto(url + '#/'); await p.waitForSelector('.suggestions'); await ask(p, 'sales by region in 2024'); assert.match(await text(p, '.table-box'), /603\.831/); });
flow('keyboard alone: ask, sort, open SQL', async (p) => {
  await p.keyboard.type('sales by region in 2024');
  await p.keyboard.press('Enter');
  await drawn(p);
  const reach = async (want) => { for (let i = 0; i < 60; i++) { await p.keyboard.press('Tab'); if (await p.evaluate((w) => document.activeElement.matches(w), want)) return; } throw new Error(`not reached by Tab: ${want}`); };
  await reach('.table-box th button');
  await p.keyboard.press('Enter');
  assert.notEqual(await p.locator('.table-box th').first().getAttribute('aria-sort'), 'none');
  await reach('.sql-block > summary');
  await p.keyboard.press('Enter');
  await reach('.editor textarea');
}, smoke);
flow('360 pixels wide: nothing runs over', async (p, { url }) => {
  await p.setViewportSize({ width: 360, height: 740 });
  const fits = async (where) => assert.equal(await p.evaluate(() => document.documentElement.scrollWidth), 360, where);
  await ask(p, 'monthly sales by region in 2025');
  await drawn(p);
  await openSql(p);
  await fits('answer');
  for (const s of ['history', 'data', 'data/joins', 'data/words', 'knowledge', 'model', 'monitor', 'settings']) { await p.goto(`${url}#/${s}`); await p.waitForTimeout(250); await fits(s); }
}, smoke);
for (const look of ['light', 'dark'])
  flow(`screen readers: axe finds nothing serious, ${look}`, async (p, { url }) => {
    await p.emulateMedia({ colorScheme: look });
    const script = readFileSync(axe, 'utf8');
    const check = async (where) => {
      await p.evaluate(script).catch(() => {});
      const found = await p.evaluate(async () => (await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })).violations.filter((v) => /serious|critical/.test(v.impact)).map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 120)} ${v.nodes[0].failureSummary?.split('\n')[1] ?? ''}`));
      assert.deepEqual(found, [], where);
    };
    await check('first');
    await ask(p, 'sales by region in 2024');
    await drawn(p);
    await openSql(p);
    await p.click('.how summary');
    await button(p, 'No, wrong').click();
    await check('answer');
    for (const s of ['history', 'data', 'data/joins', 'data/words', 'data/source', 'knowledge', 'model', 'monitor', 'settings']) { await p.goto(`${url}#/${s}`); await p.waitForTimeout(400); await check(s); }
  }, look === 'light' ? smoke : {});

/* ---- size and speed ------------------------------------------------------------------ */

flow('size: at most 600 kB compressed, Plotly only with a chart', async (p) => {
  const dist = join(root, 'web/dist');
  const files = readdirSync(dist, { recursive: true }).map((f) => join(dist, f)).filter((f) => /\.\w+$/.test(f));
  const home = process.env.SALESBOT_HOME || join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'salesbot');
  const plotly = join(home, 'share/plotly-basic.min.js');
  const size = [...files.filter((f) => !/plotly-basic/.test(f)), ...(existsSync(plotly) ? [plotly] : [])].reduce((n, f) => n + gzipSync(readFileSync(f), { level: 9 }).length, 0);
  console.log(`    ${Math.round(size / 1000)} kB compressed`);
  assert.ok(size <= 600000);
  assert.equal(await p.evaluate(() => performance.getEntriesByType('resource').some((r) => /plotly/.test(r.name))), false);
}, smoke);
flow('no request leaves for another host, nothing breaks the policy', async (p, { url }) => {
  const hosts = new Set();
  p.on('request', (r) => hosts.add(new URL(r.url()).host));
  await ask(p, 'sales by region in 2024');
  await drawn(p);
  hosts.delete('');
  assert.deepEqual([...hosts], [new URL(url).host]);
}, smoke);
flow('from Enter to the answer: marks in the trace', async (p) => {
  await ask(p, 'sales by region in 2024');
  const times = [];
  for (const y of [2021, 2022, 2023, 2024, 2025]) { await ask(p, `sales by region in ${y}`); times.push(await p.evaluate(() => performance.getEntriesByName('salesbot.question').at(-1).duration)); }
  times.sort((a, b) => a - b);
  console.log(`    median ${times[2].toFixed(0)} ms`);
  if (!dev) assert.ok(times[2] < 100, `median ${times[2]} ms`);
});

/* ---- running them ------------------------------------------------------------------------ */

const wanted = process.argv[2] ?? '';
const chosen = flows.filter((f) => (wanted === 'smoke' ? f.smoke : new RegExp(wanted).test(f.name)));
process.env.SALESBOT_WEB_SCRATCH ??= mkdtempSync(join(tmpdir(), 'salesbot-web-'));
const server = await serve();
const browser = await launch();
const own = [];
let bad = 0, skipped = 0;
const started = Date.now();
for (const f of chosen) {
  if (f.devOnly && !dev) { console.log(`  skip  ${f.name}`); skipped++; continue; }
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce', acceptDownloads: true });
  const p = await context.newPage();
  p.setDefaultTimeout(15000);
  const broken = [];
  context.on('weberror', (e) => broken.push(e.error().message));
  p.on('console', (m) => { if (/Content Security Policy/.test(m.text())) broken.push(m.text()); });
  const from = Date.now();
  try {
    await p.goto(server.url);
    await p.waitForSelector('#question');
    await f.act(p, { url: server.url, context, own: async (o) => { const s = await serve(o); own.push(s); return s; } });
    assert.deepEqual(broken, []);
    console.log(`  ok    ${f.name} (${Date.now() - from} ms)`);
  } catch (e) {
    bad++;
    console.log(`  FAIL  ${f.name}\n        ${String(e.message).split('\n').slice(0, 6).join('\n        ')}`);
  }
  await context.close();
}
await browser.close();
for (const s of [server, ...own]) await s.stop();
console.log(`${chosen.length} flows, ${bad} failed, ${skipped} skipped, ${((Date.now() - started) / 1000).toFixed(0)} s${dev ? ' (development server)' : ''}`);
process.exit(bad ? 1 : 0);
