// data - what can be asked about: tables, joins, words, and the file behind them.
import { useMemo, useState } from 'preact/hooks';
import { get, post, put } from '../api';
import { TableView } from '../ask/table_view';
import * as format from '../format';
import { settings } from '../store';
import { say, t } from '../texts';
import type { Catalog, CatalogTable, Me, Semantic, State, Word } from '../types';
import { Button, ErrorNote, Loading, Note, Page, TabPanel, Tabs, useLoad } from '../ui/parts';

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export interface Join { from: string; column: string; to: string }
// `references` is "table.column", "table(column)" or an object; only the table matters here.
export function target(r: unknown): string {
  if (!r) return '';
  if (typeof r === 'string') return r.split(/[.(]/)[0].trim();
  if (Array.isArray(r)) return target(r[0]);
  return String((r as Record<string, unknown>).table ?? '');
}
export const joinsOf = (c: Catalog): Join[] => c.tables.flatMap((x) => x.columns.filter((k) => target(k.references)).map((k) => ({ from: x.name, column: k.name, to: target(k.references) })));

/* ---- tables ----------------------------------------------------------------- */

function Sample({ table, database }: { table: string; database: string }) {
  const rows = useLoad((signal) => post<State>('api/sql', { sql: `SELECT * FROM ${quoted(table)} LIMIT 20`, database: database || undefined }, signal), [table, database]);
  return <Loading from={rows}>{(s) => (s.error ? <Note kind="bad">{s.error.message}</Note> : <TableView results={s.results} name={table} />)}</Loading>;
}
function TableCard({ table, database, mayRun }: { table: CatalogTable; database: string; mayRun: boolean }) {
  const [sample, setSample] = useState(false);
  return (
    <section class="table-card" aria-labelledby="shown-table">
      <h2 id="shown-table">{table.name} <span class="faint">{say(t.data.rows, format.count(table.rows))}</span></h2>
      {table.comment && <p>{table.comment}</p>}
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="shown-table">
        <table class="plain">
          <thead><tr><th scope="col">{t.data.column}</th><th scope="col">{t.data.type}</th><th scope="col">{t.data.about}</th><th scope="col">{t.data.values}</th></tr></thead>
          <tbody>{table.columns.map((c) => (
            <tr>
              <th scope="row">{c.name}{c.primary_key && <span class="tag">{t.data.key}</span>}</th>
              <td class="code">{c.type}</td>
              <td>{c.comment}{target(c.references) && !/refers to/i.test(c.comment ?? '') && <span class="faint"> {say(t.data.refers, target(c.references))}</span>}</td>
              <td class="faint">{examples(c)}</td>
            </tr>
          ))}</tbody>
        </table>
      </div>
      {mayRun && (sample ? <Sample table={table.name} database={database} /> : <Button quiet onClick={() => setSample(true)}>{t.data.showSample}</Button>)}
    </section>
  );
}
function examples(c: CatalogTable['columns'][number]): string {
  if (/char|text|enum|bool/i.test(c.type) && c.values?.length) return c.values.slice(0, 4).join(', ') + ((c.distinct ?? 0) > 4 ? ', …' : '');
  if (c.min !== undefined && c.min !== null && c.min !== '') return `${c.min} … ${c.max}`;
  return (c.values ?? []).slice(0, 4).join(', ');
}
function Tables({ catalog, database, mayRun, at, onPick }: { catalog: Catalog; database: string; mayRun: boolean; at: string; onPick: (n: string) => void }) {
  const [filter, setFilter] = useState('');
  const low = filter.toLowerCase();
  const list = catalog.tables.filter((x) => !low || x.name.toLowerCase().includes(low) || x.columns.some((c) => c.name.toLowerCase().includes(low)));
  const shown = list.find((x) => x.name === at) ?? list[0];
  return (
    <div class="two">
      <div>
        <input type="search" class="search" aria-label={t.data.filter} placeholder={t.data.filter} value={filter} onInput={(e) => setFilter(e.currentTarget.value)} />
        <ul class="picker">{list.map((x) => <li><button type="button" aria-current={x === shown ? 'true' : undefined} onClick={() => onPick(x.name)}><span>{x.name}</span><span class="faint">{format.count(x.rows)}</span></button></li>)}</ul>
        {!list.length && <p class="faint" role="status">{say(t.data.nothing, filter)}</p>}
      </div>
      {shown && <TableCard key={shown.name} table={shown} database={database} mayRun={mayRun} />}
    </div>
  );
}

/* ---- joins -------------------------------------------------------------------- */

const BOX_W = 148, BOX_H = 40, GAP_X = 90, GAP_Y = 18;
interface Box { name: string; x: number; y: number }
// Columns by depth: a table stands right of all that refer to it. Depth is bounded, so
// that a ring of references ends.
export function layout(tables: string[], joins: Join[]): { boxes: Map<string, Box>; width: number; height: number } {
  const depth = new Map(tables.map((n) => [n, 0]));
  for (let round = 0; round < tables.length; round++)
    for (const j of joins)
      if (j.from !== j.to && depth.has(j.to) && depth.get(j.to)! <= depth.get(j.from)! && depth.get(j.from)! < 6) depth.set(j.to, depth.get(j.from)! + 1);
  const columns: string[][] = [];
  for (const n of tables) (columns[depth.get(n)!] ??= []).push(n);
  const full = columns.filter(Boolean);
  const tall = Math.max(1, ...full.map((c) => c.length));
  const height = tall * (BOX_H + GAP_Y) + GAP_Y;
  const boxes = new Map<string, Box>();
  full.forEach((names, i) => {
    // Within a column, near what refers to it.
    const wish = (n: string) => { const y = joins.filter((j) => j.to === n && boxes.has(j.from)).map((j) => boxes.get(j.from)!.y); return y.length ? y.reduce((a, b) => a + b) / y.length : 0; };
    const sorted = i ? [...names].sort((a, b) => wish(a) - wish(b)) : names;
    const space = height / sorted.length;
    sorted.forEach((name, k) => boxes.set(name, { name, x: 1 + i * (BOX_W + GAP_X), y: space * (k + 0.5) - BOX_H / 2 }));
  });
  return { boxes, width: full.length * (BOX_W + GAP_X) - GAP_X + 2, height };
}
function Joins({ catalog, onPick }: { catalog: Catalog; onPick: (n: string) => void }) {
  const joins = useMemo(() => joinsOf(catalog), [catalog]);
  const joined = catalog.tables.map((x) => x.name).filter((n) => joins.some((j) => j.from === n || j.to === n));
  const { boxes, width, height } = useMemo(() => layout(joined, joins), [catalog]);
  if (!joins.length) return <p class="faint">{t.common.none}</p>;
  return (
    <>
      <div class="scroll diagram" tabIndex={0} role="region" aria-label={t.data.joins}>
        <svg role="img" aria-label={t.data.diagram} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
          {joins.map((j) => {
            const a = boxes.get(j.from)!, b = boxes.get(j.to);
            if (!b || a === b) return null;
            const x1 = a.x + BOX_W, y1 = a.y + BOX_H / 2, x2 = b.x, y2 = b.y + BOX_H / 2, bend = Math.max(30, (x2 - x1) / 2);
            return <path class="join" d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}><title>{`${j.from}.${j.column} → ${j.to}`}</title></path>;
          })}
          {[...boxes.values()].map((b) => (
            <g class="box" onClick={() => onPick(b.name)}><rect x={b.x} y={b.y} width={BOX_W} height={BOX_H} rx="6" /><text x={b.x + BOX_W / 2} y={b.y + BOX_H / 2 + 5} text-anchor="middle">{b.name.length > 18 ? `${b.name.slice(0, 17)}…` : b.name}</text></g>
          ))}
        </svg>
      </div>
      <h2>{t.data.joinsText}</h2>
      <ul class="joins">{joins.map((j) => <li><button type="button" class="text" onClick={() => onPick(j.from)}>{j.from}.{j.column}</button> → <button type="button" class="text" onClick={() => onPick(j.to)}>{j.to}</button></li>)}</ul>
    </>
  );
}

/* ---- words and their file --------------------------------------------------------- */

function Words({ database }: { database: string }) {
  const from = useLoad((signal) => get<Semantic>('api/semantic', { database }, signal), [database]);
  const part = (title: string, list: Word[] | undefined) => list && list.length > 0 && (
    <section><h2>{title}</h2><dl class="words">{list.map((w) => (
      <div><dt>{w.title}</dt><dd>{w.meaning ?? ''}{w.words && w.words.filter((x) => x !== w.title).length > 0 && <span class="faint"> {say(t.data.also, w.words.filter((x) => x !== w.title).join(', '))}</span>}</dd></div>
    ))}</dl></section>
  );
  return <Loading from={from}>{(s) => <>{part(t.data.metrics, s.metrics)}{part(t.data.dimensions, s.dimensions)}{part(t.data.entities, s.entities)}{part(t.data.conditions, s.conditions)}</>}</Loading>;
}
function Layer({ database, me }: { database: string; me: Me }) {
  const from = useLoad((signal) => get<{ yaml: string; own: boolean }>('api/semantic/source', { database }, signal), [database]);
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [good, setGood] = useState('');
  const act = async (checkOnly: boolean) => {
    setError(null);
    setGood('');
    try {
      await put('api/semantic/source', { yaml: text ?? from.value!.yaml, database: database || undefined, check_only: checkOnly });
      setGood(checkOnly ? t.data.good : t.data.saved);
    } catch (e) { setError(e); }
  };
  const admin = me.role === 'admin';
  return <Loading from={from}>{(s) => (
    <div class="stack">
      <p class="about">{t.data.layerAbout} {!s.own && (s.yaml ? t.data.layerBuiltIn : t.data.layerDerived)}</p>
      <textarea class="code tall" aria-label={t.data.layerLabel} spellcheck={false} readOnly={!admin} value={text ?? s.yaml} onInput={(e) => { setText(e.currentTarget.value); setGood(''); }} />
      {admin ? <div class="row"><Button quiet onClick={() => void act(true)}>{t.data.check}</Button><Button onClick={() => void act(false)} disabled={text === null || text === s.yaml}>{t.common.save}</Button></div> : <p class="faint">{t.common.adminOnly}</p>}
      <ErrorNote error={error} />
      <div role="status">{good && <Note kind="good">{good}</Note>}</div>
    </div>
  )}</Loading>;
}

export function Data({ me, at, table }: { me: Me; at: string; table: string }) {
  const database = settings().database || me.databases[0]?.name || '';
  const from = useLoad((signal) => get<Catalog>('api/catalog', { database }, signal), [database]);
  const tabs: [string, string][] = [['tables', t.data.tables], ['joins', t.data.joins], ['words', t.data.words]];
  if (me.role !== 'viewer') tabs.push(['source', t.data.source]);
  const show = (n: string) => { location.hash = `#/data/tables/${encodeURIComponent(n)}`; };
  return (
    <Page title={t.data.title}>
      <Tabs label={t.data.title} tabs={tabs} at={at} onPick={(id) => { location.hash = `#/data/${id}`; }} />
      <TabPanel at={at}>
        {at === 'words' ? <Words database={database} /> : at === 'source' ? <Layer database={database} me={me} />
          : <Loading from={from}>{(c) => (at === 'joins' ? <Joins catalog={c} onPick={show} /> : <Tables catalog={c} database={database} mayRun={me.role !== 'viewer'} at={table} onPick={show} />)}</Loading>}
      </TabPanel>
    </Page>
  );
}
