// settings - this reader's choices; they stay in this browser.
import { useState } from 'preact/hooks';
import { keyAccepted } from '../api';
import { change, conversation, key, settings } from '../store';
import { languages, say, setLanguage, t } from '../texts';
import type { Me } from '../types';
import { Button, Page } from '../ui/parts';

const locales = ['de-DE', 'de-CH', 'en-GB', 'en-US', 'es-ES', 'fr-FR', 'it-IT', 'ja-JP', 'nl-NL', 'pl-PL', 'sv-SE'];

export function KeyForm({ wrong, onKey }: { wrong: boolean; onKey: () => void }) {
  const [text, setText] = useState('');
  const [keep, setKeep] = useState(false);
  return (
    <form class="stack key-form" onSubmit={(e) => { e.preventDefault(); key.set(text.trim(), keep); onKey(); }}>
      <h1>{t.connection.keyTitle}</h1>
      <p class="faint">{t.connection.keyText}</p>
      <label>{t.connection.keyLabel}<input type="password" required autocomplete="off" value={text} onInput={(e) => setText(e.currentTarget.value)} aria-invalid={wrong} aria-describedby="key-wrong" /></label>
      <p id="key-wrong" role="alert" class="bad-text">{wrong ? t.connection.keyWrong : ''}</p>
      <label class="check"><input type="checkbox" checked={keep} onChange={() => setKeep(!keep)} /> {t.connection.keyKeep}</label>
      <div class="row"><Button type="submit">{t.connection.keyUse}</Button></div>
    </form>
  );
}
export function Settings({ me, onKey }: { me: Me; onKey: () => void }) {
  const s = settings();
  const names = new Intl.DisplayNames([navigator.language], { type: 'language' });
  return (
    <Page title={t.settings.title}>
      <div class="stack settings">
        <label>{t.settings.database}
          <select value={s.database || me.databases[0]?.name} onChange={(e) => { conversation.set(''); change({ database: e.currentTarget.value }); }}>{me.databases.map((d) => <option value={d.name}>{d.name}</option>)}</select>
        </label>
        <fieldset><legend>{t.settings.theme}</legend>
          <div class="row">{(['auto', 'light', 'dark'] as const).map((x) => <label class="check"><input type="radio" name="theme" checked={s.theme === x} onChange={() => change({ theme: x })} /> {t.settings.themes[x]}</label>)}</div>
        </fieldset>
        <label>{t.settings.language}
          <select value={s.language} onChange={(e) => { setLanguage(e.currentTarget.value); change({ language: e.currentTarget.value }); }}>{Object.entries(languages).map(([code, l]) => <option value={code}>{l.name}</option>)}</select>
        </label>
        <label>{t.settings.numbers}
          <select value={s.locale} onChange={(e) => change({ locale: e.currentTarget.value })}><option value="">{say(t.settings.numbersAuto, names.of(navigator.language) ?? navigator.language)}</option>{locales.map((l) => <option value={l}>{names.of(l) ?? l}</option>)}</select>
        </label>
        <div><label class="check"><input type="checkbox" checked={s.model} onChange={() => change({ model: !s.model })} aria-describedby="model-about" /> {t.settings.model}</label><p id="model-about" class="faint small">{t.settings.modelAbout}</p></div>
        <section><h2>{t.settings.key}</h2>
          <p>{me.keys_required ? say(t.settings.keyNow, me.name, me.role) : t.settings.keyNone}</p>
          {key.get() && <Button quiet onClick={() => { key.forget(); keyAccepted(); onKey(); }}>{t.settings.keyForget}</Button>}
        </section>
        <section><h2>{t.settings.about}</h2><p class="faint">{say(t.settings.version, me.version)}. {t.settings.api}</p></section>
      </div>
    </Page>
  );
}
