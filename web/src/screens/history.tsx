// history - a reader's own questions, newest first.
import { useEffect, useState } from 'preact/hooks';
import { get, remove } from '../api';
import * as format from '../format';
import { say, t } from '../texts';
import type { Past } from '../types';
import { Button, ErrorNote, Loading, Page, useLoad } from '../ui/parts';

export function useSlow(value: string, ms = 200): string {
  const [slow, setSlow] = useState(value);
  useEffect(() => { const timer = setTimeout(() => setSlow(value), ms); return () => clearTimeout(timer); }, [value]);
  return slow;
}
interface List { answers: Past[]; next: string | null }
export function History() {
  const [search, setSearch] = useState('');
  const [error, setError] = useState<unknown>(null);
  const wanted = useSlow(search);
  const list = useLoad((signal) => get<List>('api/history', { search: wanted, limit: 50 }, signal), [wanted]);
  const more = async () => {
    try {
      const next = await get<List>('api/history', { search: wanted, limit: 50, before: list.value!.next });
      list.set({ answers: [...list.value!.answers, ...next.answers], next: next.next });
    } catch (e) { setError(e); }
  };
  const forget = async (id: string) => {
    try {
      await remove(`api/answers/${encodeURIComponent(id)}`);
      list.set({ ...list.value!, answers: list.value!.answers.filter((a) => a.id !== id) });
    } catch (e) { setError(e); }
  };
  return (
    <Page title={t.history.title}>
      <input type="search" class="search" aria-label={t.history.search} placeholder={t.history.search} value={search} onInput={(e) => setSearch(e.currentTarget.value)} />
      <ErrorNote error={error} />
      <Loading from={list}>{(l) => l.answers.length === 0 ? <p class="faint" role="status">{wanted ? say(t.history.nothing, wanted) : t.history.empty}</p> : <>
        <ul class="list">{l.answers.map((a) => (
          <li key={a.id}>
            <a href={`#/answer/${a.id}`}><b>{a.question || t.sql.title}</b><span class="clip">{a.answer}</span></a>
            <span class="faint small">{format.date(a.created, true)}{a.code && !/^(ok|none)$/.test(a.code) ? ` · ${t.ask.ends[a.code] ?? a.code}` : a.confidence ? ` · ${t.confidence[a.confidence] ?? a.confidence}` : ''}</span>
            <button type="button" class="x" aria-label={say(t.history.forget, a.question)} onClick={() => void forget(a.id)}>×</button>
          </li>
        ))}</ul>
        {l.next && <Button quiet onClick={() => void more()}>{t.common.more}</Button>}
      </>}</Loading>
    </Page>
  );
}
