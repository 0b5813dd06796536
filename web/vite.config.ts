import { defineConfig } from 'vite';

// Names carry a content hash, so that the server may let browsers keep them for ever.
// No inline script or style: the page runs under a strict Content-Security-Policy.
export default defineConfig({
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '^/(api|healthz|readyz|metrics|plotly-basic)': 'http://127.0.0.1:8642' } },
});
