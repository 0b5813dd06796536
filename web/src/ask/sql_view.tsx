// sql_view - SQL that can be read, edited, checked and run. A text area lies over
// its own highlighted copy: the browser's editing, undo and screen reader support.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, post } from '../api';
import { say, t } from '../texts';
import { Button, CopyButton, Note } from '../ui/parts';

const words = new Set(('select from where group by having order limit offset join left right full outer inner cross on using as and or not in is null like ilike between exists ' +
  'case when then else end with union all except intersect distinct over partition rows range preceding following current row unbounded filter qualify window asc desc nulls first last ' +
  'cast try_cast interval date timestamp true false values recursive lateral within grouping sets cube rollup semi anti asof').split(' '));
const token = /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*'?)|("(?:[^"]|"")*"?)|(\b\d+(?:\.\d+)?\b)|([A-Za-z_]\w*)(\s*\()?|[\s\S]/g;

export function Highlight({ sql }: { sql: string }) {
  const parts: preact.ComponentChild[] = [];
  let plain = '';
  const flush = () => { if (plain) { parts.push(plain); plain = ''; } };
  const add = (kind: string, text: string) => { flush(); parts.push(<span class={`sql-${kind}`}>{text}</span>); };
  for (const m of sql.matchAll(token)) {
    if (m[1]) add('note', m[1]);
    else if (m[2]) add('text', m[2]);
    else if (m[4]) add('number', m[4]);
    else if (m[5] && words.has(m[5].toLowerCase())) { add('word', m[5]); plain += m[6] ?? ''; }
    else if (m[5] && m[6]) { add('call', m[5]); plain += m[6]; }
    else plain += m[0];
  }
  flush();
  return <>{parts}</>;
}

// A long statement on one line gets a line for each clause; the text between is untouched.
export function broken(sql: string): string {
  if (sql.includes('\n')) return sql;
  let depth = 0, out = '';
  for (const m of sql.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\(|\)|\s+(?=(?:FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT|QUALIFY|UNION|EXCEPT|INTERSECT|WINDOW)\b)|\s+(?=(?:(?:LEFT|RIGHT|FULL|INNER|CROSS)\s+)?JOIN\b)|[\s\S]/g)) {
    const s = m[0];
    if (s === '(') depth++;
    if (s === ')') depth--;
    const clause = /^\s+$/.test(s) && s.length && /^(FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT|QUALIFY|UNION|EXCEPT|INTERSECT|WINDOW|((LEFT|RIGHT|FULL|INNER|CROSS)\s+)?JOIN)\b/.test(sql.slice(m.index! + s.length, m.index! + s.length + 32));
    out += clause && depth === 0 ? '\n' : s;
  }
  return out;
}

interface Props { sql: string; explanation: string; database: string; mayRun: boolean; onRun: (sql: string) => void; busy: boolean }
export function SqlView({ sql, explanation, database, mayRun, onRun, busy }: Props) {
  const original = broken(sql);
  const [text, setText] = useState(original);
  const [words_, setWords] = useState<{ good: boolean; text: string } | null>(null);
  const under = useRef<HTMLPreElement>(null);
  useEffect(() => { setText(original); setWords(null); }, [sql]);
  const edited = text.trim() !== original.trim();
  const check = async () => {
    try {
      const c = await post<{ explanation: string; columns: unknown[] }>('api/check', { sql: text, database: database || undefined });
      setWords({ good: true, text: c.explanation || say(t.sql.ok, c.columns.length) });
    } catch (e) {
      setWords({ good: false, text: (e as ApiError).message });
    }
  };
  const run = () => { if (mayRun && !busy && text.trim()) onRun(text); };
  return (
    <div class="sql">
      <div class="editor">
        <pre ref={under} aria-hidden="true"><Highlight sql={text} />{'\n'}</pre>
        <textarea
          aria-label={t.sql.edit} spellcheck={false} autocomplete="off" autocapitalize="off" readOnly={!mayRun} value={text} rows={Math.min(18, Math.max(3, text.split('\n').reduce((n, l) => n + Math.max(1, Math.ceil(l.length / 90)), 0)))}
          onInput={(e) => setText(e.currentTarget.value)}
          onScroll={(e) => { if (under.current) { under.current.scrollTop = e.currentTarget.scrollTop; under.current.scrollLeft = e.currentTarget.scrollLeft; } }}
          onKeyDown={(e) => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); run(); } }}
        />
      </div>
      <div class="row">
        {mayRun && <Button small onClick={run} disabled={busy}>{t.sql.run}</Button>}
        {mayRun && <Button quiet small onClick={check}>{t.sql.explain}</Button>}
        {edited && <Button quiet small onClick={() => { setText(original); setWords(null); }}>{t.sql.reset}</Button>}
        <CopyButton text={text} />
        {edited && <span class="faint">{t.sql.edited}</span>}
      </div>
      <div role="status">
        {words_ ? <Note kind={words_.good ? 'plain' : 'bad'}>{words_.text}</Note> : explanation && !edited && <p class="meaning"><b>{t.sql.meaning}: </b>{explanation}</p>}
      </div>
      {mayRun && <p class="faint small wide-only">{t.sql.hint}</p>}
    </div>
  );
}
