/**
 * Inner products of numbers of N decimal digits on the kernels, with the bits of the scalar interpreter: in one decimal
 * format throughout, to nearest even, terms ascending. The kernel leaves a few sums open (assembly/decimal.ts); those are
 * done by scalars.
 */
import { contextOf } from '../../arithmetic/softfloat.ts';
import { type DecimalFormat, sameNumbers } from '../../formats/index.ts';
import { decadeTable, powersOfTen } from '../../softfloat/decimal-round.ts';
import { rounderOf } from '../../softfloat/fast-round.ts';
import { scalarsOf } from '../../softfloat/scalar.ts';
import type { Numbers, OperationSpec } from '../../tensor/index.ts';
import type { Afterwards } from './finish.ts';
import type { Operand } from './operands.ts';
import type { Products } from './sums.ts';
import { type Address, jobKinds, type KernelMemory } from './wasm.ts';

/** The format in which everything at a site happens that the kernel does; undefined where it does not. */
export function decimalOf(spec: OperationSpec): DecimalFormat | undefined {
  const { out, input, product, accumulate, order, fma, mode, overflow, subnormals } = spec;
  if (out.kind !== 'decimal' || product === 'exact' || fma || order.kind !== 'sequential') return undefined;
  const plain = mode === 'nearest-even' && overflow === 'inf' && subnormals === 'keep';
  return plain && [input, product, accumulate].every((format) => sameNumbers(format, out)) ? out : undefined;
}

/** Columns of a panel, and bytes of one of its terms. */
const [COLUMNS, PANEL] = [4, 32];
/** A job is 11 integers, as assembly/decimal.ts has them. */
const JOB_BYTES = 11 * 4;
/** Multiplications of a task: a tenth of a millisecond of them. */
const TASK_SIZE = 1 << 14;
/** Bytes of an entry of each table, and how many decades the kernel's quick way knows. */
const [ENTRY, EXACT] = [32, 22];

const tables = new WeakMap<KernelMemory, Map<number, { readonly decades: Address; readonly powers: Address }>>();

/** The tables of a number of digits, written once for each memory. */
function tablesOf(memory: KernelMemory, digits: number) {
  let ofMemory = tables.get(memory);
  if (ofMemory === undefined) {
    ofMemory = new Map();
    tables.set(memory, ofMemory);
  }
  let known = ofMemory.get(digits);
  if (known === undefined) {
    known = writeTables(memory, digits);
    ofMemory.set(digits, known);
  }
  return known;
}

function writeTables(memory: KernelMemory, digits: number) {
  const { first, next } = decadeTable();
  const { high, low, inverseHigh, inverseLow } = powersOfTen();
  const decades = memory.allocateForever(first.length * ENTRY);
  const powers = memory.allocateForever(high.length * ENTRY);
  const powerFor = (decade: number): number => {
    const j = digits - 1 - decade;
    return j >= 0 && j <= EXACT ? high[j] : Number.NaN;
  };
  const numbers = memory.float64(decades, first.length * 4);
  const integers = memory.int32(decades, first.length * 8);
  for (let field = 0; field < first.length; field++) {
    numbers.set([next[field], powerFor(first[field]), powerFor(first[field] + 1)], field * 4);
    integers[field * 8 + 6] = first[field];
  }
  // A zero times 1 is itself; subnormal numbers are not for the quick way.
  numbers.set([Number.MIN_VALUE, 1, Number.NaN]);
  const both = memory.float64(powers, high.length * 4);
  high.forEach((h, j) => {
    both.set([h, low[j], inverseHigh[j], inverseLow[j]], j * 4);
  });
  return { decades, powers };
}

/** R of the sums of a·b in a's batches and what follows them, [batches, m, n]. */
export function decimalProducts(
  memory: KernelMemory,
  format: DecimalFormat,
  spec: OperationSpec,
  [a, b]: readonly [Operand, Operand],
  what: Pick<Products, 'shape' | 'transposed' | 'mask'>,
  after: Afterwards,
): Float64Array {
  const { m, n, k, batches, batchOfB } = what.shape;
  const result = new Float64Array(batches * m * n);
  const [left, right] = [roundedNumbers(a), roundedNumbers(b)];
  const { decades, powers } = tablesOf(memory, format.digits);
  const panelCount = Math.ceil(n / COLUMNS);
  const rowsPerTask = Math.max(1, Math.ceil(TASK_SIZE / (n * k)));
  for (let batch = 0; batch < batches; batch++) {
    memory.scope(() => {
      const rows = memory.copyIn(left.subarray(batch * m * k, (batch + 1) * m * k), 8);
      const panels = memory.allocate(panelCount * k * PANEL);
      pack(memory.float64(panels, panelCount * k * COLUMNS), right, batchOfB(batch) * k * n, what);
      const sums = memory.allocate(m * panelCount * PANEL);
      const masks = what.mask === undefined ? 0 : ranges(memory, what.mask, batch * m, m);
      memory.run({
        kind: jobKinds.decimal,
        tasks: Math.ceil(m / rowsPerTask),
        bytes: JOB_BYTES,
        write: (job) => {
          const fields = [rows, m, k, panels, panelCount, sums, masks, decades, powers, format.digits, rowsPerTask];
          memory.int32(job, fields.length).set(fields);
        },
      });
      const all = memory.float64(sums, m * panelCount * COLUMNS);
      for (let r = 0; r < m; r++) {
        const from = r * panelCount * COLUMNS;
        result.set(all.subarray(from, from + n), (batch * m + r) * n);
      }
    });
  }
  settle(result, left, right, spec, what);
  follow(result, spec, n, after);
  return result;
}

function roundedNumbers({ data, rounding }: Operand): Numbers {
  if (rounding === undefined) return data;
  const round = rounderOf(rounding);
  // Float64Array.from with a function takes several times as long (measured).
  const rounded = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) rounded[i] = round(data[i]);
  return rounded;
}

/** Four columns side by side, the last panel filled up with zeros. */
function pack(
  panels: Float64Array,
  b: Numbers,
  start: number,
  { shape, transposed }: Pick<Products, 'shape' | 'transposed'>,
) {
  const { n, k } = shape;
  const [rowStep, columnStep] = transposed ? [1, k] : [n, 1];
  if (n % COLUMNS !== 0) panels.fill(0, panels.length - k * COLUMNS);
  for (let j = 0; j < n; j++) {
    let at = Math.floor(j / COLUMNS) * k * COLUMNS + (j % COLUMNS);
    let from = start + j * columnStep;
    for (let t = 0; t < k; t++, at += COLUMNS, from += rowStep) panels[at] = b[from];
  }
}

function ranges(memory: KernelMemory, mask: NonNullable<Products['mask']>, first: number, count: number): Address {
  return memory.integersIn(Array.from({ length: count }, (_, r) => mask(first + r)).flat());
}

/** Does the sums that the kernel left open, NaN. */
function settle(
  sums: Float64Array,
  a: Numbers,
  b: Numbers,
  spec: OperationSpec,
  { shape, transposed, mask }: Pick<Products, 'shape' | 'transposed' | 'mask'>,
): void {
  const { m, n, k, batchOfB } = shape;
  const [rowStep, columnStep] = transposed ? [1, k] : [n, 1];
  const { add, mul } = scalarsOf(contextOf(spec, spec.out));
  for (let i = 0; i < sums.length; i++) {
    if (!Number.isNaN(sums[i])) continue;
    const row = Math.floor(i / n);
    const start = batchOfB(Math.floor(row / m)) * k * n + (i % n) * columnStep;
    const [from, to] = mask?.(row) ?? [0, k];
    let s = from > 0 ? 0 : -0;
    for (let t = from; t < to; t++) s = add(s, mul(a[row * k + t], b[start + t * rowStep]));
    sums[i] = to < k ? s + 0 : s;
  }
}

/** A bias, or the scale and the mask of scores, in place. Sums are numbers of `out`. */
function follow(sums: Float64Array, spec: OperationSpec, n: number, { bias, scale, visible }: Afterwards): void {
  const { add, mul } = scalarsOf(contextOf(spec, spec.out));
  if (bias !== undefined) for (let i = 0; i < sums.length; i++) sums[i] = add(sums[i], bias[i % n]);
  if (scale !== undefined) for (let i = 0; i < sums.length; i++) sums[i] = mul(sums[i], scale);
  if (visible === undefined) return;
  for (let row = 0; row * n < sums.length; row++) {
    const [from, to] = visible(row);
    sums.fill(Number.NEGATIVE_INFINITY, row * n, row * n + Math.max(0, from));
    sums.fill(Number.NEGATIVE_INFINITY, row * n + Math.min(n, Math.max(0, to)), (row + 1) * n);
  }
}
