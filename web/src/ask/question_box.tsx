// question_box - where a question is written. A combobox after the ARIA practices:
// the list proposes endings of the last word (names, values) and earlier questions.
import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from '../api';
import { recent } from '../store';
import { say, t } from '../texts';
import type { Completion } from '../types';
import { Button } from '../ui/parts';

const WAIT_MS = 110, AT_LEAST = 2, AT_MOST = 7;
interface Option { text: string; kind: string; whole: boolean }

// The last words of the text, longest first: values have blanks in them.
function tails(text: string): string[] {
  const words = text.trimStart().split(/\s+/);
  return [2, 1].map((n) => words.slice(-n).join(' ')).filter((w, i, all) => w.length >= AT_LEAST && all.indexOf(w) === i);
}

interface Props { value: string; onValue: (v: string) => void; onAsk: (q: string) => void; onStop: () => void; busy: boolean; database: string; follow: boolean; focusTurn: number }
export function QuestionBox({ value, onValue, onAsk, onStop, busy, database, follow, focusTurn }: Props) {
  const [options, setOptions] = useState<Option[]>([]);
  const [at, setAt] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const typed = useRef('');
  useEffect(() => { field.current?.focus({ preventScroll: true }); }, [focusTurn]);
  useEffect(() => {
    if (typed.current !== value || value.trim().length < AT_LEAST) { setOptions([]); return; }
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const low = value.trim().toLowerCase();
      const past: Option[] = recent.get().filter((q) => q.toLowerCase().startsWith(low) && q.toLowerCase() !== low).slice(0, 2).map((text) => ({ text, kind: 'recent', whole: true }));
      const found: Option[] = [];
      for (const prefix of /\s$/.test(value) ? [] : tails(value)) {
        const r = await get<{ completions: Completion[] }>('api/complete', { prefix, database, n: AT_MOST }, abort.signal).catch(() => ({ completions: [] }));
        for (const c of r.completions)
          if (c.text.toLowerCase() !== prefix.toLowerCase() && !found.some((f) => f.text.toLowerCase().endsWith(c.text.toLowerCase())))
            found.push({ text: value.slice(0, value.length - prefix.length) + c.text, kind: c.kind, whole: false });
      }
      if (abort.signal.aborted) return;
      setOptions([...past, ...found].slice(0, AT_MOST));
      setAt(-1);
    }, WAIT_MS);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [value, database]);
  const close = () => { setOptions([]); setAt(-1); };
  const take = (o: Option) => {
    typed.current = '';
    onValue(o.text + (o.whole ? '' : ' '));
    close();
    field.current?.focus();
  };
  const ask = () => { typed.current = ''; close(); if (value.trim() && !busy) onAsk(value.trim()); };
  const onKey = (e: KeyboardEvent) => {
    if (e.isComposing) return;
    if (e.key === 'Enter') { e.preventDefault(); at >= 0 ? take(options[at]) : ask(); return; }
    if (!options.length) return;
    if (e.key === 'ArrowDown') { e.preventDefault(); setAt((at + 1) % options.length); }
    else if (e.key === 'ArrowUp') { e.preventDefault(); setAt(at <= 0 ? options.length - 1 : at - 1); }
    else if (e.key === 'Tab' && at >= 0 && !e.shiftKey) { e.preventDefault(); take(options[at]); }
    else if (e.key === 'Escape') { e.preventDefault(); close(); }
  };
  const open = options.length > 0;
  return (
    <form class="question" onSubmit={(e) => { e.preventDefault(); ask(); }} role="search">
      <label class="hidden" for="question">{t.ask.label}</label>
      <div class="question-field">
        <input
          id="question" ref={field} type="text" maxLength={4000} autocomplete="off" enterkeyhint="go" spellcheck={false} placeholder={follow ? t.ask.followPlaceholder : t.ask.placeholder}
          role="combobox" aria-expanded={open} aria-controls="options" aria-autocomplete="list" aria-activedescendant={at >= 0 ? `option-${at}` : undefined}
          value={value} onInput={(e) => { typed.current = e.currentTarget.value; onValue(e.currentTarget.value); }} onKeyDown={onKey} onBlur={() => setTimeout(close, 150)}
        />
        <ul id="options" role="listbox" aria-label={t.common.search} hidden={!open}>
          {options.map((o, i) => (
            <li id={`option-${i}`} role="option" aria-selected={i === at} onMouseDown={(e) => { e.preventDefault(); take(o); }}>
              <span>{o.text}</span><span class="faint">{t.ask.kinds[o.kind] ?? o.kind}</span>
            </li>
          ))}
        </ul>
      </div>
      {busy ? <Button key="stop" onClick={onStop}>{t.ask.stop}</Button> : <Button key="ask" type="submit" disabled={!value.trim()}>{t.ask.button}</Button>}
      <span class="hidden" role="status">{open ? say(t.ask.suggestionsCount, options.length) : ''}</span>
    </form>
  );
}
