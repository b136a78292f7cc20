/** What every page has: one style, nothing loaded from elsewhere, no script. */
import { htmlText } from './text.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #222; --quiet: #666; --line: #ccc; --ground: #fff; --stripe: #f6f6f6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e4e4; --quiet: #a0a0a0; --line: #444; --ground: #161616; --stripe: #1f1f1f; }
}
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: var(--ink); background: var(--ground);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1.2rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; border-radius: 4px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th { border-bottom: 2px solid var(--line); } .groups th { border-bottom: 1px solid var(--line); font-weight: 400; }
td, th { padding: 0.2rem 0.6rem; } tbody th { font-weight: 400; }
tbody tr:nth-child(even) { background: var(--stripe); }
.left { text-align: left; } .right { text-align: right; }
pre { overflow-x: auto; background: var(--stripe); padding: 0.8rem; font-size: 0.8rem; }
@media print { body { margin: 0; max-width: none; } details:not([open]) { display: none; } .wide { overflow: visible; } }
`;

/** A whole page; `body` is HTML. */
export function htmlDocument(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${htmlText(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}</body>
</html>
`;
}

/** Lines of label and text as a list of descriptions. */
export function descriptions(lines: readonly { readonly label: string; readonly text: string }[]): string {
  const items = lines.map(({ label, text }) => `<dt>${htmlText(label)}</dt><dd>${htmlText(text)}</dd>`);
  return `<dl>\n${items.join('\n')}\n</dl>`;
}
