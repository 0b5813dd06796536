// screenshots - every screen in light, dark and 360 pixels, into a folder, to be looked at.
//
//     node tests/web/screenshots.mjs FOLDER [PATTERN]
import { mkdirSync } from 'node:fs';
import { ask, drawn, launch, serve } from './browser.mjs';

const [folder = 'build/screenshots', pattern = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const server = await serve();
const browser = await launch();
const looks = [['light', 1200, 900], ['dark', 1200, 900], ['narrow', 360, 760]];
const shots = {
  first: async () => {},
  bars: async (p) => { await ask(p, 'sales by region in 2024'); await drawn(p); },
  lines: async (p) => { await ask(p, 'monthly sales by region in 2025'); await drawn(p); await p.click('.sql-block summary'); },
  waterfall: async (p) => { await ask(p, 'why did sales fall in West in March 2025 by store'); await drawn(p); },
  pie: async (p) => { await ask(p, 'share of sales by department in 2024'); await drawn(p); },
  number: async (p) => { await ask(p, 'sales in 2024'); },
  heat: async (p) => { await ask(p, 'sales by category and region in 2024'); },
  many: async (p) => { await ask(p, 'sales by store in 2024'); await drawn(p); },
  follow: async (p) => { await ask(p, 'sales by region in 2024'); await ask(p, 'and in 2023?'); await drawn(p); },
  nodata: async (p) => { await ask(p, 'how is the weather'); },
  refused: async (p) => { await ask(p, 'delete all sales'); },
  options: async (p) => { await p.type('#question', 'sales in we'); await p.waitForSelector('#options:not([hidden])'); await p.keyboard.press('ArrowDown'); },
  slow: async (p) => { await p.fill('#question', 'sales slowly by region'); await p.press('#question', 'Enter'); await p.waitForTimeout(4800); },
  down: async (p) => { await ask(p, 'sales in 2024'); await p.getByRole('button', { name: 'No, wrong' }).click(); },
  history: async (p, url) => { await p.goto(url + '#/history'); await p.waitForSelector('.list li'); },
  tables: async (p, url) => { await p.goto(url + '#/data/tables/sales'); await p.waitForSelector('.table-card'); },
  joins: async (p, url) => { await p.goto(url + '#/data/joins'); await p.waitForSelector('.diagram svg'); },
  words: async (p, url) => { await p.goto(url + '#/data/words'); await p.waitForSelector('.words'); },
  layer: async (p, url) => { await p.goto(url + '#/data/source'); await p.waitForSelector('textarea.tall'); },
  knowledge: async (p, url) => { await p.goto(url + '#/knowledge'); await p.waitForSelector('.search'); await p.waitForTimeout(300); },
  model: async (p, url) => { await p.goto(url + '#/model'); await p.waitForSelector('.start'); },
  monitor: async (p, url) => { await p.goto(url + '#/monitor'); await p.waitForSelector('.figures'); },
  settings: async (p, url) => { await p.goto(url + '#/settings'); await p.waitForSelector('.settings'); },
};
if (process.env.SALESBOT_WEB === 'dev') await fetch(server.url + 'api/training', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"steps":200,"name":"trial-2"}' });
for (const [look, width, height] of looks) {
  for (const [name, act] of Object.entries(shots)) {
    if (!`${name}-${look}`.match(pattern)) continue;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: look === 'dark' ? 'dark' : 'light', locale: 'en-GB', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.on('console', (m) => { if (m.type() === 'error' && !/status of (4|5)/.test(m.text())) console.log(`${name}-${look}: ${m.text()}`); });
    page.on('pageerror', (e) => console.log(`${name}-${look}: ${e.message}`));
    await page.goto(server.url);
    await page.waitForSelector('#question');
    try { await act(page, server.url); } catch (e) { console.log(`${name}-${look}: ${e.message.split('\n')[0]}`); }
    await page.waitForTimeout(150);
    await page.screenshot({ path: `${folder}/${name}-${look}.png`, fullPage: !/options|slow/.test(name) });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) console.log(`${name}-${look}: ${over} pixels too wide`);
    await context.close();
  }
}
await browser.close();
await server.stop();
