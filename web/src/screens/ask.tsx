// ask - the first screen: a question, its way, its answer; then the next.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get, post, stream } from '../api';
import { AnswerView, Working, type Asking } from '../ask/answer_view';
import { QuestionBox } from '../ask/question_box';
import { MOST_ROWS } from '../ask/table_view';
import * as format from '../format';
import { conversation, recent, settings } from '../store';
import { say, t } from '../texts';
import type { Me, State } from '../types';
import { Button, ErrorNote, Note, useLoad } from '../ui/parts';

interface Info { data_to?: string; currency?: string; database?: string }
const MODEL_PATIENCE_MS = 1000;

function Suggestions({ database, onAsk }: { database: string; onAsk: (q: string) => void }) {
  const from = useLoad((signal) => get<{ suggestions: string[] }>('api/suggestions', { database, n: 6 }, signal), [database]);
  if (!from.value?.suggestions.length) return null;
  return (
    <section class="suggestions" aria-label={t.ask.try}>
      <h2>{t.ask.try}</h2>
      <ul>{from.value.suggestions.map((q) => <li><button type="button" class="choice" onClick={() => onAsk(q)}>{q}</button></li>)}</ul>
    </section>
  );
}

export function Ask({ me, at, answerId }: { me: Me; at: boolean; answerId: string | null }) {
  const database = settings().database || me.databases[0]?.name || '';
  const [question, setQuestion] = useState('');
  const [state, setState] = useState<State | null>(null);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [seconds, setSeconds] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const [stopped, setStopped] = useState(false);
  const [focusTurn, setFocusTurn] = useState(0);
  const abort = useRef<AbortController | null>(null);
  const info = useLoad((signal) => get<Info>('api/info', { database }, signal).then((i) => { format.setCurrency(i.currency ?? ''); return i; }), [database]);

  useEffect(() => { if (at) document.title = state?.question ? `${state.question} – ${t.app}` : t.app; }, [state, at]);
  useEffect(() => {
    if (!at) return;
    if (!answerId) { if (!asking) { setState(null); setError(null); setQuestion(''); setFocusTurn((n) => n + 1); } return; }
    if (state?.id === answerId) return;
    const now = new AbortController();
    setError(null);
    get<State>(`api/answers/${encodeURIComponent(answerId)}`, {}, now.signal).then((s) => { setState(s); setQuestion(''); }, (e) => {
      if (now.signal.aborted) return;
      setState(null);
      setError(e.status === 404 ? new ApiError(404, 'not_found', t.ask.linkGone) : e);
    });
    return () => now.abort();
  }, [answerId, at]);
  useEffect(() => {
    if (!asking) { setSeconds(0); return; }
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - asking.since) / 1000)), 500);
    return () => clearInterval(timer);
  }, [asking?.since]);
  useEffect(() => () => abort.current?.abort(), []);

  const follow = async (path: string, body: unknown) => {
    abort.current?.abort();
    const now = (abort.current = new AbortController());
    const since = performance.now();
    const update = (f: (a: Asking) => Asking) => setAsking((a) => (a && a.since === since ? f(a) : a));
    setError(null);
    setStopped(false);
    setAsking({ steps: [], queued: null, sentence: '', sql: '', since });
    try {
      const s = await stream(path, body, {
        begin: (step) => update((a) => ({ ...a, queued: null, steps: [...a.steps.filter((x) => x.step !== step), { step, done: null }] })),
        end: (done) => update((a) => ({ ...a, steps: a.steps.map((x) => (x.step === done.step ? { ...x, done } : x)) })),
        queued: (before) => update((a) => ({ ...a, queued: before, steps: [] })),
        sql: (sql) => update((a) => ({ ...a, sql: performance.now() - a.since > MODEL_PATIENCE_MS ? sql : '' })),
        answer: (sentence) => update((a) => ({ ...a, sentence })),
      }, now.signal);
      performance.mark('salesbot.answer');
      performance.measure('salesbot.question', { start: since, end: performance.now() });
      setState(s);
      setQuestion('');
      if (s.id) location.hash = `#/answer/${s.id}`;
      setFocusTurn((n) => n + 1);
    } catch (e) {
      if ((e as Error).name === 'AbortError') setStopped(now === abort.current);
      else { setError(e); return e as ApiError; }
    } finally {
      if (now === abort.current) setAsking(null);
    }
  };
  const conversationId = async (): Promise<string | undefined> => {
    if (conversation.get()) return conversation.get();
    try {
      const { id } = await post<{ id: string }>('api/conversations', { database: database || undefined });
      conversation.set(id);
      return id;
    } catch (e) {
      if ((e as ApiError).status === 0 || (e as ApiError).status === 401) throw e;
      return undefined; // answers don't depend on it
    }
  };
  const ask = async (q: string, options: Record<string, unknown> = {}) => {
    performance.mark('salesbot.enter');
    setQuestion(q);
    recent.add(q);
    const all = settings().model ? options : { ...options, no_model: true };
    const body = { question: q, database: database || undefined, conversation: undefined as string | undefined, options: Object.keys(all).length ? all : undefined };
    try { body.conversation = await conversationId(); } catch (e) { setError(e); return; }
    const failed = await follow('api/ask', body);
    if (failed?.status !== 404 || !body.conversation) return;
    // The server has forgotten the conversation: begun anew, once.
    conversation.set('');
    try { body.conversation = await conversationId(); } catch (e) { setError(e); return; }
    await follow('api/ask', body);
  };
  const fresh = () => { abort.current?.abort(); conversation.set(''); setState(null); setError(null); setStopped(false); setQuestion(''); location.hash = '#/'; setFocusTurn((n) => n + 1); };
  const without = (word: string) => void ask(state!.question, { forget: [...(state!.options?.forget ?? []), word] });
  const busy = asking !== null;
  const first = !state && !busy && !error;
  return (
    <div class={`ask${first ? ' first' : ''}`}>
      <h1 class={first ? '' : 'hidden'}>{t.ask.title}</h1>
      <QuestionBox value={question} onValue={setQuestion} onAsk={(q) => void ask(q)} onStop={() => abort.current?.abort()} busy={busy} database={database} follow={state !== null} focusTurn={focusTurn} />
      <div class="under">
        <span class="faint">{info.value?.data_to ? say(t.ask.of, info.value.database ?? database, format.date(info.value.data_to)) : database}</span>
        <span class="push" />
        {(state || error !== null) && <Button quiet small onClick={fresh}>{t.ask.fresh}</Button>}
      </div>
      {first && <Suggestions database={database} onAsk={(q) => void ask(q)} />}
      {stopped && <div role="status"><Note>{t.ask.stopped}</Note></div>}
      <ErrorNote error={error} />
      {asking && <Working asking={asking} seconds={seconds} />}
      {state && !busy && (
        <AnswerView key={state.id} s={state} role={me.role} busy={busy} database={database} onAsk={(q) => void ask(q)} onPick={(pick) => void ask(state.question, { pick })} onWithout={without}
          onMore={() => void follow('api/sql', { sql: state.sql, database: database || undefined, options: { max_rows: MOST_ROWS } })}
          onRun={(sql) => void follow('api/sql', { sql, database: database || undefined, answer: state.id })} />
      )}
    </div>
  );
}
