// types - the shapes of docs/SERVER.md.

export type Cell = string | number | boolean | null;
export interface Column { name: string; type: string; unit: string; title: string }
export interface Results { columns: Column[]; rows: Cell[][]; truncated: boolean; rows_kept?: boolean }
export interface Trace_ {
  type: string; name?: string; x?: Cell[]; y?: Cell[]; z?: Cell[][]; labels?: Cell[]; values?: Cell[];
  [key: string]: unknown;
}
export interface Chart { data: Trace_[]; layout: Record<string, any>; kind: string; why: string }
export interface Step { step: string; source: string; why: string; ms: number }
export interface Failure { code: string; message: string; exit?: number }
export interface State {
  id?: string; conversation?: string | null;
  question: string; intent: string; sql: string; sql_pretty?: string; results: Results; chart: Chart | null; answer: string;
  explanation: string; assumptions: string[]; left_out: string[]; unused_words: string[];
  confidence: { word: string; value: number; reason: string };
  source: 'template' | 'model' | 'memory' | 'none'; choices: string[]; trace: Step[];
  error: Failure | null; database: string; data_to: string; still?: string[]; follows?: boolean;
  options?: { forget?: string[] }; ms: number; adapter?: string;
}
export type Role = 'viewer' | 'analyst' | 'admin';
export interface Me {
  name: string; role: Role; keys_required: boolean; version: string; databases: { name: string }[];
  model: { name: string; state: 'none' | 'waiting' | 'ready'; adapter: string };
  limits: { body_bytes: number; max_rows: number; timeout_ms: number };
}
export interface CatalogColumn {
  name: string; type: string; comment: string; primary_key: boolean; nullable: boolean; references?: unknown;
  distinct?: number; nulls?: number; min?: Cell; max?: Cell; values?: Cell[];
}
export interface CatalogTable { name: string; comment: string; rows: number; view: boolean; columns: CatalogColumn[] }
export interface Catalog { database: string; fingerprint: string; tables: CatalogTable[] }
export interface Word { id: string; title: string; meaning?: string; words?: string[]; [key: string]: unknown }
export type Semantic = Record<'metrics' | 'dimensions' | 'entities' | 'conditions', Word[]>;
export interface Completion { text: string; kind: string }
export interface Past { id: string; question: string; answer: string; code: string; source: string; confidence: string; conversation: string | null; created: string }
export interface Item { id: string; kind: string; status: string; text: string; question: string; sql: string; source?: string; created?: string; score?: number }
export interface Run { id: string; state: 'running' | 'paused' | 'done' | 'failed' | 'stopped'; step: number; steps: number; loss: number | null; validation_loss: number | null; started: string; message: string; curve?: Point[] }
export interface Point { step: number; loss?: number; validation_loss?: number; [key: string]: unknown }
export interface Models { model: string; state: string; adapter: string; models: { name: string; path: string; bytes: number }[]; adapters: { name: string; path: string; current: boolean }[] }
export interface Evaluation { id: string; created: string; [key: string]: unknown }
export interface Monitor {
  since: string; asked: number; answered: number; by_source: Record<string, number>; by_code: Record<string, number>;
  latency_ms: { p50: number; p95: number; p99: number }; steps: { step: string; p50: number; p95: number }[];
  feedback: { up: number; down: number }; reasked: number; sql_edited: number;
  slow: { id: string; question: string; ms: number; created: string }[];
  queue: { ask: number; model: number }; memory_bytes: number;
}
