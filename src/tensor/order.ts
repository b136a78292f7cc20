/** Accumulation orders as values: which partial sums a sum of n terms forms, and in which order. */
import { InputError } from '../formats/index.ts';

export type Order =
  | { readonly kind: 'sequential' }
  | { readonly kind: 'reversed' }
  | { readonly kind: 'pairwise' }
  | { readonly kind: 'kahan' }
  | { readonly kind: 'blocked'; readonly block: number }
  | { readonly kind: 'lanes'; readonly lanes: number }
  | { readonly kind: 'splitk'; readonly chunks: number };

export const sequential: Order = Object.freeze({ kind: 'sequential' });

const EXPECTED = 'sequential, reversed, pairwise, blocked(b), lanes(w), splitk(s) or kahan';

/** @throws InputError where the text names no order. */
export function parseOrder(text: string): Order {
  const match = /^(\w+)(?:\((\d+)\))?$/.exec(text);
  const n = match?.[2] === undefined ? undefined : Number(match[2]);
  const sized = n !== undefined && Number.isSafeInteger(n) && n >= 1;
  switch (match?.[1]) {
    case 'sequential':
    case 'reversed':
    case 'pairwise':
    case 'kahan':
      if (n === undefined) return { kind: match[1] };
      break;
    case 'blocked':
      if (sized) return { kind: 'blocked', block: n };
      break;
    case 'lanes':
      if (sized) return { kind: 'lanes', lanes: n };
      break;
    case 'splitk':
      if (sized) return { kind: 'splitk', chunks: n };
      break;
  }
  throw new InputError(`order: expected ${EXPECTED}, got '${text}'`);
}

/** Whether a sum in this order can multiply and add with one rounding: every chain must be a plain one. */
export function allowsFma(order: Order): boolean {
  return order.kind !== 'pairwise' && order.kind !== 'kahan';
}

/** The text that `parseOrder` reads back. */
export function orderText(order: Order): string {
  switch (order.kind) {
    case 'blocked':
      return `blocked(${order.block})`;
    case 'lanes':
      return `lanes(${order.lanes})`;
    case 'splitk':
      return `splitk(${order.chunks})`;
    default:
      return order.kind;
  }
}

/** Terms first, first + step, …, `count` of them, added one after the other. */
export interface Chain {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

/**
 * A sum as chains of terms, whose sums are then added `sequential`ly or `pairwise`.
 * Kahan's sum is one chain with a compensation, which its caller adds.
 */
export interface Plan {
  readonly chains: readonly Chain[];
  readonly combine: 'sequential' | 'pairwise';
}

/** The plan of a sum of n ≥ 1 terms. Pairwise: every term is a chain of its own. Empty chains do not exist. */
export function planOf(order: Order, n: number): Plan {
  switch (order.kind) {
    case 'sequential':
    case 'kahan':
      return { chains: [{ first: 0, step: 1, count: n }], combine: 'sequential' };
    case 'reversed':
      return { chains: [{ first: n - 1, step: -1, count: n }], combine: 'sequential' };
    case 'pairwise':
      return { chains: Array.from({ length: n }, (_, k) => ({ first: k, step: 1, count: 1 })), combine: 'pairwise' };
    case 'blocked':
      return { chains: consecutive(n, order.block), combine: 'sequential' };
    case 'splitk':
      return { chains: consecutive(n, Math.ceil(n / order.chunks)), combine: 'sequential' };
    case 'lanes': {
      const lanes = Math.min(order.lanes, n);
      const chains = Array.from({ length: lanes }, (_, l) => ({
        first: l,
        step: order.lanes,
        count: Math.ceil((n - l) / order.lanes),
      }));
      return { chains, combine: 'pairwise' };
    }
  }
}

function consecutive(n: number, length: number): Chain[] {
  return Array.from({ length: Math.ceil(n / length) }, (_, b) => ({
    first: b * length,
    step: 1,
    count: Math.min(length, n - b * length),
  }));
}
