import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseNameMap } from '../../../src/analysis/traces/name-map.ts';
import { programPlace } from '../../../src/analysis/traces/program-order.ts';

const folder = resolve(import.meta.dirname, '../../../examples/pytorch');

describe('the name maps of examples/pytorch', () => {
  const maps = readdirSync(folder).filter((name) => name.endsWith('.json'));
  it('are those of GPT-2 and LLaMA', () => expect(maps.sort()).toEqual(['gpt2.json', 'llama.json']));
  it.each(maps)('%s names taps of the program only', (name) => {
    const bytes = readFileSync(resolve(folder, name));
    const map = parseNameMap(bytes, name);
    for (const theirs of Object.keys(JSON.parse(bytes.toString()).taps)) {
      const mapped = map.lookUp(theirs.replace('{i}', '12'));
      expect(mapped, theirs).toBeDefined();
      for (const tap of mapped!.taps) expect(programPlace(tap)?.[0], tap).toBeDefined();
    }
  });
});
