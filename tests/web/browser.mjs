// browser - Chromium, the server, and small helpers for the flows.
//
// SALESBOT_WEB=dev runs against web/dev/server.mjs; else against `salesbot serve`.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const require_ = createRequire(join(root, 'web', 'package.json'));
const chromium = require_('playwright-core').chromium;
export const axe = require_.resolve('axe-core/axe.min.js');
export const dev = process.env.SALESBOT_WEB === 'dev';
export const program = process.env.SALESBOT_PROGRAM || join(root, 'build/release/salesbot');

export const launch = () => {
  const path = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  if (!path) { console.log('chromium is missing: apt-get install chromium'); process.exit(77); }
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--force-prefers-reduced-motion'] });
};
const freePort = () => new Promise((resolve) => { const s = createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => resolve(port)); }); });

// A server on a port of its own (or the one given); `env` goes to it.
export async function serve({ port, env = {}, args = [] } = {}) {
  port ??= await freePort();
  const command = dev ? [process.execPath, [join(root, 'web/dev/server.mjs'), String(port)]] : [program, ['serve', '--port', String(port), ...args]];
  const child = spawn(command[0], command[1], { env: { ...process.env, SALESBOT_PROGRAM: program, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (d) => (said += d));
  child.stderr.on('data', (d) => (said += d));
  const ended = new Promise((r) => child.on('exit', r));
  const url = `http://127.0.0.1:${port}/`;
  for (let i = 0; ; i++) {
    const ok = await fetch(url + 'healthz').then((r) => r.ok, () => false);
    if (ok) break;
    if (i > 150 || child.exitCode !== null) throw new Error(`the server did not start: ${said}`);
    await new Promise((r) => setTimeout(r, 100));
  }
  return { url, port, stop: async () => { child.kill('SIGTERM'); const t = setTimeout(() => child.kill('SIGKILL'), 5000); await ended; clearTimeout(t); }, said: () => said };
}
export async function ask(page, question) {
  await page.fill('#question', question);
  await page.press('#question', 'Enter');
  await page.waitForSelector('.working', { state: 'attached', timeout: 2000 }).catch(() => {});
  await page.waitForFunction(() => !document.querySelector('.working'), null, { timeout: 60000 });
  await page.waitForSelector('.answer, [role=alert], .note');
}
export const drawn = (page) => page.waitForSelector('.plot[data-state=drawn] .main-svg');
