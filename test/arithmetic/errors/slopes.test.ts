/** The constants of the activations, by enclosing their derivatives on small cells. */
import { describe, expect, it } from 'vitest';
import { activations } from '../../../src/arithmetic/errors/slopes.ts';
import { float64Functions } from '../../../src/softfloat/float64.ts';

const { tanh, exp, erf } = float64Functions;
const CELL = 2 ** -12;
const END = 8;

interface Range {
  readonly least: number;
  readonly most: number;
}

/** g″ of each activation is even: its range on the cell from a to b, 0 ≤ a. */
const secondDerivatives: Readonly<Record<keyof typeof activations, (a: number, b: number) => Range>> = {
  /** t′ + ½x·t″, t = tanh w, t′ = (1 − t²)w′, t″ = (1 − t²)(w″ − 2t·w′²); w, w′ and w″ rise, 1 − t² falls. */
  tanh(a, b) {
    const [c1, c2] = [Math.sqrt(2 / Math.PI), 0.044715];
    const at = (x: number) => {
      const t = tanh(c1 * (x + c2 * x ** 3));
      return { t, decay: (1 - t) * (1 + t), first: c1 * (1 + 3 * c2 * x * x), second: 6 * c1 * c2 * x };
    };
    const [left, right] = [at(a), at(b)];
    const bent = {
      least: left.second - 2 * right.t * right.first ** 2,
      most: right.second - 2 * left.t * left.first ** 2,
    };
    const scaled = (v: number, most: boolean): number => {
      const x = v > 0 === most ? b : a;
      return (x / 2) * v * (v > 0 === most ? left.decay : right.decay);
    };
    return {
      least: right.decay * left.first + scaled(bent.least, false),
      most: left.decay * right.first + scaled(bent.most, true),
    };
  },
  /** φ(x)(2 − x²). */
  erf(a, b) {
    const density = (x: number): number => exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
    const [low, high] = [2 - b * b, 2 - a * a];
    return { least: low * density(low < 0 ? a : b), most: high * density(high > 0 ? a : b) };
  },
  /** σ′(2 − x·tanh(x/2)), σ′ = ¼(1 − tanh²(x/2)). */
  silu(a, b) {
    const decay = (x: number): number => (1 - tanh(x / 2) ** 2) / 4;
    const [low, high] = [2 - b * tanh(b / 2), 2 - a * tanh(a / 2)];
    return { least: low * decay(low < 0 ? a : b), most: high * decay(high > 0 ? a : b) };
  },
};

const values: Readonly<Record<keyof typeof activations, (x: number) => number>> = {
  tanh: (x) => (x / 2) * (1 + tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  erf: (x) => (x / 2) * (1 + erf(x * Math.SQRT1_2)),
  silu: (x) => x / (1 + exp(-x)),
};

describe.each(Object.keys(activations) as (keyof typeof activations)[])('%s', (name) => {
  const { slope, steepest, bend, valley, least } = activations[name];
  const cells = Array.from({ length: END / CELL }, (_, k) => k * CELL);
  it('no second derivative is above its bound', () => {
    let most = 0;
    for (const a of cells) {
      const range = secondDerivatives[name](a, a + CELL);
      most = Math.max(most, range.most, -range.least);
    }
    expect(most).toBeLessThan(bend + (name === 'silu' ? 2 ** -50 : 0));
    expect(most).toBeGreaterThan(bend - 0.01);
    // Beyond the cells each part falls: 1 − t², the density and σ′ outrun any power of x.
    const { least: last } = secondDerivatives[name](END - CELL, END);
    expect(Math.abs(last)).toBeLessThan(0.01);
  });
  it('no slope is above its bound, and slopes of x and −x add up to 1', () => {
    let most = 0;
    for (const a of cells) {
      const range = secondDerivatives[name](a, a + CELL);
      most = Math.max(most, slope(a) + CELL * Math.max(0, range.most));
      expect(slope(a) + slope(-a)).toBeCloseTo(1, 12);
    }
    expect(most).toBeLessThanOrEqual(steepest);
    expect(most).toBeGreaterThan(steepest - 2e-6);
  });
  it('the slope is the derivative', () => {
    for (let x = -7; x <= 7; x += 0.37) {
      const h = 2 ** -12;
      const difference = (values[name](x + h) - values[name](x - h)) / (2 * h);
      // g‴ is below 4 everywhere, and the difference is off by h²/6 of it.
      expect(Math.abs(slope(x) - difference)).toBeLessThan((h * h * 4) / 6 + 2 ** -38);
    }
  });
  it('it falls to its minimum and rises from there', () => {
    const [from, to] = valley;
    expect(slope(from)).toBeLessThan(0);
    expect(slope(to)).toBeGreaterThan(0);
    // Between them it is below the value at an end by slope times width at most.
    expect(values[name](from) + slope(from) * (to - from)).toBeGreaterThanOrEqual(least);
    expect(values[name](from)).toBeLessThan(least + 1e-4);
  });
});
