/** Accumulation orders and policies, as the text that `simulate`, `analyze` and `parsePolicy` read. */
import { roundingModes } from '../../formats/index.ts';
import type { Arbitrary, FastCheck } from './fast-check.ts';
import { format } from './numbers.ts';

export interface OrderConstraints {
  /** Only orders in which a product can be added with one rounding. Default: false. */
  readonly fma?: boolean;
}

/** Accumulation orders, such as `blocked(8)`. Shrinks to `sequential`. */
export function order(fc: FastCheck, { fma = false }: OrderConstraints = {}): Arbitrary<string> {
  const plain = fc.constantFrom('sequential', 'reversed', ...(fma ? [] : ['pairwise', 'kahan']));
  const sized = fc
    .tuple(fc.constantFrom('blocked', 'lanes', 'splitk'), fc.integer({ min: 1, max: 64 }))
    .map(([kind, size]) => `${kind}(${size})`);
  return fc.oneof({ withCrossShrink: true }, plain, sized);
}

export interface PolicyConstraints {
  /** Patterns of sites that may have items of their own, such as `*_residual`. Each must match a site. Default: none. */
  readonly patterns?: readonly string[];
  /** Whether a policy may round stochastically. Default: true. */
  readonly stochastic?: boolean;
}

/** Policies, such as `bf16; accumulate=fp32, order=lanes(8); *_residual: fp32`. Shrinks to a format alone. */
export function policy(fc: FastCheck, { patterns = [], stochastic = true }: PolicyConstraints = {}): Arbitrary<string> {
  const name = format(fc).map((drawn) => drawn.name);
  const modes = [...roundingModes, ...(stochastic ? ['stochastic'] : [])];
  const item = (key: string, values: Arbitrary<string | number>): Arbitrary<string> =>
    values.map((value) => `${key}=${value}`);
  const formatsAndModes = [
    item('product', fc.oneof({ withCrossShrink: true }, fc.constant('exact'), name)),
    item('accumulate', name),
    item('mode', fc.constantFrom(...modes)),
    item('subnormals', fc.constantFrom('keep', 'flush')),
    item('overflow', fc.constantFrom('inf', 'saturate')),
  ];
  const orders = fc.oneof(
    { withCrossShrink: true },
    item('order', order(fc)),
    // fma has no pairwise and no compensated order.
    order(fc, { fma: true }).map((text) => `fma=on, order=${text}`),
  );
  const everywhere = [
    ...formatsAndModes,
    orders,
    item('kernels', fc.constantFrom('invariant', 'shaped')),
    item('bias', fc.constantFrom('separate', 'fused')),
    item('softmax', fc.constantFrom('shifted', 'unshifted')),
    item('seed', fc.nat()),
  ];
  const some = (items: readonly Arbitrary<string>[]): Arbitrary<string> =>
    fc.tuple(...items.map((text) => fc.option(text, { nil: '' }))).map((texts) => texts.filter(Boolean).join(', '));
  const base = fc.oneof(
    { withCrossShrink: true },
    name,
    name.map((text) => `autocast(${text})`),
  );
  const overrides = patterns.map((pattern) =>
    some([name, ...formatsAndModes, item('order', order(fc, { fma: true }))]).map(
      (text) => text && `${pattern}: ${text}`,
    ),
  );
  return fc.tuple(base, some(everywhere), ...overrides).map((parts) => parts.filter(Boolean).join('; '));
}
