/** The inputs that bounds share, as schemas: vectors, matrices and an arithmetic. */
import { z } from 'zod';
import { type Format, InputError, parseFormat, type RoundingMode, roundingModes } from '../formats/index.ts';
import { type Order, parseOrder, sequential } from '../tensor/order.ts';

/** Rows × columns numbers, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

function numbersOf(value: unknown): Float64Array | undefined {
  if (!(Array.isArray(value) || value instanceof Float64Array || value instanceof Float32Array)) return undefined;
  const numbers = Float64Array.from(value as ArrayLike<number>);
  return (value as unknown[]).every?.((x) => typeof x === 'number') ? numbers : undefined;
}

/** A nonempty list of finite numbers. */
export const vector = (meaning: string) =>
  z
    .unknown()
    .transform((value, context) => {
      const numbers = numbersOf(value);
      if (numbers !== undefined && numbers.length > 0 && numbers.every(Number.isFinite)) return numbers;
      context.addIssue({ code: 'custom', message: 'expected a nonempty array of finite numbers' });
      return z.NEVER;
    })
    .describe(meaning);

/** Bounds of magnitudes: a nonempty list of nonnegative numbers. */
export const magnitudes = (meaning: string) =>
  vector(meaning)
    .refine((numbers) => numbers.every((x) => x >= 0), 'expected nonnegative numbers')
    .describe(meaning);

/** Equally long nonempty rows of finite numbers, or { shape: [rows, columns], data }. */
export const matrix = (meaning: string) =>
  z
    .unknown()
    .transform((value, context): Matrix => {
      const made = matrixOf(value);
      if (made !== undefined) return made;
      context.addIssue({
        code: 'custom',
        message: 'expected rows of equally many finite numbers, or { shape: [rows, columns], data }',
      });
      return z.NEVER;
    })
    .describe(meaning);

/** A matrix of nonnegative numbers. */
export const magnitudeMatrix = (meaning: string) =>
  matrix(meaning)
    .refine(({ data }) => data.every((x) => x >= 0), 'expected nonnegative numbers')
    .describe(meaning);

/** @throws InputError where the sizes of two inputs do not fit together */
export function requireEqual(what: string, expected: number, got: number): void {
  if (expected !== got) throw new InputError(`${what}: expected ${expected}, got ${got}`);
}

function matrixOf(value: unknown): Matrix | undefined {
  if (Array.isArray(value)) {
    const rows = value.map(numbersOf);
    const columns = rows[0]?.length ?? 0;
    if (columns === 0 || rows.some((row) => row === undefined || row.length !== columns)) return undefined;
    const data = Float64Array.from(rows.flatMap((row) => [...(row as Float64Array)]));
    return data.every(Number.isFinite) ? { rows: rows.length, columns, data } : undefined;
  }
  const { shape, data } = (value ?? {}) as { shape?: unknown; data?: unknown };
  const numbers = numbersOf(data);
  if (!Array.isArray(shape) || shape.length !== 2 || numbers === undefined || numbers.length === 0) return undefined;
  if (shape[0] * shape[1] !== numbers.length || !numbers.every(Number.isFinite)) return undefined;
  return { rows: shape[0], columns: shape[1], data: numbers };
}

/** A format by name or as a record. */
export const format = z
  .unknown()
  .transform((value, context): Format => {
    if (typeof value === 'object' && value !== null && 'kind' in value && 'u' in value) return value as Format;
    try {
      if (typeof value === 'string') return parseFormat(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
    context.addIssue({ code: 'custom', message: 'expected a format, such as bf16' });
    return z.NEVER;
  })
  .describe('the format of every rounding, such as bf16');

/** What an arithmetic is made of, for a bound's inputs. */
export const arithmetic = {
  format,
  mode: z
    .enum([...roundingModes, 'stochastic'] as [RoundingMode, ...RoundingMode[], 'stochastic'])
    .optional()
    .describe('rounding mode (default: nearest-even)'),
  subnormals: z.enum(['keep', 'flush']).optional().describe('gradual underflow, or flush to zero (default: keep)'),
};

/** An accumulation order by name; sequential where none is given. */
export const order = z
  .string()
  .optional()
  .transform((value, context): Order => {
    try {
      return value === undefined ? sequential : parseOrder(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  })
  .describe('accumulation order of the sums, such as pairwise (default: sequential)');

/** A relative error, 0 where none is given. */
export const relativeError = (meaning: string) => z.number().nonnegative().optional().describe(meaning);

/** Whether query i of m sees only the keys 0 … i + (n − m) of n. */
export const causal = z.boolean().optional().describe('each query sees its own key and those before it (default: all)');

/**
 * The entries that each query sees.
 * @throws InputError where a query sees none
 */
export function visibleRows({ rows, columns, data }: Matrix, masked: boolean | undefined): Float64Array[] {
  if (masked === true && columns < rows)
    throw new InputError(`causal: expected at least as many keys as queries, got ${columns} and ${rows}`);
  return Array.from({ length: rows }, (_, i) =>
    data.slice(i * columns, i * columns + (masked === true ? i + 1 + columns - rows : columns)),
  );
}
