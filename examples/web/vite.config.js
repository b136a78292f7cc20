// Serves the page (npm run example:web), or makes a folder of it: npx vite build examples/web.
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
  appType: 'mpa',
  // In a project of its own, `ulpwise/web` is found in node_modules; here it is the package itself, built.
  resolve: { alias: { 'ulpwise/web': resolve(import.meta.dirname, '../../dist/web.js') } },
  server: {
    fs: { allow: ['../..'] },
    // A page that is isolated so may share memory with workers: large products then run on all cores.
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
});
