/** Policies: which operation spec holds at which site, as text. The grammar is in docs/semantics.md. */
import {
  type Format,
  formatOrUndefined,
  formats,
  InputError,
  parseFormat,
  roundingModes,
  sameNumbers,
} from '../formats/index.ts';
import { kernelsText, ordersOf, parseKernels } from './kernels.ts';
import { linearMethodText, parseLinearMethod } from './linear-method.ts';
import { allowsFma, type Order, orderText, parseOrder } from './order.ts';
import { type Mode, type OperationSpec, uniformSpec } from './spec.ts';

export interface Policy {
  /** The text it was parsed from. */
  readonly text: string;
  /** The spec of a site; the same object each time. */
  specFor(site: string): OperationSpec;
}

/** The last component of a site's name: `layers.3.query` is a `query`. */
export function siteKind(site: string): string {
  return site.slice(site.lastIndexOf('.') + 1);
}

/** The kinds of sites that multiply matrices: those of decoders, and single operations. */
export const matmulKinds: ReadonlySet<string> = new Set([
  ...['matmul', 'linear'],
  ...['query', 'key', 'value', 'scores', 'context', 'attn_out', 'mlp_up', 'mlp_gate', 'mlp_out', 'logits'],
]);

const linearKinds: ReadonlySet<string> = new Set(
  [...matmulKinds].filter((kind) => !['matmul', 'scores', 'context'].includes(kind)),
);

/** What `autocast` leaves in its format; the norms, softmax and residuals run in fp32. */
const autocastKinds: ReadonlySet<string> = new Set([...matmulKinds, 'mlp_act']);

type Change = Partial<OperationSpec>;

/**
 * Reads `base { ";" override }`.
 * @param sites where it is to be used: patterns are then checked to match one, and every site's spec to make sense
 * @throws InputError where the text is not of the grammar, a pattern matches no site, or a matmul would use fma in an
 * order that has none.
 */
export function parsePolicy(text: string, sites?: readonly string[]): Policy {
  if (typeof text !== 'string') throw new InputError(`policy: expected a text, got ${typeof text}`);
  const [base, ...overrides] = text.split(';').map((part) => part.trim());
  const specOf = parseBase(base);
  const changes = overrides.map((override) => {
    const { pattern, items } = splitOverride(override);
    const change: Change = Object.assign({}, ...items.split(',').map((item) => parseItem(item.trim())));
    return { pattern, matches: patternTest(pattern), change };
  });
  const specs = new Map<string, OperationSpec>();
  const specFor = (site: string): OperationSpec => {
    let spec = specs.get(site);
    if (spec === undefined) {
      const matching = changes.filter(({ matches }) => matches(site));
      spec = Object.assign({ ...specOf(site) }, ...matching.map(({ change }) => change)) as OperationSpec;
      specs.set(site, spec);
    }
    return spec;
  };
  if (sites !== undefined) {
    for (const { pattern, matches } of changes) checkPattern(pattern, matches, sites);
    for (const site of sites) checkSpec(site, specFor(site));
  }
  return { text, specFor };
}

function checkPattern(pattern: string, matches: (site: string) => boolean, sites: readonly string[]): void {
  if (sites.some(matches)) return;
  throw new InputError(`policy: expected a pattern that matches a site, got '${pattern}'; sites are ${summary(sites)}`);
}

/** Reads the spec of one operation from the text of a policy whose patterns are not used: `bf16; order=pairwise`. */
export function parseSpec(text: string): OperationSpec {
  return parsePolicy(text, ['matmul']).specFor('matmul');
}

/** The text that `parseSpec` reads back. */
export function specText(spec: OperationSpec): string {
  const product = spec.product === 'exact' ? 'exact' : spec.product.name;
  const formatItems = `input=${spec.input.name}, product=${product}, accumulate=${spec.accumulate.name}`;
  const variants = (['bias', 'mode', 'overflow', 'subnormals', 'softmax', 'rotary', 'seed'] as const)
    .map((key) => `${key}=${spec[key]}`)
    .join(', ');
  return `${spec.out.name}; ${formatItems}, order=${orderText(spec.order)}, kernels=${kernelsText(spec.kernels)}, fma=${spec.fma ? 'on' : 'off'}, linear=${linearMethodText(spec.linear)}, ${variants}`;
}

function parseBase(text: string): (site: string) => OperationSpec {
  const autocast = /^autocast\((.+)\)$/.exec(text);
  const format = formatOrUndefined((autocast ? autocast[1] : text).trim());
  if (format === undefined) {
    throw new InputError(
      `policy: expected a format (such as bf16, e5m10, decimal:8) or autocast(format) at its start, got '${text}'`,
    );
  }
  if (!autocast) return () => uniformSpec(format);
  const low = { ...uniformSpec(format), product: 'exact', accumulate: formats.fp32, bias: 'fused' } as const;
  return (site) => (autocastKinds.has(siteKind(site)) ? low : uniformSpec(formats.fp32));
}

function splitOverride(text: string): { pattern: string; items: string } {
  // The colon of decimal:8 belongs to an item.
  const match = /^([^\s:=,()]+)\s*:\s*(.*)$/.exec(text);
  return match && match[1] !== 'decimal' ? { pattern: match[1], items: match[2] } : { pattern: '*', items: text };
}

/** A test for names: `*` matches any characters, dots too. */
export function patternTest(pattern: string): (name: string) => boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${literal.join('.*')}$`, 's');
  return (name) => expression.test(name);
}

function parseItem(item: string): Change {
  const equals = item.indexOf('=');
  if (equals < 0) {
    const format = formatOrUndefined(item);
    if (format === undefined) throw new InputError(`policy: expected a format or key=value, got '${item}'`);
    return { input: format, product: format, accumulate: format, out: format };
  }
  const key = item.slice(0, equals).trim();
  const parse = Object.hasOwn(itemParsers, key) ? itemParsers[key] : undefined;
  if (parse === undefined) {
    throw new InputError(`policy: expected a key of ${Object.keys(itemParsers).join(', ')}, got '${key}'`);
  }
  return parse(item.slice(equals + 1).trim());
}

const modes: readonly Mode[] = [...roundingModes, 'stochastic'];

const itemParsers: Record<string, (value: string) => Change> = {
  input: (value) => ({ input: formatOf('input', value) }),
  product: (value) => ({ product: value === 'exact' ? value : formatOf('product', value, 'exact, ') }),
  accumulate: (value) => ({ accumulate: formatOf('accumulate', value) }),
  out: (value) => ({ out: formatOf('out', value) }),
  order: (value) => ({ order: parseOrder(value) }),
  kernels: (value) => ({ kernels: parseKernels(value) }),
  fma: (value) => ({ fma: oneOf('fma', value, ['on', 'off']) === 'on' }),
  bias: (value) => ({ bias: oneOf('bias', value, ['separate', 'fused']) }),
  linear: (value) => ({ linear: parseLinearMethod(value) }),
  mode: (value) => ({ mode: oneOf<Mode>('mode', value, modes) }),
  overflow: (value) => ({ overflow: oneOf('overflow', value, ['inf', 'saturate']) }),
  subnormals: (value) => ({ subnormals: oneOf('subnormals', value, ['keep', 'flush']) }),
  softmax: (value) => ({ softmax: oneOf('softmax', value, ['shifted', 'unshifted']) }),
  rotary: (value) => ({ rotary: oneOf('rotary', value, ['exact', 'float32-angles']) }),
  seed: (value) => {
    const seed = Number(value);
    if (/^\d+$/.test(value) && Number.isSafeInteger(seed)) return { seed };
    throw new InputError(`policy: seed: expected an integer from 0 to 2^53 − 1, got '${value}'`);
  },
};

function formatOf(key: string, value: string, others = ''): Format {
  if (formatOrUndefined(value) !== undefined) return parseFormat(value);
  throw new InputError(
    `policy: ${key}: expected ${others}${Object.keys(formats).join(', ')}, eXmY or decimal:N, got '${value}'`,
  );
}

function oneOf<T extends string>(key: string, value: string, values: readonly T[]): T {
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw new InputError(`policy: ${key}: expected ${values.join(' or ')}, got '${value}'`);
  return found;
}

function checkSpec(site: string, spec: OperationSpec): void {
  const refused = refusedFma(spec);
  if (refused !== undefined && matmulKinds.has(siteKind(site))) {
    throw new InputError(`policy: ${site}: fma has no ${refused.kind} order; choose another order there, or fma=off`);
  }
  const objection = linearKinds.has(siteKind(site)) ? linearObjection(spec) : undefined;
  if (objection !== undefined) throw new InputError(`policy: ${site}: ${objection}`);
}

/** Why a linear layer cannot be multiplied as its spec says; undefined where it can. */
export function linearObjection({ linear, input, out, mode, overflow, subnormals }: OperationSpec): string | undefined {
  if (linear === 'plain') return undefined;
  const plain = mode === 'nearest-even' && overflow === 'inf' && subnormals === 'keep';
  if (plain && [input, out].every((format) => sameNumbers(format, formats.fp16))) return undefined;
  return `linear=int8 expects input=fp16, out=fp16, mode=nearest-even, overflow=inf and subnormals=keep, got input=${input.name}, out=${out.name}, mode=${mode}, overflow=${overflow}, subnormals=${subnormals}`;
}

/** The order among those of a spec with fma in which a matmul has none; undefined where it has. */
export function refusedFma(spec: OperationSpec): Order | undefined {
  return spec.fma ? ordersOf(spec).find((order) => !allowsFma(order)) : undefined;
}

function summary(sites: readonly string[]): string {
  const shown = sites.filter((site) => !/^layers\.[1-9]/.test(site));
  return `${shown.join(', ')}${shown.length < sites.length ? ' and those of the other layers' : ''}`;
}
