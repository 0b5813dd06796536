// plotly - the chart library, loaded when the first chart is shown. It is the file
// that set-up fetched and checked; the server offers it at plotly-basic.min.js.

export interface Plotly {
  react(el: HTMLElement, data: unknown[], layout: unknown, config?: unknown): Promise<unknown>;
  purge(el: HTMLElement): void;
  toImage(el: HTMLElement, o: { format: 'png' | 'svg'; width: number; height: number; scale?: number }): Promise<string>;
  Plots: { resize(el: HTMLElement): Promise<unknown> };
}
let loading: Promise<Plotly> | null = null;
export function plotly(): Promise<Plotly> {
  loading ??= new Promise<Plotly>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = 'plotly-basic.min.js';
    script.onload = () => { const p = (window as any).Plotly as Plotly | undefined; p ? resolve(p) : reject(new Error('no Plotly in it')); };
    script.onerror = () => { loading = null; script.remove(); reject(new Error('not found')); };
    document.head.append(script);
  });
  return loading;
}
