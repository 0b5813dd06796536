// curve - a loss curve, drawn as SVG. Plotly isn't loaded for two lines.
import * as format from '../format';
import { say, t } from '../texts';
import type { Point } from '../types';

const W = 640, H = 220, LEFT = 46, BOTTOM = 26, TOP = 10, RIGHT = 10;
export function Curve({ points }: { points: Point[] }) {
  const train = points.filter((p) => typeof p.loss === 'number').map((p) => [p.step, p.loss!] as const);
  const check = points.filter((p) => typeof p.validation_loss === 'number').map((p) => [p.step, p.validation_loss!] as const);
  const all = [...train, ...check];
  if (all.length < 2) return null;
  const last = Math.max(...all.map((p) => p[0]), 1), most = Math.max(...all.map((p) => p[1]), 1e-9) * 1.05;
  const x = (v: number) => LEFT + ((W - LEFT - RIGHT) * v) / last;
  const y = (v: number) => TOP + (H - TOP - BOTTOM) * (1 - v / most);
  const line = (l: (readonly [number, number])[]) => l.map(([a, b], i) => `${i ? 'L' : 'M'}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join('');
  const marks = [0, 0.25, 0.5, 0.75, 1].map((s) => s * most);
  const ends = train.length ? train : check;
  return (
    <figure class="curve">
      <svg viewBox={`0 0 ${W} ${H}`} role="img" aria-label={say(t.model.curveAlt, format.decimal(ends[0][1], 3), format.decimal(ends[ends.length - 1][1], 3))}>
        {marks.map((m) => <g><line class="grid" x1={LEFT} x2={W - RIGHT} y1={y(m)} y2={y(m)} /><text x={LEFT - 6} y={y(m) + 4} text-anchor="end">{format.decimal(m, 1)}</text></g>)}
        {[0, 0.5, 1].map((s) => <text x={x(s * last)} y={H - 8} text-anchor={s === 0 ? 'start' : s === 1 ? 'end' : 'middle'}>{format.count(s * last)}</text>)}
        <path class="line loss" d={line(train)} />
        <path class="line check" d={line(check)} />
      </svg>
      <figcaption><span class="key loss" />{t.model.curve}{check.length > 0 && <><span class="key check" />{t.model.curveVal}</>}</figcaption>
    </figure>
  );
}
