// knowledge - what is looked up, and pairs that wait for a person to verify them.
import { useState } from 'preact/hooks';
import { get, post, remove } from '../api';
import { Highlight, broken } from '../ask/sql_view';
import * as format from '../format';
import { settings } from '../store';
import { say, t } from '../texts';
import type { Item, Me } from '../types';
import { Button, ErrorNote, Loading, Note, Page, useLoad } from '../ui/parts';
import { useSlow } from './history';

function Card({ item, me, onVerify, onRemove }: { item: Item; me: Me; onVerify?: () => void; onRemove?: () => void }) {
  const name = item.question || item.text.slice(0, 60);
  return (
    <li class="card">
      <p><b>{item.question || item.text}</b></p>
      {item.sql && <pre class="partial"><Highlight sql={broken(item.sql)} /></pre>}
      <div class="row">
        <span class="tag">{item.kind}</span>
        <span class={`tag ${item.status}`}>{item.status === 'pending' ? t.knowledge.pending_ : t.knowledge.verified}</span>
        {item.score !== undefined && <span class="faint small">{say(t.knowledge.score, format.decimal(item.score, 3))}</span>}
        {item.created && <span class="faint small">{format.date(item.created)}</span>}
        <span class="push" />
        {me.role === 'admin' && item.status === 'pending' && onVerify && <Button small label={say(t.knowledge.verifyItem, name)} onClick={onVerify}>{t.knowledge.verify}</Button>}
        {me.role === 'admin' && onRemove && <Button quiet small label={say(t.knowledge.removeItem, name)} onClick={onRemove}>{t.common.remove}</Button>}
      </div>
    </li>
  );
}
function Add({ onAdded, database }: { onAdded: () => void; database: string }) {
  const [question, setQuestion] = useState('');
  const [sql, setSql] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [done, setDone] = useState(false);
  const add = async () => {
    setError(null);
    setDone(false);
    try {
      await post('api/knowledge', { question, sql, database: database || undefined });
      setQuestion('');
      setSql('');
      setDone(true);
      onAdded();
    } catch (e) { setError(e); }
  };
  return (
    <details class="block">
      <summary><h2>{t.knowledge.add}</h2></summary>
      <form class="stack" onSubmit={(e) => { e.preventDefault(); void add(); }}>
        <label>{t.knowledge.question}<input type="text" required maxLength={4000} value={question} onInput={(e) => setQuestion(e.currentTarget.value)} /></label>
        <label>{t.knowledge.sql}<textarea class="code" required rows={4} spellcheck={false} value={sql} onInput={(e) => setSql(e.currentTarget.value)} /></label>
        <div class="row"><Button type="submit">{t.knowledge.addButton}</Button></div>
        <ErrorNote error={error} />
        <div role="status">{done && <Note kind="good">{t.knowledge.added}</Note>}</div>
      </form>
    </details>
  );
}
export function Knowledge({ me }: { me: Me }) {
  const database = settings().database || me.databases[0]?.name || '';
  const [search, setSearch] = useState('');
  const [error, setError] = useState<unknown>(null);
  const wanted = useSlow(search.trim(), 250);
  const found = useLoad((signal) => wanted ? get<{ results: Item[] }>('api/knowledge/search', { q: wanted, n: 20, database }, signal) : Promise.resolve({ results: [] }), [wanted, database]);
  const pending = useLoad((signal) => get<{ items: Item[] }>('api/knowledge', { status: 'pending', limit: 100 }, signal), []);
  const act = (what: () => Promise<unknown>) => async () => {
    setError(null);
    try { await what(); pending.reload(); found.reload(); } catch (e) { setError(e); }
  };
  const verify = (i: Item) => act(() => post(`api/knowledge/${encodeURIComponent(i.id)}/verify`));
  const drop = (i: Item) => act(() => remove(`api/knowledge/${encodeURIComponent(i.id)}`));
  return (
    <Page title={t.knowledge.title} about={t.knowledge.about}>
      <input type="search" class="search" aria-label={t.knowledge.search} placeholder={t.knowledge.search} value={search} onInput={(e) => setSearch(e.currentTarget.value)} />
      <ErrorNote error={error} />
      {wanted && <Loading from={found}>{(f) => f.results.length ? <ul class="cards">{f.results.map((i) => <Card key={i.id} item={i} me={me} onVerify={verify(i)} onRemove={drop(i)} />)}</ul> : <p class="faint" role="status">{t.knowledge.none}</p>}</Loading>}
      <h2>{t.knowledge.pending}</h2>
      <Loading from={pending}>{(p) => p.items.length ? <ul class="cards">{p.items.map((i) => <Card key={i.id} item={i} me={me} onVerify={verify(i)} onRemove={drop(i)} />)}</ul> : <p class="faint">{t.knowledge.nothing}</p>}</Loading>
      {me.role !== 'viewer' && <Add onAdded={pending.reload} database={database} />}
    </Page>
  );
}
