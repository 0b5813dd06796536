// answer_view - one answer: the sentence first, then what it stands on.
import { useState } from 'preact/hooks';
import { ApiError, post } from '../api';
import * as format from '../format';
import { say, t } from '../texts';
import type { Role, State, Step } from '../types';
import { Button, CopyButton, ErrorNote, Note } from '../ui/parts';
import { ChartView } from './chart_view';
import { SqlView } from './sql_view';
import { TableView } from './table_view';

export interface Asking { steps: { step: string; done: Step | null }[]; queued: number | null; sentence: string; sql: string; since: number }

export function Working({ asking, seconds }: { asking: Asking; seconds: number }) {
  return (
    <section class="working" aria-label={t.ask.working} aria-busy="true">
      {asking.sentence && <p class="sentence">{asking.sentence}</p>}
      <ol class="steps">
        {asking.steps.map((s) => (
          <li class={s.done ? 'done' : 'now'}>
            <span>{t.ask.steps[s.step] ?? s.step}</span>
            {s.done && <span class="faint">{format.duration(s.done.ms)}</span>}
          </li>
        ))}
      </ol>
      {asking.queued !== null && <p class="faint" role="status">{say(t.ask.waitModel, asking.queued)}</p>}
      {seconds >= 4 && <p class="faint" role="status">{t.ask.modelSlow} {say(t.ask.seconds, seconds)}</p>}
      {asking.sql && <pre class="partial">{asking.sql}</pre>}
    </section>
  );
}
function Confidence({ s }: { s: State }) {
  if (!s.confidence.word) return null;
  const level = s.confidence.word === 'Sure' ? 'sure' : s.confidence.word === 'Likely' ? 'likely' : 'check';
  return <p class="confidence"><span class={`level ${level}`}>{t.confidence[s.confidence.word] ?? s.confidence.word}</span> {[s.confidence.reason, t.ask.source_[s.source]].filter(Boolean).join(' · ')}</p>;
}
function Facts({ s }: { s: State }) {
  const list = (name: string, items: string[]) => items.length > 0 && <div><dt>{name}</dt><dd>{items.join('; ')}</dd></div>;
  return (
    <dl class="facts">
      {list(t.ask.takenAs, s.assumptions)}
      {list(t.ask.leftOut, s.left_out)}
      {s.unused_words.length > 0 && <div class="warn"><dt>{t.ask.notUsed}</dt><dd>{s.unused_words.map((w) => <mark>{w}</mark>)} <span class="faint">{t.ask.notUsedWhy}</span></dd></div>}
    </dl>
  );
}
function Still({ s, onWithout }: { s: State; onWithout: (word: string) => void }) {
  if (!s.still?.length) return null;
  return (
    <p class="still"><span>{t.ask.still}:</span>
      {s.still.map((w) => <span class="chip">{w}<button type="button" aria-label={say(t.ask.stillRemove, w)} title={say(t.ask.stillRemove, w)} onClick={() => onWithout(w)}>×</button></span>)}
    </p>
  );
}
function Choices({ s, onPick, onAsk }: { s: State; onPick: (n: number) => void; onAsk: (q: string) => void }) {
  if (!s.choices.length) return null;
  const ambiguous = s.error?.code === 'ambiguous';
  return (
    <section class="choices" aria-label={ambiguous ? t.ask.choose : t.ask.nearest}>
      <h2>{ambiguous ? t.ask.choose : t.ask.nearest}</h2>
      <ul>{s.choices.map((c, i) => <li><button type="button" class="choice" onClick={() => (ambiguous ? onPick(i + 1) : onAsk(c))}>{c}</button></li>)}</ul>
    </section>
  );
}
function Ending({ s }: { s: State }) {
  const code = s.error!.code;
  const message = s.answer || s.error!.message;
  return (
    <div class={`ending ${code}`} role="status">
      <p class="kind">{t.ask.ends[code] ?? t.ask.endsElse}</p>
      <p class="sentence">{message}</p>
      {code === 'refused' && <p class="faint">{t.ask.refusedWhy}</p>}
    </div>
  );
}
function How({ steps, total }: { steps: Step[]; total: number }) {
  return (
    <details class="how">
      <summary>{t.ask.how} <span class="faint">{format.duration(total)}</span></summary>
      <div class="scroll" tabIndex={0} role="region" aria-label={t.ask.how}>
        <table class="plain">
          <thead><tr><th scope="col">{t.ask.step}</th><th scope="col">{t.ask.source}</th><th scope="col">{t.ask.why}</th><th scope="col" class="n">{t.ask.took}</th></tr></thead>
          <tbody>{steps.map((x) => <tr><td>{t.ask.steps[x.step] ?? x.step}</td><td>{x.source}</td><td>{x.why}</td><td class="n">{format.duration(x.ms)}</td></tr>)}</tbody>
        </table>
      </div>
    </details>
  );
}
export function Feedback({ s, role }: { s: State; role: Role }) {
  const [verdict, setVerdict] = useState<'up' | 'down' | null>(null);
  const [sent, setSent] = useState<'' | 'thanks' | 'pending'>('');
  const [comment, setComment] = useState('');
  const [sql, setSql] = useState(s.sql);
  const [error, setError] = useState<unknown>(null);
  if (!s.id) return null;
  const send = async (v: 'up' | 'down', more: { comment?: string; sql?: string } = {}) => {
    setError(null);
    try {
      const r = await post<{ pair: string | null }>('api/feedback', { answer: s.id, verdict: v, ...more });
      setSent(r.pair ? 'pending' : 'thanks');
    } catch (e) { setError(e as ApiError); }
  };
  const corrected = role !== 'viewer' && sql.trim() && sql.trim() !== s.sql.trim();
  return (
    <section class="feedback" aria-label={t.feedback.ask}>
      {sent ? <p role="status" class="good-text">{sent === 'pending' ? t.feedback.pending : t.feedback.thanks}</p> : <>
        <div class="row">
          <span>{t.feedback.ask}</span>
          <Button quiet small pressed={verdict === 'up'} onClick={() => { setVerdict('up'); void send('up'); }}>{t.feedback.up}</Button>
          <Button quiet small pressed={verdict === 'down'} onClick={() => setVerdict(verdict === 'down' ? null : 'down')}>{t.feedback.down}</Button>
        </div>
        {verdict === 'down' && (
          <form class="stack" onSubmit={(e) => { e.preventDefault(); void send('down', { comment: comment.trim() || undefined, sql: corrected ? sql : undefined }); }}>
            <label>{t.feedback.comment} <span class="faint">({t.feedback.optional})</span><input type="text" maxLength={2000} value={comment} onInput={(e) => setComment(e.currentTarget.value)} /></label>
            {role !== 'viewer' && <label>{t.feedback.correct} <span class="faint">({t.feedback.optional})</span><textarea class="code" rows={4} spellcheck={false} value={sql} onInput={(e) => setSql(e.currentTarget.value)} /></label>}
            <div class="row"><Button type="submit">{t.feedback.send}</Button></div>
          </form>
        )}
        <ErrorNote error={error} />
      </>}
    </section>
  );
}

interface Props {
  s: State; role: Role; busy: boolean; database: string;
  onRun: (sql: string) => void; onMore: () => void; onPick: (n: number) => void; onAsk: (q: string) => void; onWithout: (word: string) => void;
}
export function AnswerView({ s, role, busy, database, onRun, onMore, onPick, onAsk, onWithout }: Props) {
  const link = () => `${location.href.split('#')[0]}#/answer/${s.id}`;
  const rows = s.results?.columns.length > 0;
  const gone = s.results?.rows_kept === false;
  return (
    <article class="answer" aria-labelledby="asked">
      <p class="asked" id="asked">{s.question || t.sql.title}</p>
      <Still s={s} onWithout={onWithout} />
      {s.error ? <Ending s={s} /> : <div aria-live="polite"><p class="sentence">{s.answer}</p></div>}
      {!s.error && <Confidence s={s} />}
      <Facts s={s} />
      <Choices s={s} onPick={onPick} onAsk={onAsk} />
      {rows && s.chart && s.results.rows.length > 0 && <ChartView chart={s.chart} results={s.results} question={s.question} />}
      {gone && <div class="row"><Note>{t.ask.rowsGone}</Note><Button quiet onClick={() => onAsk(s.question)}>{t.ask.again}</Button></div>}
      {rows && !gone && (s.results.rows.length ? <TableView results={s.results} name={s.question} onMore={role === 'viewer' ? undefined : onMore} /> : <Note>{t.ask.noRows}</Note>)}
      {s.sql && <details class="block sql-block" open={s.source === 'none' || undefined}>
        <summary><h2>{t.sql.title}</h2></summary>
        <SqlView sql={s.sql_pretty || s.sql} explanation={s.explanation} database={database} mayRun={role !== 'viewer'} onRun={onRun} busy={busy} />
      </details>}
      <How steps={s.trace} total={s.ms} />
      <footer>
        {!s.error && <Feedback key={s.id} s={s} role={role} />}
        <span class="push" />
        {s.id && <CopyButton text={link} label={t.ask.link} done={t.ask.linkDone} />}
      </footer>
    </article>
  );
}
