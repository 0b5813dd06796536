// texts - every word of the page, in one place. A translation is a second object
// of this shape, added to `languages`. {0}, {1} are filled in by `say`.

export const en = {
  app: 'salesbot',
  skip: 'Skip to content',
  nav: { ask: 'Ask', history: 'History', data: 'Data', knowledge: 'Knowledge', model: 'Model', monitor: 'Monitor', settings: 'Settings' },
  navLabel: 'Main',
  common: {
    loading: 'Loading…', retry: 'Try again', cancel: 'Cancel', copy: 'Copy', copied: 'Copied', more: 'Show more', remove: 'Remove',
    none: 'Nothing here yet.', search: 'Search', save: 'Save', close: 'Close', yes: 'Yes', no: 'No', open: 'Open', when: 'When',
    failed: 'That didn’t work: {0}', adminOnly: 'Only an admin may do this.', analystOnly: 'Only analysts and admins may do this.',
  },
  connection: {
    gone: 'The server doesn’t answer. Your question is kept; trying again every few seconds.',
    back: 'The server is back.',
    local: 'Only this computer can reach salesbot: there are no keys yet.',
    keyTitle: 'This server asks for a key',
    keyText: 'An admin makes one with “salesbot serve key add NAME ROLE”. It begins with sb_.',
    keyLabel: 'Key', keyWrong: 'That key was not accepted.', keyUse: 'Use this key', keyKeep: 'Keep it in this browser',
    busy: 'Many questions are waiting. Please try again in {0} s.',
  },
  ask: {
    title: 'What would you like to know?',
    label: 'Your question', placeholder: 'sales by region in 2024', button: 'Ask', stop: 'Stop',
    followPlaceholder: 'Ask a follow-up, such as “and in 2023?”',
    try: 'Try one of these', of: '{0}, data to {1}', fresh: 'New topic',
    still: 'Still', stillRemove: 'Leave out {0} and ask again', without: 'Without {0}',
    working: 'Working', waitModel: 'Waiting for the model, {0} before you', modelSlow: 'The model is still writing. You can stop at any time.',
    stopped: 'Stopped.', seconds: '{0} s', ms: '{0} ms',
    kinds: { metric: 'measure', dimension: 'grouping', entity: 'thing', table: 'table', column: 'column', value: 'value', recent: 'asked before' } as Record<string, string>,
    suggestionsCount: '{0} suggestions',
    steps: {
      intent_classifier: 'Read the question', entity_extractor: 'Find names and times', rag_enhancer: 'Look things up',
      sql_generator: 'Write SQL', guard: 'Check it', execution: 'Run it', chart_generator: 'Draw it', answer: 'Write the answer',
    } as Record<string, string>,
    how: 'How it was answered', step: 'Step', source: 'By', why: 'Why', took: 'Took',
    takenAs: 'Taken as', leftOut: 'Left out', notUsed: 'Not used', notUsedWhy: 'These words did not change the answer.',
    choose: 'Which do you mean?', nearest: 'These can be answered',
    noRows: 'No rows match.',
    ends: {
      not_in_data: 'Not in this data', ambiguous: 'More than one meaning', refused: 'Refused', limit: 'Too large',
      database: 'The database did not answer', model: 'The model is not available', unauthorized: 'A key is needed', forbidden: 'Not allowed',
    } as Record<string, string>,
    endsElse: 'No answer',
    refusedWhy: 'salesbot only reads: nothing is ever changed.',
    source_: { template: 'from known measures', model: 'written by the model', memory: 'from a verified example', none: '' } as Record<string, string>,
    link: 'Copy link', linkDone: 'Link copied', linkGone: 'This answer is no longer kept, or belongs to someone else.', asked: 'Asked {0}',
    rowsGone: 'The rows were too large to keep.', again: 'Ask again',
  },
  confidence: { Sure: 'Sure', Likely: 'Likely', 'Check this': 'Check this' } as Record<string, string>,
  chart: {
    title: 'Chart', type: 'Type of chart', why: 'Why this chart', png: 'PNG', svg: 'SVG', download: 'Download chart as {0}',
    missing: 'The chart could not be loaded; the table has all numbers.', drawing: 'Drawing…', yours: 'You chose this chart.',
    types: { bars: 'Bars', hbars: 'Horizontal bars', stacked: 'Stacked bars', lines: 'Lines', pie: 'Pie', scatter: 'Scatter', histogram: 'Histogram', waterfall: 'Waterfall', full: '100 % bar', number: 'Number', heat: 'Heat map' } as Record<string, string>,
    alt: 'Chart: {0}. The table below has the same numbers.',
  },
  table: {
    title: 'Table', rows: '{0} rows', row: '1 row', csv: 'CSV', csvAll: 'Download {0} rows as CSV', sort: 'Sort by {0}', truncated: 'Only the first {0} rows were read.', readMore: 'Read up to {0}',
    caption: 'Rows of the answer', asc: 'ascending', desc: 'descending',
  },
  sql: {
    title: 'SQL', edit: 'SQL, editable', run: 'Run', explain: 'Explain', reset: 'Undo changes', meaning: 'In words', edited: 'Edited',
    ok: 'This binds: {0} columns.', hint: 'Ctrl+Enter runs it. It is checked like any other: only reading is possible.',
  },
  feedback: {
    ask: 'Was this right?', up: 'Yes, right', down: 'No, wrong', thanks: 'Thank you.', comment: 'What was wrong?', correct: 'What it should have been (SQL)',
    pending: 'Thank you. Your correction waits to be verified; until then it is not used.', send: 'Send', optional: 'optional',
  },
  history: { title: 'History', search: 'Search your questions', empty: 'Your questions will stand here.', nothing: 'No question contains “{0}”.', forget: 'Forget “{0}”' },
  data: {
    title: 'Data', tables: 'Tables', joins: 'Joins', words: 'Words', source: 'Layer',
    rows: '{0} rows', column: 'Column', type: 'Type', about: 'About', values: 'Examples', range: 'Range', distinct: 'Distinct', key: 'key', refers: 'refers to {0}',
    sample: 'First rows', showSample: 'Show first rows', filter: 'Filter tables and columns', joinsText: 'Joins as a list', joinLine: '{0} refers to {1}',
    diagram: 'Diagram of tables and the joins between them; the list below says the same', nothing: 'Nothing matches “{0}”.',
    metrics: 'Measures', dimensions: 'Groupings', entities: 'Things', conditions: 'Conditions', also: 'also: {0}',
    layerAbout: 'The file that gives words their meaning. It is checked before it is saved.', layerBuiltIn: 'This layer came with salesbot; saving makes your own copy.', layerDerived: 'This layer was derived from the tables; saving makes your own.',
    check: 'Check', good: 'Nothing wrong was found.', saved: 'Saved. New questions use it.', layerLabel: 'Semantic layer (YAML)',
  },
  knowledge: {
    title: 'Knowledge', about: 'What salesbot looks up before it writes SQL. A pair is used only once it is verified.', search: 'Search the knowledge base', pending: 'Waiting to be verified', all: 'Everything',
    verify: 'Verify', verified: 'verified', pending_: 'pending', score: 'score {0}', add: 'Add a pair', question: 'Question', sql: 'SQL', addButton: 'Add', added: 'Added. It waits to be verified.', nothing: 'Nothing waits.', none: 'Nothing found.',
    removeItem: 'Remove “{0}”', verifyItem: 'Verify “{0}”',
  },
  model: {
    title: 'Model', current: 'In use', state: { none: 'No weights: answers come from known measures only.', waiting: 'Loaded when a question first needs it.', ready: 'Ready.' } as Record<string, string>,
    adapters: 'Adapters', adapterNone: 'None (base weights)', adapterUse: 'Use', adapterUsed: 'in use', weights: 'Weights',
    training: 'Training', start: 'Start a training', name: 'Name', steps: 'Steps', startButton: 'Start', pause: 'Pause', resume: 'Resume', stop: 'Stop',
    step: 'Step {0} of {1}', loss: 'loss {0}', val: 'validation {0}', curve: 'Loss', curveVal: 'Validation loss', noRuns: 'No training yet.', curveAlt: 'Loss by step: first {0}, last {1}',
    states: { running: 'running', paused: 'paused', done: 'done', failed: 'failed', stopped: 'stopped' } as Record<string, string>,
    evaluations: 'Evaluations', noEvaluations: 'No evaluation yet: salesbot eval --data FILE --db-dir DIR', compare: 'Choose up to three to see side by side.', measure: 'Measure',
  },
  monitor: {
    title: 'Monitor', since: 'Since {0}', asked: 'Asked', answered: 'Answered', median: 'Median time', p95: '95 % within', right: 'Right, by thumbs', noThumbs: 'no thumbs yet', reasked: 'Asked again within 2 min', edited: 'SQL edited',
    memory: 'Memory', queue: 'Waiting', sources: 'Answered by', codes: 'Endings', steps: 'Time by step', slow: 'Slow questions', step: 'Step', question: 'Question', time: 'Time', noSlow: 'No slow question.',
    codeNames: { ok: 'answered', '': 'answered', none: 'answered', not_in_data: 'not in this data', ambiguous: 'ambiguous', refused: 'refused', limit: 'limit', internal: 'internal', database: 'database', model: 'model' } as Record<string, string>,
    sourceNames: { template: 'known measures', model: 'model', memory: 'verified examples', none: 'nothing' } as Record<string, string>,
  },
  settings: {
    title: 'Settings', database: 'Database', key: 'Key', keyNow: 'You are {0} ({1}).', keyNone: 'This server has no keys.', keyForget: 'Forget the key', language: 'Language', numbers: 'Numbers and dates', numbersAuto: 'As this browser ({0})',
    theme: 'Appearance', themes: { auto: 'As the system', light: 'Light', dark: 'Dark' } as Record<string, string>, model: 'Use the model', modelAbout: 'When known measures don’t suffice. Off: faster, but fewer questions can be answered.', version: 'salesbot {0}', about: 'About',
    api: 'For programs: openapi.json, an OpenAI-compatible API at /v1 and MCP at /mcp.',
  },
};
export type Texts = typeof en;
export const languages: Record<string, { name: string; texts: Texts }> = { en: { name: 'English', texts: en } };

export let t: Texts = en;
export function setLanguage(code: string): void {
  t = (languages[code] ?? languages.en).texts;
  document.documentElement.lang = languages[code] ? code : 'en';
}
export function say(text: string, ...values: unknown[]): string {
  return text.replace(/\{(\d)\}/g, (_, i) => String(values[Number(i)] ?? ''));
}
