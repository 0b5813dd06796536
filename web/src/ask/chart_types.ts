// chart_types - which other charts the same figures can be drawn as, and how. The
// server's chart comes first; others are made from its traces, never from text.
import type { Chart, Trace_ } from '../types';

export interface Drawing { id: string; data: Trace_[]; layout: Record<string, any> }
const first: Record<string, string> = {
  time_bars: 'bars', bars: 'bars', pair: 'bars', grouped_bars: 'bars', horizontal_bars: 'hbars', stacked_bars: 'stacked', full_bar: 'full',
  line: 'lines', lines: 'lines', pie: 'pie', scatter: 'scatter', histogram: 'histogram', waterfall: 'waterfall', big_number: 'number', heat_map: 'heat',
};
interface Series { name: string; names: unknown[]; values: number[]; from: Trace_ }

function series(chart: Chart): Series[] {
  return chart.data.flatMap((d) => {
    if (d.type === 'pie') return [{ name: d.name ?? '', names: d.labels ?? [], values: (d.values ?? []).map(Number), from: d }];
    if (d.type !== 'bar' && d.type !== 'scatter') return [];
    const lying = d.orientation === 'h';
    return [{ name: d.name ?? '', names: (lying ? d.y : d.x) ?? [], values: ((lying ? d.x : d.y) ?? []).map(Number), from: d }];
  });
}
function swapped(layout: Record<string, any>, lying: boolean, wasLying: boolean): Record<string, any> {
  const l = { ...layout };
  delete l.barmode;
  if (lying !== wasLying) [l.xaxis, l.yaxis] = [layout.yaxis, layout.xaxis];
  if (lying) l.yaxis = { ...l.yaxis, autorange: 'reversed', automargin: true };
  else if (l.xaxis) { l.xaxis = { ...l.xaxis, automargin: true }; delete l.xaxis.autorange; }
  return l;
}
function hover(s: Series, lying: boolean): unknown {
  const from = s.from.hovertemplate;
  if (typeof from !== 'string') return undefined;
  const axis = lying ? 'x' : 'y';
  return from.replace(/%\{(?:x|y|value)(:[^}]*)?\}/g, (_, f = '') => `%{${axis}${f}}`);
}
function axesFor(chart: Chart): Record<string, any> {
  if (chart.layout.xaxis) return chart.layout;
  return { ...chart.layout, xaxis: { type: 'category', automargin: true }, yaxis: { rangemode: 'tozero', automargin: true } };
}
const colour = (s: Series): Record<string, unknown> => {
  const c = (s.from.marker as any)?.color ?? (s.from.line as any)?.color;
  return typeof c === 'string' ? { color: c } : {};
};

// Drawings of a chart, its own first. One entry: nothing to switch.
export function drawings(chart: Chart): Drawing[] {
  const own: Drawing = { id: first[chart.kind] ?? chart.kind, data: chart.data, layout: chart.layout };
  const list = series(chart);
  if (!list.length || ['waterfall', 'scatter', 'histogram', 'big_number', 'heat_map', 'full_bar'].includes(chart.kind)) return [own];
  const wasLying = chart.data[0].orientation === 'h';
  const base = axesFor(chart);
  const made: Drawing[] = [];
  const bars = (lying: boolean) => list.map((s): Trace_ => ({ type: 'bar', name: s.name, orientation: lying ? 'h' : 'v', x: (lying ? s.values : s.names) as any, y: (lying ? s.names : s.values) as any, marker: colour(s), hovertemplate: hover(s, lying) }));
  made.push({ id: 'bars', data: bars(false), layout: { ...swapped(base, false, wasLying), barmode: 'group' } });
  made.push({ id: 'hbars', data: bars(true), layout: { ...swapped(base, true, wasLying), barmode: 'group' } });
  if (list.length > 1 && list.every((s) => s.values.every((v) => !(v < 0)))) made.push({ id: 'stacked', data: bars(false), layout: { ...swapped(base, false, wasLying), barmode: 'stack' } });
  made.push({ id: 'lines', layout: swapped(base, false, wasLying), data: list.map((s): Trace_ => ({ type: 'scatter', mode: 'lines+markers', name: s.name, x: s.names as any, y: s.values as any, line: colour(s), hovertemplate: hover(s, false) })) });
  if (list.length === 1 && list[0].values.length <= 7 && list[0].values.every((v) => v >= 0))
    made.push({ id: 'pie', layout: { ...chart.layout, showlegend: true }, data: [{ type: 'pie', labels: list[0].names as any, values: list[0].values as any, sort: false, textinfo: 'percent', marker: { colors: chart.layout.colorway } }] });
  return [own, ...made.filter((d) => d.id !== own.id)];
}
