/** GELU, SiLU and the elementary functions by themselves; the rounding points are those of src/arithmetic/composites.ts. */
import type { RoundingContext } from '../../softfloat/scalar.ts';
import type { Numbers } from '../../tensor/index.ts';
import type { Operand } from './elementwise.ts';
import { array, constant, lookUp, negate, operate, type Register, runSteps, type Step, scratch } from './steps.ts';
import type { UnaryFunction } from './unary-tables.ts';
import { Units } from './units.ts';
import type { KernelMemory, NumberSize } from './wasm.ts';

/** Numbers in memory at once. */
const PIECE = 1 << 18;

/** A site's arithmetic on the numbers of an operand. */
export interface Elements {
  readonly memory: KernelMemory;
  readonly out: RoundingContext;
  readonly size: NumberSize;
  readonly x: Operand;
}

/** What precedes the elementary function on `result`, and what follows it. */
interface Around {
  readonly before: readonly Step[];
  readonly after: readonly Step[];
}

/** Steps to `result`, an elementary function of it, and further steps, for a piece of x after the other. */
function inPieces(
  { memory, out, size, x: { data } }: Elements,
  inner: UnaryFunction,
  around: (units: Units, x: Register, result: Register) => Around,
): Numbers {
  const results = memory.results.take(data.length, size);
  const table = inner.table(memory, data.length);
  for (let i = 0; i < data.length; i += PIECE) {
    memory.scope(() => {
      const part = data.subarray(i, i + PIECE);
      const n = part.length;
      const from = memory.copyIn(part, size);
      const to = memory.allocate(n * size);
      const { before, after } = around(new Units(memory, out), array(from), array(to));
      if (table !== undefined) {
        runSteps(memory, [...before, lookUp(array(to), table), ...after], n, size);
      } else {
        runSteps(memory, before, n, size);
        inner.apply(memory, to, n, size);
        runSteps(memory, after, n, size);
      }
      results.set(memory.numbers(to, n, size), i);
    });
  }
  return results;
}

/** gelu's constants: [1, ½, √½] for the erf form, [1, ½, √(2/π), 0.044715] for the tanh form. */
export function gelu(input: Elements, inner: UnaryFunction, constants: readonly number[]): Numbers {
  const { memory, out, size } = input;
  const [F, G] = [out.format, input.x.format];
  return inPieces(input, inner, (units, x, t) => {
    const [one, half, outer, cubic] = constants.map((c) => constant(memory.copyIn([c], size)));
    const before =
      cubic === undefined
        ? [operate('multiply', units.of('multiply', G, F), t, x, outer)]
        : [
            operate('multiply', units.of('multiply', G, G), t, x, x),
            operate('multiply', units.of('multiply', F, G), t, t, x),
            operate('multiply', units.of('multiply', F, F), t, cubic, t),
            operate('add', units.of('add', G, F), t, x, t),
            operate('multiply', units.of('multiply', F, F), t, outer, t),
          ];
    const halved = scratch(0, size);
    const after = [
      operate('multiply', units.of('multiply', F, G), halved, half, x),
      operate('add', units.of('add', F, F), t, one, t),
      operate('multiply', units.of('multiply', F, F), t, halved, t),
    ];
    return { before, after };
  });
}

export function silu(input: Elements, exp: UnaryFunction, one: number): Numbers {
  const { memory, out, size } = input;
  const [F, G] = [out.format, input.x.format];
  return inPieces(input, exp, (units, x, t) => ({
    before: [negate(t, x)],
    after: [
      operate('add', units.of('add', F, F), t, constant(memory.copyIn([one], size)), t),
      operate('divide', units.of('divide', G, F), t, x, t),
    ],
  }));
}

/** R(f(x)). */
export function elementary({ memory, size, x: { data } }: Elements, f: UnaryFunction): Numbers {
  const results = memory.results.take(data.length, size);
  const table = f.table(memory, data.length);
  for (let i = 0; i < data.length; i += PIECE) {
    memory.scope(() => {
      const part = data.subarray(i, i + PIECE);
      const at = memory.copyIn(part, size);
      if (table !== undefined) runSteps(memory, [lookUp(array(at), table)], part.length, size);
      else f.apply(memory, at, part.length, size);
      results.set(memory.numbers(at, part.length, size), i);
    });
  }
  return results;
}
