/** Oracle: what PyTorch computed in float32 for gpt-nano-sort. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referenceArithmetic } from '../../src/analysis/references.ts';
import { openSafetensors } from '../../src/model/checkpoint/safetensors.ts';
import { loadCheckpoint } from '../../src/platform/node-checkpoint.ts';
import { nodeFolder } from '../../src/platform/node-files.ts';
import { allTaps } from '../support/run-program.ts';
import { hasSharedData, needsSharedData, sharedData } from '../support/shared-data.ts';

/** The distance that the trace is known to keep, absolute: 11 rounding depths of float32 on numbers up to 20 or so. */
const DISTANCE = 2e-6;

describe.skipIf(!hasSharedData)(needsSharedData('gpt-nano-sort against PyTorch in float32'), () => {
  it('the float64 reference lies within 2e-6 at every tap of the same name', async () => {
    const folder = resolve(sharedData, 'gpt-nano-sort');
    const tokens: number[][] = JSON.parse(readFileSync(resolve(folder, 'tokens.json'), 'utf8'));
    const trace = await openSafetensors(nodeFolder(folder), 'pytorch-fp32-trace.safetensors');
    const taps = await allTaps(await loadCheckpoint(folder), tokens, referenceArithmetic('float64'));
    const names = [...trace.tensors.keys()];
    expect(names.length).toBe(19);
    for (const name of names) {
      const traced = await trace.read(name);
      const tap = taps.get(name);
      expect(tap?.shape, name).toEqual(traced.shape);
      const largest = Array.from(traced.data).reduce((max, x, i) => {
        const y = tap?.data[i] as number;
        return Math.max(max, x === y ? 0 : Math.abs(x - y));
      }, 0);
      expect(largest, name).toBeLessThan(DISTANCE);
    }
  });
});
