// model - weights and adapters, trainings as they run, evaluations side by side.
import { useEffect, useState } from 'preact/hooks';
import { follow, get, post, put } from '../api';
import * as format from '../format';
import { say, t } from '../texts';
import type { Evaluation, Me, Models, Point, Run } from '../types';
import { Button, ErrorNote, Loading, Page, useLoad } from '../ui/parts';
import { Curve } from '../ui/curve';

function Adapters({ me }: { me: Me }) {
  const from = useLoad((signal) => get<Models>('api/models', {}, signal), []);
  const [error, setError] = useState<unknown>(null);
  const use = async (adapter: string) => {
    setError(null);
    try { from.set(await put<Models>('api/models', { adapter })); } catch (e) { setError(e); }
  };
  return <Loading from={from}>{(m) => (
    <>
      <section class="block flat">
        <h2>{t.model.current}</h2>
        <p><b>{m.model || '–'}</b>{m.adapter && <> + <b>{m.adapter}</b></>} <span class="faint">{t.model.state[m.state] ?? m.state}</span></p>
        {m.models.length > 0 && <p class="faint">{m.models.map((w) => `${w.name}, ${format.bytes(w.bytes)}`).join(' · ')}</p>}
      </section>
      <section class="block flat">
        <h2>{t.model.adapters}</h2>
        <ul class="list adapters">{[{ name: '', path: '', current: !m.adapter }, ...m.adapters].map((a) => (
          <li><span><b>{a.name || t.model.adapterNone}</b></span><span class="push" />{a.current ? <span class="tag verified">{t.model.adapterUsed}</span> : me.role === 'admin' && <Button quiet small label={`${t.model.adapterUse}: ${a.name || t.model.adapterNone}`} onClick={() => void use(a.name)}>{t.model.adapterUse}</Button>}</li>
        ))}</ul>
        <ErrorNote error={error} />
      </section>
    </>
  )}</Loading>;
}
function RunView({ run: given, me, onEnd }: { run: Run; me: Me; onEnd: () => void }) {
  const [run, setRun] = useState(given);
  const [points, setPoints] = useState<Point[]>(given.curve ?? []);
  const [error, setError] = useState<unknown>(null);
  const alive = run.state === 'running' || run.state === 'paused';
  useEffect(() => {
    const abort = new AbortController();
    const id = encodeURIComponent(given.id);
    if (given.state === 'running' || given.state === 'paused') {
      let seen: Point[] = [];
      follow(`api/training/${id}/events`, (event, data) => {
        if (event === 'run') setRun(data);
        if (event === 'point') { seen = [...seen, data]; setPoints(seen); }
        if (event === 'done') onEnd();
      }, abort.signal).catch((e) => { if (!abort.signal.aborted) setError(e); });
    } else get<Run>(`api/training/${id}`, {}, abort.signal).then((r) => { setRun(r); setPoints(r.curve ?? []); }, () => {});
    return () => abort.abort();
  }, [given.id]);
  const act = async (what: string) => {
    setError(null);
    try { setRun(await post<Run>(`api/training/${encodeURIComponent(run.id)}/${what}`)); } catch (e) { setError(e); }
  };
  return (
    <section class="block run" aria-label={run.id} data-state={run.state}>
      <header>
        <h3>{run.id}</h3><span class={`tag ${run.state}`} role="status">{t.model.states[run.state] ?? run.state}</span>
        <span class="push" />
        {me.role === 'admin' && alive && <>
          {run.state === 'running' ? <Button quiet small onClick={() => void act('pause')}>{t.model.pause}</Button> : <Button quiet small onClick={() => void act('resume')}>{t.model.resume}</Button>}
          <Button quiet small onClick={() => void act('stop')}>{t.model.stop}</Button></>}
      </header>
      <progress value={run.step} max={Math.max(1, run.steps)} aria-label={say(t.model.step, run.step, run.steps)} />
      <p class="faint small">{[say(t.model.step, format.count(run.step), format.count(run.steps)), run.loss !== null && say(t.model.loss, format.decimal(run.loss, 3)), run.validation_loss !== null && run.validation_loss !== undefined && say(t.model.val, format.decimal(run.validation_loss, 3)), run.started && format.date(run.started, true), run.message].filter(Boolean).join(' · ')}</p>
      <Curve points={points} />
      <ErrorNote error={error} />
    </section>
  );
}
function Training({ me }: { me: Me }) {
  const from = useLoad((signal) => get<{ runs: Run[] }>('api/training', {}, signal), []);
  const [steps, setSteps] = useState('500');
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>(null);
  const start = async () => {
    setError(null);
    try { await post('api/training', { steps: Number(steps), name: name || undefined }); from.reload(); } catch (e) { setError(e); }
  };
  return (
    <section class="block flat">
      <h2>{t.model.training}</h2>
      <Loading from={from}>{(r) => r.runs.length ? <>{r.runs.map((x) => <RunView key={x.id} run={x} me={me} onEnd={from.reload} />)}</> : <p class="faint">{t.model.noRuns}</p>}</Loading>
      {me.role === 'admin' && (
        <form class="row start" onSubmit={(e) => { e.preventDefault(); void start(); }} aria-label={t.model.start}>
          <label>{t.model.name}<input type="text" pattern="[A-Za-z0-9_\-]+" maxLength={60} value={name} onInput={(e) => setName(e.currentTarget.value)} /></label>
          <label>{t.model.steps}<input type="number" min={1} max={1000000} required value={steps} onInput={(e) => setSteps(e.currentTarget.value)} /></label>
          <Button type="submit">{t.model.startButton}</Button>
        </form>
      )}
      <ErrorNote error={error} />
    </section>
  );
}
function Evaluations() {
  const from = useLoad((signal) => get<{ evaluations: Evaluation[] }>('api/evaluations', {}, signal), []);
  const [picked, setPicked] = useState<string[]>([]);
  return (
    <section class="block flat">
      <h2>{t.model.evaluations}</h2>
      <Loading from={from}>{(l) => {
        if (!l.evaluations.length) return <p class="faint">{t.model.noEvaluations}</p>;
        const shown = picked.length ? l.evaluations.filter((e) => picked.includes(e.id)) : l.evaluations.slice(0, 3);
        const keys = [...new Set(shown.flatMap((e) => Object.keys(e).filter((k) => typeof e[k] === 'number')))];
        return <>
          <p class="faint small">{t.model.compare}</p>
          <ul class="checks">{l.evaluations.map((e) => <li><label><input type="checkbox" checked={shown.includes(e)} onChange={() => { const now = shown.map((x) => x.id); setPicked(now.includes(e.id) ? now.filter((x) => x !== e.id) : [...now, e.id].slice(-3)); }} /> {e.id} <span class="faint">{format.date(e.created, true)}</span></label></li>)}</ul>
          <div class="scroll" tabIndex={0} role="region" aria-label={t.model.evaluations}><table class="plain">
            <thead><tr><th scope="col">{t.model.measure}</th>{shown.map((e) => <th scope="col" class="n">{e.id}</th>)}</tr></thead>
            <tbody>{keys.map((k) => <tr><th scope="row">{k.replaceAll('_', ' ')}</th>{shown.map((e) => <td class="n">{typeof e[k] === 'number' ? format.decimal(e[k] as number, 3) : '–'}</td>)}</tr>)}</tbody>
          </table></div>
        </>;
      }}</Loading>
    </section>
  );
}
export function Model({ me }: { me: Me }) {
  return <Page title={t.model.title}><Adapters me={me} /><Training me={me} /><Evaluations /></Page>;
}
