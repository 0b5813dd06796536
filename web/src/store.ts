// store - what a reader has chosen. Kept in the browser; the tab's own things
// (conversation, key unless kept) in the tab, so that two tabs don't mix.

export interface Settings { theme: 'auto' | 'light' | 'dark'; locale: string; language: string; database: string; model: boolean }
const defaults: Settings = { theme: 'auto', locale: '', language: 'en', database: '', model: true };

function read(area: Storage, name: string): string | null {
  try { return area.getItem(name); } catch { return null; }
}
function write(area: Storage, name: string, value: string | null): void {
  try { value === null ? area.removeItem(name) : area.setItem(name, value); } catch { /* private mode: it lasts as long as the page */ }
}

let current: Settings = defaults;
try { current = { ...defaults, ...JSON.parse(read(localStorage, 'salesbot') ?? '{}') }; } catch { /* unreadable: defaults */ }

const listeners = new Set<() => void>();
export const settings = (): Settings => current;
export function change(part: Partial<Settings>): void {
  current = { ...current, ...part };
  write(localStorage, 'salesbot', JSON.stringify(current));
  applyTheme();
  listeners.forEach((f) => f());
}
export function onChange(f: () => void): () => void {
  listeners.add(f);
  return () => listeners.delete(f);
}
export function applyTheme(): void {
  const root = document.documentElement;
  if (current.theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = current.theme;
}
export function isDark(): boolean {
  return current.theme === 'dark' || (current.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
}

export const key = {
  get: () => read(sessionStorage, 'salesbot.key') ?? read(localStorage, 'salesbot.key') ?? '',
  set: (value: string, keep: boolean) => {
    write(sessionStorage, 'salesbot.key', value);
    write(localStorage, 'salesbot.key', keep ? value : null);
  },
  forget: () => { write(sessionStorage, 'salesbot.key', null); write(localStorage, 'salesbot.key', null); },
};
export const conversation = {
  get: () => read(sessionStorage, 'salesbot.conversation') ?? '',
  set: (id: string) => write(sessionStorage, 'salesbot.conversation', id || null),
};
export const recent = {
  get: (): string[] => { try { return JSON.parse(read(localStorage, 'salesbot.recent') ?? '[]'); } catch { return []; } },
  add: (q: string) => write(localStorage, 'salesbot.recent', JSON.stringify([q, ...recent.get().filter((x) => x !== q)].slice(0, 30))),
};
