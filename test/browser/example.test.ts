/** The page of examples/web, in Chromium. */
import { expect, it, vi } from 'vitest';
import html from '../../examples/web/index.html?raw';
import { analyze, depthTaps, printTable, randomDecoder, randomTokens, shortColumns } from '../../src/web.ts';

it('shows the figure and the table of an analysis, and what is wrong with an input', async () => {
  document.body.innerHTML = html.replace(/<script.*<\/script>/, '');
  const [status, table] = ['status', 'table'].map((id) => document.getElementById(id)!);
  // @ts-expect-error a script without types
  await import('../../examples/web/main.js');
  await vi.waitFor(() => expect(status.textContent).toMatch(/^bf16 on the CPU in \d+ ms$/), { timeout: 120_000 });
  const decoder = randomDecoder({ layers: 4, width: 32, heads: 4, vocabulary: 64, positions: 16 });
  const analysis = await analyze(decoder, randomTokens(1, 1, 16, 64));
  const shown = [...table.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent));
  const printed = printTable('md', shortColumns, depthTaps(analysis)).trim().split('\n').slice(2);
  expect(shown).toEqual(
    printed.map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((text) => text.trim()),
    ),
  );
  expect(document.querySelector('#figure svg')?.querySelectorAll('text').length).toBeGreaterThan(10);

  document.querySelector<HTMLInputElement>('input[name=policy]')!.value = 'bf17';
  document.querySelector('button')!.click();
  await vi.waitFor(() => expect(status.textContent).toMatch(/^policy: expected a format/), { timeout: 10_000 });
});
