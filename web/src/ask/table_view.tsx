// table_view - rows of an answer. A real table whose body holds only the rows in
// sight, with one spacer above and one below: 100,000 rows scroll and sort at ease.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import * as format from '../format';
import { say, t } from '../texts';
import type { Cell, Column, Results } from '../types';
import { Button } from '../ui/parts';

const ROW = 34, MARGIN = 12, TALL = 480;

function order(rows: Cell[][], column: number, numeric: boolean, down: boolean): Uint32Array {
  const index = Uint32Array.from(rows.keys());
  const sign = down ? -1 : 1;
  const missing = (v: Cell) => v === null || v === undefined;
  const collator = new Intl.Collator(format.locale(), { numeric: true });
  const keys: (string | number)[] = numeric ? rows.map((r) => Number(r[column])) : rows.map((r) => String(r[column] ?? ''));
  const compare = numeric
    ? (a: number, b: number) => (keys[a] as number) - (keys[b] as number)
    : (a: number, b: number) => collator.compare(keys[a] as string, keys[b] as string);
  // Missing values stay last in both directions; equal rows keep their order.
  return index.sort((a, b) => {
    const ma = missing(rows[a][column]), mb = missing(rows[b][column]);
    if (ma || mb) return Number(ma) - Number(mb) || a - b;
    return sign * compare(a, b) || a - b;
  });
}
function widths(columns: Column[], rows: Cell[][]): number[] {
  return columns.map((c, j) => {
    let most = c.title.length + 3;
    for (let i = 0; i < rows.length; i += Math.max(1, Math.floor(rows.length / 200)))
      most = Math.max(most, format.cell(rows[i][j], c).length);
    return Math.min(44, Math.max(7, most));
  });
}
function Head({ c, width, numeric, sorted, onSort }: { c: Column; width: number; numeric: boolean; sorted: 'ascending' | 'descending' | 'none'; onSort: () => void }) {
  return (
    <th scope="col" class={numeric ? 'n' : ''} aria-sort={sorted} style={{ width: `${width}ch` }}>
      <button type="button" onClick={onSort} title={say(t.table.sort, c.title)}>
        {c.title}<span aria-hidden="true" class="arrow">{sorted === 'ascending' ? '↑' : sorted === 'descending' ? '↓' : ''}</span>
      </button>
    </th>
  );
}

export const MOST_ROWS = 100000;

export function TableView({ results, name, onMore }: { results: Results; name: string; onMore?: () => void }) {
  const { columns, rows } = results;
  const [sort, setSort] = useState<{ column: number; down: boolean } | null>(null);
  const [top, setTop] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => { setSort(null); setTop(0); if (box.current) box.current.scrollTop = 0; }, [results]);
  const numeric = useMemo(() => columns.map(format.isNumber), [columns]);
  const wide = useMemo(() => widths(columns, rows), [results]);
  const index = useMemo(() => (sort ? order(rows, sort.column, numeric[sort.column], sort.down) : null), [results, sort]);
  const height = Math.min(TALL, (rows.length + 1) * ROW + 2);
  const from = Math.max(0, Math.floor(top / ROW) - MARGIN);
  const to = Math.min(rows.length, from + Math.ceil(height / ROW) + 2 * MARGIN);
  const shown = [];
  for (let i = from; i < to; i++) {
    const row = rows[index ? index[i] : i];
    shown.push(
      <tr key={i} aria-rowindex={i + 2}>
        {columns.map((c, j) => <td class={numeric[j] ? 'n' : ''} title={typeof row[j] === 'string' && (row[j] as string).length > 40 ? (row[j] as string) : undefined}>{format.cell(row[j], c)}</td>)}
      </tr>,
    );
  }
  const ordered = () => (index ? Array.from(index, (i) => rows[i]) : rows);
  return (
    <section class="block" aria-labelledby="table-title">
      <header>
        <h2 id="table-title">{t.table.title}</h2>
        <span class="faint">{rows.length === 1 ? t.table.row : say(t.table.rows, format.count(rows.length))}</span>
        <span class="push" />
        <Button quiet small label={say(t.table.csvAll, format.count(rows.length))} onClick={() => format.download(`${format.fileName(name)}.csv`, 'text/csv;charset=utf-8', '\ufeff' + format.csv(columns, ordered()))}>{t.table.csv}</Button>
      </header>
      <div class="table-box" ref={box} tabIndex={0} role="region" aria-labelledby="table-title" style={{ height: `${height}px` }} onScroll={(e) => setTop(e.currentTarget.scrollTop)}>
        <table aria-rowcount={rows.length + 1} style={{ minWidth: `${wide.reduce((a, b) => a + b + 3, 0)}ch` }}>
          <caption class="hidden">{t.table.caption}</caption>
          <thead>
            <tr aria-rowindex={1}>
              {columns.map((c, j) => (
                <Head c={c} width={wide[j]} numeric={numeric[j]} sorted={sort?.column === j ? (sort.down ? 'descending' : 'ascending') : 'none'}
                  onSort={() => setSort((s) => (s?.column !== j ? { column: j, down: numeric[j] } : s.down === numeric[j] ? { column: j, down: !s.down } : null))} />
              ))}
            </tr>
          </thead>
          <tbody>
            {from > 0 && <tr aria-hidden="true" class="spacer" style={{ height: `${from * ROW}px` }}><td colSpan={columns.length} /></tr>}
            {shown}
            {to < rows.length && <tr aria-hidden="true" class="spacer" style={{ height: `${(rows.length - to) * ROW}px` }}><td colSpan={columns.length} /></tr>}
          </tbody>
        </table>
      </div>
      {results.truncated && <div class="note plain row"><span>{say(t.table.truncated, format.count(rows.length))}</span>{onMore && rows.length < MOST_ROWS && <Button quiet small onClick={onMore}>{say(t.table.readMore, format.count(MOST_ROWS))}</Button>}</div>}
    </section>
  );
}
