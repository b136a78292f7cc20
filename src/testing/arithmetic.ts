/** The arithmetic of a case: drawn, as scalar operations, as an interpreter, and as inputs of a bound. */
import { SoftfloatArithmetic } from '../arithmetic/softfloat.ts';
import { parseFormat } from '../formats/index.ts';
import { scalarsOf } from '../softfloat/scalar.ts';
import type { Scalars } from '../softfloat/scalars.ts';
import { stochasticScalars } from '../softfloat/stochastic.ts';
import { type Mode, type OperationSpec, parseOrder, uniformSpec } from '../tensor/index.ts';
import { Random } from './random.ts';
import type { TrialCase } from './trial.ts';

type Rounding = Pick<TrialCase, 'mode' | 'seed'>;
type Arithmetic = Pick<TrialCase, 'format' | 'mode' | 'seed' | 'subnormals'>;

const otherModes: readonly Mode[] = ['nearest-away', 'toward-zero', 'down', 'up', 'odd', 'stochastic'];

/** To nearest even more often than not; a stochastic rounding with its seed. */
export function drawRounding(random: Random, modes: readonly Mode[] = otherModes): Rounding {
  const mode = random.uniform() < 0.65 ? 'nearest-even' : random.pick(modes);
  return mode === 'stochastic' ? { mode, seed: random.word() } : { mode };
}

export function drawSubnormals(random: Random): 'keep' | 'flush' {
  return random.uniform() < 0.85 ? 'keep' : 'flush';
}

/**
 * The scalar operations of a case, in its format or another. Each call begins the random words of a stochastic rounding
 * anew, so that a case gives the same every time.
 */
export function scalarsOfCase({ format, mode, seed = 0, subnormals }: Arithmetic, of = format): Scalars<number> {
  const context = { format: parseFormat(of), overflow: 'inf', subnormals } as const;
  if (mode !== 'stochastic') return scalarsOf({ ...context, mode });
  const random = new Random(seed, of, 0);
  return stochasticScalars(context, () => random.word());
}

/** The spec of every site of a case. */
export function specOf({ format, mode, seed = 0, subnormals, order }: TrialCase): OperationSpec {
  return { ...uniformSpec(parseFormat(format)), mode, seed, subnormals, order: parseOrder(order) };
}

const known = new Map<string, SoftfloatArithmetic>();

/** The interpreter that computes a case as the program would: every rounding in the case's format, mode and order. */
export function simulatorOf(trial: TrialCase, options: Partial<OperationSpec> = {}): SoftfloatArithmetic {
  const { format, mode, subnormals, order } = trial;
  const create = (): SoftfloatArithmetic => {
    const spec = { ...specOf(trial), ...options };
    return new SoftfloatArithmetic('trial', () => spec);
  };
  // One that rounds stochastically counts its roundings.
  if (mode === 'stochastic') return create();
  const key = `${format} ${mode} ${subnormals} ${order} ${Object.values(options)}`;
  const simulator = known.get(key) ?? create();
  known.set(key, simulator);
  return simulator;
}

/** The inputs of a bound that say how a case computes, without and with the order of its sums. */
export const arithmeticInputs = ({ format, mode, subnormals }: TrialCase) => ({ format, mode, subnormals });
export const orderedInputs = (trial: TrialCase) => ({ ...arithmeticInputs(trial), order: trial.order });
