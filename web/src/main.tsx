// main - the frame around the screens: where one is, who one is, is the server there.
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, keyAccepted, onConnection, type Connection } from './api';
import { Ask } from './screens/ask';
import { Data } from './screens/data';
import { History } from './screens/history';
import { Knowledge } from './screens/knowledge';
import { Model } from './screens/model';
import { Monitor } from './screens/monitor';
import { KeyForm, Settings } from './screens/settings';
import { applyTheme, onChange, settings } from './store';
import { setLanguage, t } from './texts';
import type { Me } from './types';
import { ErrorNote } from './ui/parts';
import './styles.css';

const screens = ['ask', 'history', 'data', 'knowledge', 'model', 'monitor', 'settings'] as const;
type Screen = (typeof screens)[number];
interface Place { screen: Screen; answer: string | null; rest: string[] }
function place(): Place {
  const [first = '', ...rest] = location.hash.replace(/^#\/?/, '').split('/').map(safe);
  if (first === 'answer' && rest[0]) return { screen: 'ask', answer: rest[0], rest };
  return { screen: (screens as readonly string[]).includes(first) ? (first as Screen) : 'ask', answer: null, rest };
}
function safe(part: string): string { try { return decodeURIComponent(part); } catch { return part; } }

function Nav({ at }: { at: Screen }) {
  return (
    <nav aria-label={t.navLabel}>
      <div>
      <a class="brand" href="#/"><img src="icon.svg" alt="" width="22" height="22" />{t.app}</a>
      <ul>{screens.map((s) => <li><a href={s === 'ask' ? '#/' : `#/${s}`} aria-current={s === at ? 'page' : undefined}>{t.nav[s]}</a></li>)}</ul>
      </div>
    </nav>
  );
}
function Content({ at, me, again }: { at: Place; me: Me; again: () => void }) {
  switch (at.screen) {
    case 'history': return <History />;
    case 'data': return <Data me={me} at={at.rest[0] || 'tables'} table={at.rest[1] || ''} />;
    case 'knowledge': return <Knowledge me={me} />;
    case 'model': return <Model me={me} />;
    case 'monitor': return <Monitor />;
    case 'settings': return <Settings me={me} onKey={again} />;
    default: return null;
  }
}
function App() {
  const [at, setAt] = useState(place());
  const [me, setMe] = useState<Me | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [link, setLink] = useState<Connection>({ gone: false, needsKey: false, wrongKey: false });
  const [turn, setTurn] = useState(0);
  const [, redraw] = useState(0);
  const main = useRef<HTMLElement>(null);
  const again = () => setTurn((n) => n + 1);
  useEffect(() => {
    const moved = () => setAt((before) => {
      const now = place();
      if (now.screen !== before.screen) { window.scrollTo(0, 0); if (now.screen !== 'ask') main.current?.focus({ preventScroll: true }); }
      return now;
    });
    window.addEventListener('hashchange', moved);
    return () => window.removeEventListener('hashchange', moved);
  }, []);
  useEffect(() => onChange(() => redraw((n) => n + 1)), []);
  useEffect(() => {
    let was = false;
    return onConnection((c) => { if (was && !c.gone) again(); was = c.gone; setLink(c); });
  }, []);
  useEffect(() => {
    get<Me>('api/me').then((m) => { setMe(m); setError(null); keyAccepted(); }, (e) => { if (e.status !== 401) setError(e); });
  }, [turn]);
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); main.current?.focus(); }}>{t.skip}</a>
      <Nav at={at.screen} />
      <main id="main" ref={main} tabIndex={-1}>
        {link.gone && <div role="alert" class="banner bad">{t.connection.gone}</div>}
        {link.needsKey ? <KeyForm wrong={link.wrongKey} onKey={again} /> : me ? <>
          {/* The question stays as it is while other screens are looked at. */}
          <div hidden={at.screen !== 'ask'}><Ask key={`${settings().database}`} me={me} at={at.screen === 'ask'} answerId={at.screen === 'ask' ? at.answer : null} /></div>
          <Content key={at.screen} at={at} me={me} again={again} />
          {me.role === 'admin' && !me.keys_required && at.screen === 'settings' && <p class="faint small">{t.connection.local}</p>}
        </> : error && !link.gone ? <ErrorNote error={error} /> : <p class="faint" role="status">{t.common.loading}</p>}
      </main>
    </>
  );
}
setLanguage(settings().language);
applyTheme();
render(<App />, document.getElementById('page')!);
