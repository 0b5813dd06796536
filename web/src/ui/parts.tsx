// parts - the few controls that all screens share.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import { say, t } from '../texts';

export function Button(p: { children: ComponentChildren; onClick?: () => void; quiet?: boolean; disabled?: boolean; type?: 'submit' | 'button'; label?: string; pressed?: boolean; small?: boolean }) {
  return (
    <button type={p.type ?? 'button'} class={`button${p.quiet ? ' quiet' : ''}${p.small ? ' small' : ''}`} onClick={p.onClick} disabled={p.disabled} aria-label={p.label} aria-pressed={p.pressed}>
      {p.children}
    </button>
  );
}
export function CopyButton({ text, label, done }: { text: string | (() => string); label?: string; done?: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    const value = typeof text === 'string' ? text : text();
    try { await navigator.clipboard.writeText(value); } catch { copyByHand(value); }
    setCopied(true);
  };
  return <><Button quiet small onClick={copy}>{copied ? done ?? t.common.copied : label ?? t.common.copy}</Button><span class="hidden" role="status">{copied ? done ?? t.common.copied : ''}</span></>;
}
// Where the clipboard is closed to pages (plain HTTP from another machine).
function copyByHand(value: string): void {
  const area = document.createElement('textarea');
  area.value = value;
  area.className = 'hidden';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
export function Note({ kind = 'plain', children }: { kind?: 'plain' | 'good' | 'bad'; children: ComponentChildren }) {
  return <p class={`note ${kind}`}>{children}</p>;
}
export const ErrorNote = ({ error }: { error: unknown }) => {
  if (!error) return null;
  const e = error as ApiError;
  const text = e.status === 429 ? say(t.connection.busy, e.retryAfter || 1) : e.message || String(e);
  return <div role="alert"><Note kind="bad">{text}</Note></div>;
};
export function Page({ title, children, about }: { title: string; children: ComponentChildren; about?: string }) {
  useEffect(() => { document.title = `${title} – ${t.app}`; }, [title]);
  return <><h1>{title}</h1>{about && <p class="about">{about}</p>}{children}</>;
}
export interface Loaded<T> { value: T | null; error: unknown; reload: () => void; set: (v: T) => void }
// What `read` gives, again whenever `when` changes; a reply that comes too late is dropped.
export function useLoad<T>(read: (signal: AbortSignal) => Promise<T>, when: unknown[]): Loaded<T> {
  const [value, set] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setError(null);
    read(abort.signal).then((v) => { if (!abort.signal.aborted) set(v); }, (e) => { if (!abort.signal.aborted) setError(e); });
    return () => abort.abort();
  }, [...when, turn]);
  return { value, error, reload: () => setTurn((n) => n + 1), set };
}
export function Loading<T>({ from, children }: { from: Loaded<T>; children: (value: T) => ComponentChildren }) {
  if (from.error) return <div><ErrorNote error={from.error} /><Button quiet onClick={from.reload}>{t.common.retry}</Button></div>;
  if (from.value === null) return <p class="faint" role="status">{t.common.loading}</p>;
  return <>{children(from.value)}</>;
}
// Tabs by the arrow keys, as the ARIA practices describe them.
export function Tabs({ label, tabs, at, onPick }: { label: string; tabs: [string, string][]; at: string; onPick: (id: string) => void }) {
  const list = useRef<HTMLDivElement>(null);
  const move = (e: KeyboardEvent) => {
    const i = tabs.findIndex(([id]) => id === at);
    const to = e.key === 'ArrowRight' ? i + 1 : e.key === 'ArrowLeft' ? i - 1 : e.key === 'Home' ? 0 : e.key === 'End' ? tabs.length - 1 : null;
    if (to === null) return;
    e.preventDefault();
    const n = (to + tabs.length) % tabs.length;
    onPick(tabs[n][0]);
    (list.current?.children[n] as HTMLElement)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map(([id, name]) => (
        <button type="button" role="tab" id={`tab-${id}`} aria-selected={id === at} aria-controls="tab-panel" tabIndex={id === at ? 0 : -1} onClick={() => onPick(id)}>{name}</button>
      ))}
    </div>
  );
}
export const TabPanel = ({ at, children }: { at: string; children: ComponentChildren }) => (
  <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${at}`} tabIndex={0} class="panel">{children}</div>
);
