// monitor - how well it goes: a few numbers, and which questions were slow.
import { useEffect } from 'preact/hooks';
import { get } from '../api';
import * as format from '../format';
import { say, t } from '../texts';
import type { Monitor as Numbers } from '../types';
import { Loading, Page, useLoad } from '../ui/parts';

const AGAIN_MS = 15000;
const Figure = ({ name, value, sub }: { name: string; value: string; sub?: string }) => <div><dt>{name}</dt><dd>{value}{sub && <span class="faint small">{sub}</span>}</dd></div>;
function Shares({ title, parts, names }: { title: string; parts: Record<string, number>; names: Record<string, string> }) {
  const whole = Object.values(parts).reduce((a, b) => a + b, 0);
  const list = Object.entries(parts).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  if (!whole) return null;
  return (
    <section class="block flat"><h2>{title}</h2>
      <ul class="shares">{list.map(([k, n]) => <li><span>{names[k] ?? k}</span><span class="bar" aria-hidden="true"><span style={{ width: `${(100 * n) / whole}%` }} /></span><span class="n">{format.percent(n, whole)} <span class="faint">({format.count(n)})</span></span></li>)}</ul>
    </section>
  );
}
export function Monitor() {
  const from = useLoad((signal) => get<Numbers>('api/monitor', {}, signal), []);
  useEffect(() => { const timer = setInterval(() => { if (!document.hidden) from.reload(); }, AGAIN_MS); return () => clearInterval(timer); }, []);
  return (
    <Page title={t.monitor.title}>
      <Loading from={from}>{(m) => {
        const thumbs = m.feedback.up + m.feedback.down;
        return <>
          <p class="about">{say(t.monitor.since, format.date(m.since, true))}</p>
          <dl class="figures">
            <Figure name={t.monitor.asked} value={format.count(m.asked)} />
            <Figure name={t.monitor.answered} value={format.percent(m.answered, m.asked)} />
            <Figure name={t.monitor.median} value={format.duration(m.latency_ms.p50)} />
            <Figure name={t.monitor.p95} value={format.duration(m.latency_ms.p95)} />
            <Figure name={t.monitor.right} value={thumbs ? format.percent(m.feedback.up, thumbs) : '–'} sub={thumbs ? `${format.count(thumbs)}` : t.monitor.noThumbs} />
            <Figure name={t.monitor.reasked} value={format.count(m.reasked)} />
            <Figure name={t.monitor.edited} value={format.count(m.sql_edited)} />
            <Figure name={t.monitor.queue} value={format.count(m.queue.ask + m.queue.model)} />
            <Figure name={t.monitor.memory} value={format.bytes(m.memory_bytes)} />
          </dl>
          <Shares title={t.monitor.sources} parts={m.by_source} names={t.monitor.sourceNames} />
          <Shares title={t.monitor.codes} parts={m.by_code} names={t.monitor.codeNames} />
          <section class="block flat"><h2>{t.monitor.steps}</h2><div class="scroll" tabIndex={0} role="region" aria-label={t.monitor.steps}><table class="plain">
            <thead><tr><th scope="col">{t.monitor.step}</th><th scope="col" class="n">{t.monitor.median}</th><th scope="col" class="n">{t.monitor.p95}</th></tr></thead>
            <tbody>{m.steps.map((s) => <tr><td>{t.ask.steps[s.step] ?? s.step}</td><td class="n">{format.duration(s.p50)}</td><td class="n">{format.duration(s.p95)}</td></tr>)}</tbody>
          </table></div></section>
          <section class="block flat"><h2>{t.monitor.slow}</h2>
            {m.slow.length ? <ul class="list">{m.slow.map((s) => <li><a href={`#/answer/${s.id}`}><b>{s.question}</b></a><span class="faint small">{format.duration(s.ms)} · {format.date(s.created, true)}</span></li>)}</ul> : <p class="faint">{t.monitor.noSlow}</p>}
          </section>
        </>;
      }}</Loading>
    </Page>
  );
}
