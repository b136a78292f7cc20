/** Defects as they are made: what each of them does to the numbers of a tap. */

import type { SpecOf } from '../../arithmetic/softfloat.ts';
import { type Format, formats, nextDown, nextUp, round } from '../../formats/index.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { layerPrefix, siteNames } from '../../model/program/taps.ts';
import { rowLength } from '../../tensor/index.ts';
import { siteKind } from '../../tensor/policy.ts';
import type { Random } from '../../testing/random.ts';
import type { Plant } from './record.ts';

export const bugNames = [
  'transposed head',
  'missing scale',
  'wrong rotary angle',
  'bf16 cast',
  'wrong element',
  'one ulp',
] as const;
export type BugName = (typeof bugNames)[number];

interface Place {
  readonly config: DecoderConfig;
  readonly specOf: SpecOf;
  readonly random: Random;
}

/** A defect somewhere in a decoder; undefined where it has no place for it. */
export function plantOf(name: BugName, place: Place): Plant | undefined {
  const { config, random, specOf } = place;
  const site = (kind: string): string => layerPrefix(random.integer(0, config.layers - 1)) + kind;
  const some = (sites: readonly string[]): string | undefined => (sites.length === 0 ? undefined : random.pick(sites));
  switch (name) {
    case 'transposed head':
      return config.heads === 1 ? undefined : { tap: site('context'), change: mergedWithoutTransposing(config) };
    case 'missing scale':
      return { tap: site('scores'), change: unscaled(place) };
    case 'wrong rotary angle':
      return config.positionEncoding === 'rotary'
        ? { tap: site(random.pick(['query', 'key'])), change: (values, shape) => turn(values, shape, place) }
        : undefined;
    case 'bf16 cast': {
      const tap = some(siteNames(config).filter((s) => specOf(s).out.name === 'fp32'));
      return tap === undefined ? undefined : { tap, change: (values) => cast(values, formats.bf16) };
    }
    case 'wrong element':
      return wrongElement(random.pick(siteNames(config)), place);
    case 'one ulp': {
      const tap = some(siteNames(config).filter((s) => isOrderFree(s, config)));
      return tap === undefined ? undefined : { tap, change: (values) => nudge(values, specOf(tap).out, random) };
    }
  }
}

/** Taps that one addition of recorded numbers gives, or none at all. */
function isOrderFree(site: string, { activation, gated }: DecoderConfig): boolean {
  const kind = siteKind(site);
  return kind === 'embed' || kind.endsWith('_residual') || (kind === 'mlp_act' && activation === 'relu' && !gated);
}

/** [tokens, heads, d] filled from [heads, tokens, d], as if it were that already. */
function mergedWithoutTransposing({ heads, headWidth: d }: DecoderConfig): Plant['change'] {
  return (values, [sequences, tokens]) => {
    const size = tokens * heads * d;
    const source = values.slice();
    for (let s = 0; s < sequences; s++) {
      for (let i = 0; i < size; i++) {
        const [head, token, column] = [Math.floor(i / (tokens * d)), Math.floor(i / d) % tokens, i % d];
        values[s * size + i] = source[s * size + (token * heads + head) * d + column];
      }
    }
  };
}

/** Scores that were never divided by √d. */
function unscaled({ config, specOf }: Place): Plant['change'] {
  const { out } = specOf(`${layerPrefix(0)}scores`);
  const factor = Math.sqrt(config.headWidth);
  return (values) => {
    for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) values[i] = round(values[i] * factor, out);
  };
}

/** One pair of one row is turned by the angle of the next position. */
function turn(values: Float64Array, shape: readonly number[], { config, specOf, random }: Place): void {
  const d = rowLength(shape);
  const rows = values.length / d;
  const [row, j] = [random.integer(0, rows - 1), random.integer(0, d / 2 - 1)];
  const angle = config.rotaryBase ** ((-2 * j) / d);
  const [i, k] = [row * d + j, row * d + j + d / 2];
  const [x, y] = [values[i], values[k]];
  const { out } = specOf(`${layerPrefix(0)}query`);
  values[i] = round(x * Math.cos(angle) - y * Math.sin(angle), out);
  values[k] = round(y * Math.cos(angle) + x * Math.sin(angle), out);
}

function cast(values: Float64Array, format: Format): void {
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) values[i] = round(values[i], format);
}

/** An entry, off by 2^−24 to 1 of the root mean square. */
function wrongElement(tap: string, { specOf, random }: Place): Plant {
  const change = (values: Float64Array): void => {
    const places: number[] = [];
    let squares = 0;
    values.forEach((x, i) => {
      // Hidden scores are −∞, hidden probabilities 0.
      if (x === 0 || !Number.isFinite(x)) return;
      places.push(i);
      squares += x * x;
    });
    const size = Math.sqrt(squares / places.length);
    const i = random.pick(places);
    values[i] = round(values[i] + size * 2 ** (-24 * random.uniform()) * random.pick([-1, 1]), specOf(tap).out);
  };
  return { tap, change };
}

function nudge(values: Float64Array, format: Format, random: Random): void {
  const i = random.integer(0, values.length - 1);
  values[i] = random.pick([nextUp, nextDown])(values[i], format);
}
