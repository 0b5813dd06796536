// chart_view - the chart of an answer: drawn by Plotly, the two kinds that its
// basic bundle lacks (one number, heat map) by ourselves.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import * as format from '../format';
import { isDark, settings } from '../store';
import { say, t } from '../texts';
import type { Chart, Results } from '../types';
import { Button, Note } from '../ui/parts';
import { drawings } from './chart_types';
import { plotly } from './plotly';

const HEIGHT = 380;
// Okabe and Ito's palette as the server sends it has a black, which a dark page swallows.
const onDark: Record<string, string> = { '#0072B2': '#4aa3df', '#000000': '#c9ccd1', '#009E73': '#2fbf93' };
const light = (c: unknown): unknown => Array.isArray(c) ? c.map(light) : (typeof c === 'string' && onDark[c.toUpperCase()]) || c;

const lit = (m: any) => ({ ...m, ...(m.color ? { color: light(m.color) } : {}), ...(m.colors ? { colors: light(m.colors) } : {}) });

function themed(data: any[], layout: any, dark: boolean): { data: any[]; layout: any } {
  const ink = dark ? '#d7dade' : '#1d2127', line = dark ? '#3a4048' : '#e3e5e8';
  const axis = (a: any) => ({ ...a, showgrid: a.type !== 'category', gridcolor: line, zerolinecolor: dark ? '#59616b' : '#b9bec5', linecolor: line, tickfont: { size: 12 }, ...(a.title ? { title: { ...a.title, font: { size: 12 } } } : {}) });
  const recolour = (d: any) => dark ? { ...d, ...(d.marker ? { marker: lit(d.marker) } : {}), ...(d.line ? { line: lit(d.line) } : {}) } : d;
  const { title: _, xaxis, yaxis, ...rest } = layout;
  return {
    data: data.map(recolour),
    layout: {
      ...rest, autosize: true, height: HEIGHT, ...(xaxis ? { xaxis: axis(xaxis) } : {}), ...(yaxis ? { yaxis: axis(yaxis) } : {}), paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: { ...layout.font, color: ink, size: 13 },
      colorway: dark ? light(layout.colorway) : layout.colorway, separators: format.separators(),
      margin: { l: 48, r: 16, t: 12, b: 44, ...(layout.margin ?? {}) }, legend: { orientation: 'h', y: -0.18, ...(layout.legend ?? {}) }, hoverlabel: { font: { size: 13 } }, bargap: 0.3,
    },
  };
}
function BigNumber({ results }: { results: Results }) {
  const c = results.columns.length - 1;
  return <p class="big-number">{format.cell(results.rows[0]?.[c], results.columns[c])}<span>{results.columns[c]?.title}</span></p>;
}
function HeatMap({ chart, results }: { chart: Chart; results: Results }) {
  const { x = [], y = [], z = [] } = chart.data[0];
  const column = results.columns[results.columns.length - 1];
  const most = Math.max(1e-12, ...z.flat().map((v) => Math.abs(Number(v ?? 0))));
  return (
    <div class="heat" tabIndex={0} role="region" aria-label={t.chart.types.heat}>
      <table>
        <thead><tr><td />{x.map((v) => <th scope="col">{String(v)}</th>)}</tr></thead>
        <tbody>{y.map((v, i) => (
          <tr><th scope="row">{String(v)}</th>{x.map((_, j) => {
            const share = Math.abs(Number(z[i]?.[j] ?? 0)) / most;
            return <td class={share > 0.62 ? 'full' : ''} style={{ '--share': `${Math.round(share * 100)}%` }}>{format.cell(z[i]?.[j] ?? null, column)}</td>;
          })}</tr>
        ))}</tbody>
      </table>
    </div>
  );
}

export function ChartView({ chart, results, question }: { chart: Chart; results: Results; question: string }) {
  const choices = useMemo(() => drawings(chart), [chart]);
  const [id, setId] = useState(choices[0].id);
  const [state, setState] = useState<'drawing' | 'drawn' | 'missing'>('drawing');
  const [why, setWhy] = useState(false);
  const el = useRef<HTMLDivElement>(null);
  const [themeTurn, setThemeTurn] = useState(0);
  const chosen = choices.find((d) => d.id === id) ?? choices[0];
  const own = chart.kind === 'big_number' || chart.kind === 'heat_map';
  useEffect(() => setId(choices[0].id), [choices]);
  useEffect(() => {
    const media = matchMedia('(prefers-color-scheme: dark)');
    const turn = () => setThemeTurn((n) => n + 1);
    media.addEventListener('change', turn);
    return () => media.removeEventListener('change', turn);
  }, []);
  useEffect(() => {
    if (own) return;
    let gone = false;
    const node = el.current!;
    plotly().then(async (p) => {
      if (gone) return;
      const { data, layout } = themed(structuredClone(chosen.data), structuredClone(chosen.layout), isDark());
      await p.react(node, data, layout, { responsive: true, displayModeBar: false, displaylogo: false, doubleClick: 'reset' });
      setState('drawn');
      performance.mark('salesbot.chart');
    }).catch((e) => { console.warn(e); if (!gone) setState('missing'); });
    return () => { gone = true; };
  }, [chosen, own, themeTurn, settings().theme, settings().locale]);
  useEffect(() => () => { const node = el.current; if (node && (window as any).Plotly) (window as any).Plotly.purge(node); }, []);
  const save = async (kind: 'png' | 'svg') => {
    const p = await plotly();
    const { data, layout } = themed(structuredClone(chosen.data), structuredClone(chosen.layout), false);
    const paper = document.createElement('div');
    paper.className = 'off-screen';
    document.body.append(paper);
    try {
      await p.react(paper, data, { ...layout, title: chart.layout.title, margin: { ...layout.margin, t: 56 }, paper_bgcolor: '#ffffff', width: 960, height: 540 }, { staticPlot: true });
      const url = await p.toImage(paper, { format: kind, width: 960, height: 540, scale: kind === 'png' ? 2 : 1 });
      const comma = url.indexOf(',');
      const content = url.slice(0, comma).includes('base64') ? Uint8Array.from(atob(url.slice(comma + 1)), (c) => c.charCodeAt(0)) : decodeURIComponent(url.slice(comma + 1));
      format.download(`${format.fileName(question)}.${kind}`, kind === 'png' ? 'image/png' : 'image/svg+xml', content);
    } finally {
      p.purge(paper);
      paper.remove();
    }
  };
  const title = chart.layout.title?.text ?? question;
  return (
    <section class="block" aria-labelledby="chart-title">
      <header>
        <h2 id="chart-title">{title}</h2>
        <span class="push" />
        {choices.length > 1 && (
          <select class="small" aria-label={t.chart.type} value={chosen.id} onChange={(e) => setId(e.currentTarget.value)}>
            {choices.map((d) => <option value={d.id}>{t.chart.types[d.id] ?? d.id}</option>)}
          </select>
        )}
        {!own && <><Button quiet small label={say(t.chart.download, t.chart.png)} disabled={state !== 'drawn'} onClick={() => void save('png')}>{t.chart.png}</Button>
          <Button quiet small label={say(t.chart.download, t.chart.svg)} disabled={state !== 'drawn'} onClick={() => void save('svg')}>{t.chart.svg}</Button></>}
        <Button quiet small pressed={why} onClick={() => setWhy(!why)}>{t.chart.why}</Button>
      </header>
      {why && <Note>{chosen === choices[0] ? chart.why : t.chart.yours}</Note>}
      {chart.kind === 'big_number' ? <BigNumber results={results} /> : chart.kind === 'heat_map' ? <HeatMap chart={chart} results={results} />
        : state === 'missing' ? <Note>{t.chart.missing}</Note>
        : <div class="plot" role="img" aria-label={say(t.chart.alt, title)} data-kind={chosen.id} data-state={state}><div ref={el} />{state === 'drawing' && <p class="faint drawing">{t.chart.drawing}</p>}</div>}
    </section>
  );
}
