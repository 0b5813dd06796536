// format - numbers, dates and sizes as the reader writes them.
import { settings } from './store';
import type { Cell, Column } from './types';

export const locale = (): string => settings().locale || navigator.language || 'en';
const made = new Map<string, Intl.NumberFormat>();
function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = locale() + JSON.stringify(options);
  let f = made.get(name);
  if (!f) made.set(name, (f = new Intl.NumberFormat(locale(), options)));
  return f;
}
export const count = (n: number): string => numbers({ maximumFractionDigits: 0 }).format(n);
export const decimal = (n: number, digits = 2): string => numbers({ maximumFractionDigits: digits }).format(n);
export const percent = (part: number, whole: number): string => numbers({ style: 'percent', maximumFractionDigits: 1 }).format(whole ? part / whole : 0);
export function duration(ms: number): string {
  return ms < 1000 ? `${decimal(ms, ms < 10 ? 1 : 0)} ms` : `${decimal(ms / 1000, ms < 10000 ? 1 : 0)} s`;
}
export function bytes(n: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++; }
  return numbers({ style: 'unit', unit: units[i], unitDisplay: 'short', maximumFractionDigits: n < 10 && i ? 1 : 0 }).format(n);
}
export function date(iso: string, withTime = false): string {
  const d = new Date(iso);
  if (Number.isNaN(d.getTime())) return iso;
  const day: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'short', day: 'numeric' };
  return new Intl.DateTimeFormat(locale(), withTime ? { ...day, hour: '2-digit', minute: '2-digit' } : { ...day, timeZone: iso.length <= 10 ? 'UTC' : undefined }).format(d);
}
export const isNumber = (c: Column): boolean => /^(integer|bigint|hugeint|smallint|tinyint|u?int|float|double|decimal|number|real)/i.test(c.type);
// Years, ids and codes are numbers that nobody groups by thousands.
const plain = (c: Column): boolean => /^(id|code|year|key|plain)$/.test(c.unit) || /(^|_)(id|year|code|week)$/i.test(c.name);

let currencyOfData = 'EUR';
export const setCurrency = (code: string): void => { if (/^[A-Z]{3}$/.test(code)) currencyOfData = code; };
export function cell(value: Cell | undefined, c: Column): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? '✓' : '✗';
  if (typeof value === 'string') {
    if (/^(date|timestamp)/i.test(c.type) && /^\d{4}-\d\d-\d\d/.test(value)) return date(value.slice(0, 10)) + (value.length > 10 && !/00:00:00/.test(value) ? ' ' + value.slice(11, 16) : '');
    if (isNumber(c) && /^-?\d+$/.test(value)) return plain(c) ? value : numbers({}).format(BigInt(value) as never);
    return value;
  }
  if (plain(c)) return String(value);
  if (c.unit === 'money') return numbers({ style: 'currency', currency: currencyOfData, maximumFractionDigits: Math.abs(value) >= 1000 ? 0 : 2, minimumFractionDigits: Math.abs(value) >= 1000 ? 0 : 2 }).format(value);
  if (c.unit === 'percent') return `${numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value)} %`;
  if (c.unit === 'points') return `${numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(value)} pp`;
  return numbers({ maximumFractionDigits: Number.isInteger(value) ? 0 : 2 }).format(value);
}
// Thousands and decimal mark, as Plotly's `separators` wants them: decimal first.
export function separators(): string {
  const parts = new Intl.NumberFormat(locale()).formatToParts(12345678.9);
  const of = (type: string, otherwise: string) => parts.find((p) => p.type === type)?.value ?? otherwise;
  return of('decimal', '.') + of('group', ' ');
}

/* ---- CSV ----------------------------------------------------------------------- */

const needsQuotes = /[",\r\n]/;
function csvCell(v: Cell | undefined): string {
  if (v === null || v === undefined) return '';
  const text = String(v);
  // A spreadsheet would run a text that begins like a formula.
  const safe = typeof v === 'string' && /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
export function csv(columns: Column[], rows: Cell[][]): string {
  return [columns.map((c) => csvCell(c.name)), ...rows.map((r) => r.map(csvCell))].map((r) => r.join(',')).join('\r\n') + '\r\n';
}
export function download(name: string, type: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
export const fileName = (question: string): string => question.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '').slice(0, 60) || 'answer';
