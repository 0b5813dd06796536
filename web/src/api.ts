// api - requests to the server that served this page, and nothing else.
import { key } from './store';
import type { State, Step } from './types';

export class ApiError extends Error {
  constructor(public status: number, public code: string, message: string, public retryAfter = 0) { super(message); }
}
export interface Connection { gone: boolean; needsKey: boolean; wrongKey: boolean }
let connection: Connection = { gone: false, needsKey: false, wrongKey: false };
const listeners = new Set<(c: Connection) => void>();
export function onConnection(f: (c: Connection) => void): () => void {
  listeners.add(f);
  f(connection);
  return () => listeners.delete(f);
}
function connectionIs(c: Partial<Connection>): void {
  connection = { ...connection, ...c };
  listeners.forEach((f) => f(connection));
}
let watching = false;
async function watchForReturn(): Promise<void> {
  if (watching) return;
  watching = true;
  connectionIs({ gone: true });
  for (;;) {
    await new Promise((r) => setTimeout(r, 2000));
    try {
      if ((await fetch('healthz', { cache: 'no-store' })).ok) break;
    } catch { /* still away */ }
  }
  watching = false;
  connectionIs({ gone: false });
}

function headers(more: Record<string, string> = {}): Record<string, string> {
  const k = key.get();
  return k ? { ...more, Authorization: `Bearer ${k}` } : more;
}
async function send(method: string, path: string, body?: unknown, accept = 'application/json', signal?: AbortSignal): Promise<Response> {
  let reply: Response;
  try {
    reply = await fetch(path, {
      method, signal, cache: 'no-store',
      headers: headers(body === undefined ? { Accept: accept } : { Accept: accept, 'Content-Type': 'application/json' }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (e) {
    if ((e as Error).name === 'AbortError') throw e;
    void watchForReturn();
    throw new ApiError(0, 'gone', 'The server doesn’t answer.');
  }
  if (reply.status === 401) connectionIs({ needsKey: true, wrongKey: key.get() !== '' });
  return reply;
}
async function failure(reply: Response): Promise<ApiError> {
  let code = String(reply.status), message = reply.statusText || `HTTP ${reply.status}`;
  try {
    const body = await reply.json();
    if (body.error) ({ code, message } = body.error);
  } catch { /* no JSON: the status says it */ }
  return new ApiError(reply.status, code, message, Number(reply.headers.get('Retry-After') ?? 0));
}
async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const reply = await send(method, path, body, 'application/json', signal);
  if (!reply.ok) {
    const isState = reply.headers.get('Content-Type')?.includes('json') ? await reply.clone().json().catch(() => null) : null;
    if (isState && isState.question !== undefined) return isState as T;
    throw await failure(reply);
  }
  return (await reply.json()) as T;
}
function query(path: string, values: Record<string, unknown>): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(values)) if (v !== undefined && v !== '' && v !== null) q.set(k, String(v));
  const text = q.toString();
  return text ? `${path}?${text}` : path;
}

export const get = <T>(path: string, values: Record<string, unknown> = {}, signal?: AbortSignal) => json<T>('GET', query(path, values), undefined, signal);
export const post = <T>(path: string, body: unknown = {}, signal?: AbortSignal) => json<T>('POST', path, body, signal);
export const put = <T>(path: string, body: unknown) => json<T>('PUT', path, body);
export const patch = <T>(path: string, body: unknown) => json<T>('PATCH', path, body);
export const remove = <T>(path: string) => json<T>('DELETE', path);
export const keyAccepted = () => connectionIs({ needsKey: false, wrongKey: false });

/* ---- server-sent events ------------------------------------------------------ */

async function* events(reply: Response): AsyncGenerator<{ event: string; data: any }> {
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop()!;
    for (const block of blocks) {
      let event = 'message', data = '';
      for (const line of block.split(/\r?\n/))
        if (line.startsWith('event:')) event = line.slice(6).trim();
        else if (line.startsWith('data:')) data += line.slice(5).trim();
      if (data) yield { event, data: JSON.parse(data) };
    }
  }
}
export interface Progress {
  accepted?: (id: string) => void;
  begin?: (step: string) => void;
  end?: (step: Step) => void;
  queued?: (before: number) => void;
  sql?: (sql: string) => void;
  answer?: (text: string) => void;
}
// What comes is a state: also when the question can't be answered. ApiError otherwise.
export async function stream(path: string, body: unknown, on: Progress, signal: AbortSignal): Promise<State> {
  const reply = await send('POST', path, body, 'text/event-stream', signal);
  if (!reply.headers.get('Content-Type')?.includes('event-stream')) {
    const state = await reply.clone().json().catch(() => null);
    if (state && state.question !== undefined) return state as State;
    throw await failure(reply);
  }
  try {
    for await (const { event, data } of events(reply)) {
      if (event === 'accepted') on.accepted?.(data.id);
      else if (event === 'step_begin') on.begin?.(data.step);
      else if (event === 'step_end') on.end?.(data);
      else if (event === 'queued') on.queued?.(data.before);
      else if (event === 'sql') on.sql?.(data.sql_pretty ?? data.sql);
      else if (event === 'answer') on.answer?.(data.answer);
      else if (event === 'done') return data as State;
      else if (event === 'error') throw new ApiError(reply.status, data.code, data.message);
    }
  } catch (e) {
    if (e instanceof ApiError || (e as Error).name === 'AbortError') throw e;
  }
  void watchForReturn();
  throw new ApiError(0, 'gone', 'The server went away before the answer came.');
}
// Events of a GET, until `done`, the end of the stream or the signal.
export async function follow(path: string, on: (event: string, data: any) => void, signal: AbortSignal): Promise<void> {
  const reply = await send('GET', path, undefined, 'text/event-stream', signal);
  if (!reply.ok) throw await failure(reply);
  for await (const { event, data } of events(reply)) {
    on(event, data);
    if (event === 'done') return;
  }
}
