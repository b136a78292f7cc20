/**
 * The diagnostics once more, slowly and from nothing of src: a plain forward pass over rows of numbers, each sequence by itself
 * (no padding), explicit Jacobians, explicit D × D products, full decompositions (ml-matrix).
 */
import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix';

export type Rows = number[][];

export interface PlainLinear {
  /** outputs × inputs. */
  readonly weight: Rows;
  readonly bias?: number[];
}
export interface PlainNorm {
  readonly gamma: number[];
  readonly beta?: number[];
}
export interface PlainLayer {
  readonly inputNorm?: PlainNorm;
  readonly postNorm: PlainNorm;
  readonly query: PlainLinear;
  readonly key: PlainLinear;
  readonly value: PlainLinear;
  readonly out: PlainLinear;
  readonly up: PlainLinear;
  readonly gate?: PlainLinear;
  readonly down: PlainLinear;
}
export interface PlainDecoder {
  readonly token: Rows;
  /** Learned positions; none without. */
  readonly position?: Rows;
  readonly layers: readonly PlainLayer[];
  readonly heads: number;
  readonly kvHeads: number;
  readonly norm: 'layerNorm' | 'rmsNorm';
  readonly epsilon: number;
  readonly placement: 'pre' | 'post';
  readonly activation: 'gelu-tanh' | 'silu';
}

const sum = (x: readonly number[]) => x.reduce((a, b) => a + b, 0);
const dot = (a: readonly number[], b: readonly number[]) => sum(a.map((x, i) => x * b[i]));
const fro = (rows: Rows) => Math.sqrt(sum(rows.flat().map((x) => x * x)));
const largest = (x: readonly number[]) => x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
const transpose = (a: Rows): Rows => a[0].map((_, j) => a.map((row) => row[j]));
const times = (a: Rows, b: Rows): Rows => a.map((row) => transpose(b).map((column) => dot(row, column)));
const abs = (a: Rows): Rows => a.map((row) => row.map(Math.abs));
const sigma = (a: Rows) => new SingularValueDecomposition(new Matrix(a), { autoTranspose: true }).diagonal;
const rowSum = (a: Rows) => largest(a.map((row) => sum(row.map(Math.abs))));
const median = (x: readonly number[]) => {
  const sorted = [...x].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
};

function linear({ weight, bias }: PlainLinear, x: Rows): Rows {
  return x.map((row) => weight.map((w, i) => dot(w, row) + (bias?.[i] ?? 0)));
}

/** What ε is added to. */
function spread(kind: PlainDecoder['norm'], x: readonly number[]): number {
  const mean = kind === 'layerNorm' ? sum(x) / x.length : 0;
  return sum(x.map((entry) => (entry - mean) ** 2)) / x.length;
}

function normOf(decoder: PlainDecoder, { gamma, beta }: PlainNorm, x: Rows): Rows {
  return x.map((row) => {
    const mean = decoder.norm === 'layerNorm' ? sum(row) / row.length : 0;
    const root = Math.sqrt(spread(decoder.norm, row) + decoder.epsilon);
    return row.map((entry, i) => (gamma[i] * (entry - mean)) / root + (beta?.[i] ?? 0));
  });
}

/** The Jacobian of the norm without γ and β, at a row: entry by entry. */
function normJacobian(decoder: PlainDecoder, x: readonly number[]): { z: number[]; J: Rows } {
  const D = x.length;
  const layerNorm = decoder.norm === 'layerNorm';
  const mean = layerNorm ? sum(x) / D : 0;
  const c = x.map((entry) => entry - mean);
  const s = spread(decoder.norm, x) + decoder.epsilon;
  const J = c.map((ci, i) =>
    c.map((cj, j) => ((i === j ? 1 : 0) - (layerNorm ? 1 / D : 0)) / Math.sqrt(s) - (ci * cj) / (D * s ** 1.5)),
  );
  return { z: c.map((ci) => ci / Math.sqrt(s)), J };
}

const activate = (kind: PlainDecoder['activation'], x: number) =>
  kind === 'silu'
    ? x / (1 + Math.exp(-x))
    : 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** θ(p) by every subset. */
function theta(p: readonly number[]): number {
  let best = 0;
  for (let set = 0; set < 2 ** p.length; set++) {
    const inside = sum(p.filter((_, i) => (set >> i) & 1));
    best = Math.max(best, 4 * inside * (1 - inside));
  }
  return best;
}

interface HeadTrace {
  readonly Q: Rows;
  readonly K: Rows;
  readonly V: Rows;
  readonly S: Rows;
  readonly P: Rows;
  readonly O: Rows;
}
interface LayerTrace {
  readonly before: Rows;
  readonly between: Rows;
  readonly after: Rows;
  /** What the branches are added to. */
  readonly bases: readonly [Rows, Rows];
  readonly branches: readonly [Rows, Rows];
  readonly heads: readonly HeadTrace[];
  readonly context: Rows;
  readonly mlpInput: Rows;
  readonly activated: Rows;
}

function trace(decoder: PlainDecoder, tokens: readonly number[]): { embedding: Rows; layers: LayerTrace[] } {
  const { heads, kvHeads } = decoder;
  let x = tokens.map((token, t) => decoder.token[token].map((e, i) => e + (decoder.position?.[t][i] ?? 0)));
  const embedding = x;
  const add = (a: Rows, b: Rows) => a.map((row, t) => row.map((entry, i) => entry + b[t][i]));
  const layers = decoder.layers.map((layer): LayerTrace => {
    const before = x;
    const normed = layer.inputNorm === undefined ? x : normOf(decoder, layer.inputNorm, x);
    const d = layer.query.weight.length / heads;
    const split = (rows: Rows, h: number) => rows.map((row) => row.slice(h * d, (h + 1) * d));
    const [q, k, v] = [layer.query, layer.key, layer.value].map((part) => linear(part, normed));
    const made = Array.from({ length: heads }, (_, h): HeadTrace => {
      const g = Math.floor((h * kvHeads) / heads);
      const [Q, K, V] = [split(q, h), split(k, g), split(v, g)];
      // Rows of what each query sees.
      const S = Q.map((row, t) => K.slice(0, t + 1).map((key) => dot(row, key) / Math.sqrt(d)));
      const P = S.map((row) => {
        const e = row.map((s) => Math.exp(s - largest(row)));
        return e.map((entry) => entry / sum(e));
      });
      const O = P.map((row) => V[0].map((_, i) => sum(row.map((p, j) => p * V[j][i]))));
      return { Q, K, V, S, P, O };
    });
    const context = tokens.map((_, t) => made.flatMap(({ O }) => O[t]));
    const attention = linear(layer.out, context);
    const base = decoder.placement === 'pre' ? before : normed;
    const between = add(base, attention);
    const mlpInput = normOf(decoder, layer.postNorm, between);
    const up = linear(layer.up, mlpInput);
    const gate = layer.gate && linear(layer.gate, mlpInput);
    const activated = up.map((row, t) =>
      row.map((entry, i) =>
        gate === undefined ? activate(decoder.activation, entry) : activate(decoder.activation, gate[t][i]) * entry,
      ),
    );
    const mlp = linear(layer.down, activated);
    const secondBase = decoder.placement === 'pre' ? between : mlpInput;
    x = add(secondBase, mlp);
    const bases = [base, secondBase] as const;
    return { before, between, after: x, bases, branches: [attention, mlp], heads: made, context, mlpInput, activated };
  });
  return { embedding, layers };
}

/** Square, zeros where masked. */
const full = (rows: Rows): Rows => rows.map((row) => [...row, ...new Array(rows.length - row.length).fill(0)]);

function jacobianNorm(p: readonly number[]): number {
  const J = p.map((a, i) => p.map((b, j) => (i === j ? a : 0) - a * b));
  return largest(new EigenvalueDecomposition(new Matrix(J), { assumeSymmetric: true }).realEigenvalues);
}

function headValues({ Q, K, V, S, P, O }: HeadTrace): Record<string, number> {
  const root = Math.sqrt(Q[0].length);
  const J = P.map(jacobianNorm);
  const length = (row: readonly number[]) => Math.sqrt(dot(row, row));
  const v = sigma(V);
  return {
    kappa_score: (fro(Q) * fro(K)) / (root * fro(S)),
    kappa_score_spectral: (sigma(Q)[0] * sigma(K)[0]) / (root * sigma(full(S))[0]),
    kappa_softmax: (fro(S) / fro(P)) * largest(J),
    kappa_softmax_row: largest(J.map((norm, i) => (norm * length(S[i])) / length(P[i]))),
    jacobian: largest(J),
    kappa_v: v[0] / (v[v.length - 1] + 3e-6),
    kappa_val: (fro(P) * v[0]) / fro(O),
  };
}

function weightValues(key: Rows, query: Rows): Record<string, number> {
  const product = times(transpose(key), query);
  const s = sigma(product).slice(0, Math.min(key.length, key[0].length));
  const absolute = sigma(times(transpose(abs(key)), abs(query)))[0];
  const condition = s[0] / s[s.length - 1];
  return {
    kq_largest: s[0],
    kq_smallest: s[s.length - 1],
    kq_condition: condition,
    kq_stable_rank: (fro(product) / s[0]) ** 2,
    kq_absolute: absolute,
    kq_absolute_low: absolute,
    kq_ratio: absolute / s[0],
    kq_factor: absolute * condition,
  };
}

export interface SlowLayer {
  readonly values: Record<string, number | null>;
  readonly heads: readonly Record<string, number>[];
  readonly rows: Record<string, number[]>;
}

/**
 * @param u and epsMach of the policy's format
 * @param everyRow also what takes every subset of tokens, or an explicit Jacobian, of each row
 */
export function slowDiagnostics(
  decoder: PlainDecoder,
  sequences: readonly (readonly number[])[],
  { u, epsMach, everyRow }: { readonly u: number; readonly epsMach: number; readonly everyRow: boolean },
): SlowLayer[] {
  const traces = sequences.map((tokens) => trace(decoder, tokens));
  const all = (of: (layer: LayerTrace) => Rows, l: number): Rows => traces.flatMap(({ layers }) => of(layers[l]));
  const first = fro(traces.flatMap(({ embedding }) => embedding));
  const { heads, kvHeads, epsilon } = decoder;
  const made = decoder.layers.map((layer, l) => {
    const D = decoder.token[0].length;
    const d = layer.query.weight.length / heads;
    const slice = ({ weight }: PlainLinear, h: number) => weight.slice(h * d, (h + 1) * d);
    const kv = (h: number) => Math.floor((h * kvHeads) / heads);
    const each = Array.from({ length: heads }, (_, h) => {
      const found = traces.map(({ layers }) => headValues(layers[l].heads[h]));
      const worst = Object.keys(found[0]).map((name) => [name, largest(found.map((values) => values[name]))]);
      return { ...Object.fromEntries(worst), ...weightValues(slice(layer.key, kv(h)), slice(layer.query, h)) };
    });
    const parts = traces.flatMap(({ layers }) => layers[l].heads);
    const rows = {
      entropy: parts.flatMap(({ P }) => P.map((p) => -sum(p.map((x) => (x > 0 ? x * Math.log(x) : 0))))),
      p_max: parts.flatMap(({ P }) => P.map(largest)),
      theta: everyRow ? parts.flatMap(({ P }) => P.map(theta)) : [],
      ...(everyRow &&
        normRows(
          decoder,
          layer.inputNorm,
          all(({ before }) => before, l),
          'attn',
        )),
      ...(everyRow &&
        normRows(
          decoder,
          layer.postNorm,
          all(({ between }) => between, l),
          'mlp',
        )),
    };

    const values: Record<string, number | null> = {};
    for (const name of Object.keys(each[0])) {
      const column = each.map((head) => head[name]);
      const least = name === 'kq_smallest' || name === 'kq_stable_rank';
      values[name] = least ? -largest(column.map((x) => -x)) : largest(column);
      values[`${name}_median`] = median(column);
    }
    const [out, up, down] = [layer.out, layer.up, layer.down].map(({ weight }) => sigma(weight));
    const gate = layer.gate && sigma(layer.gate.weight);
    const condition = (s: readonly number[]) => s[0] / (s[s.length - 1] + 1e-6);
    const ones = (w: Rows) => Math.sqrt(sum(w.map((row) => sum(row.map(Math.abs)) ** 2)));
    const pairs = Array.from({ length: heads }, (_, h) => ones(slice(layer.key, kv(h))) * ones(slice(layer.query, h)));
    const ov = Array.from({ length: kvHeads }, (_, h) => rowSum(slice(layer.value, h)));
    const norms = [
      { norm: layer.inputNorm, x: all(({ before }) => before, l) },
      { norm: layer.postNorm, x: all(({ between }) => between, l) },
    ].filter((entry): entry is { norm: PlainNorm; x: Rows } => entry.norm !== undefined);
    const spreads = norms.map(({ x }) => x.map((row) => spread(decoder.norm, row)));
    const mean = spreads.map((v) => sum(v) / v.length);
    const gains = norms.map(
      ({ norm, x }, i) =>
        (largest(norm.gamma.map(Math.abs)) * (epsilon + 2 * mean[i]) * fro(x)) / (mean[i] + epsilon) ** 1.5,
    );
    const at = (of: (layer: LayerTrace) => Rows) => fro(all(of, l));
    const tokens = all(({ after }) => after, l).length;
    const a = at(({ branches }) => branches[0]) / at(({ bases }) => bases[0]);
    const m = at(({ branches }) => branches[1]) / at(({ bases }) => bases[1]);
    const kappaEff = condition(up) + condition(down) + condition(out);
    const cLN = largest(spreads.map((v) => Math.sqrt(median(v)) / Math.sqrt(epsilon) + median(v) / epsilon + 1));
    const together = (of: (head: HeadTrace) => Rows) => fro(parts.flatMap(of));
    const [Q, K, S, P] = [
      together(({ Q }) => Q),
      together(({ K }) => K),
      together(({ S }) => S),
      together(({ P }) => P),
    ];
    const [smx, V] = [largest(each.map((head) => head.jacobian)), largest(parts.map((part) => sigma(part.V)[0]))];
    const attention = ((S / P) * smx + (Q * K * smx) / (P * Math.sqrt(d))) * P * V;
    const ln = sum(gains);
    const input = at(({ mlpInput }) => mlpInput);
    const remainder =
      out[0] * at(({ context }) => context) +
      up[0] * input +
      down[0] * at(({ activated }) => activated) +
      (gate?.[0] ?? 0) * input;
    const local = attention + ln + remainder;
    const rhoLn = largest(mean.map((v) => (v * D * u) / epsilon));
    const v1 =
      (values.kappa_softmax_row as number) *
      (1 + (values.kappa_score_spectral as number)) *
      (values.kappa_v as number) *
      out[0];
    Object.assign(values, {
      omega_ov: rowSum(layer.out.weight) * largest(ov),
      omega_kq: (2 / Math.sqrt(d)) * largest(pairs),
      omega_ud: rowSum(layer.up.weight) * rowSum(layer.down.weight),
      omega_gd: layer.gate === undefined ? null : rowSum(layer.gate.weight) * rowSum(layer.down.weight),
      ...{ norm_o: out[0], norm_up: up[0], norm_down: down[0], norm_gate: gate?.[0] ?? null },
      ...{ kappa_o: condition(out), kappa_up: condition(up), kappa_down: condition(down), kappa_eff: kappaEff },
      kappa_gate: gate === undefined ? null : condition(gate),
      v_attn: layer.inputNorm === undefined ? null : mean[0],
      v_mlp: mean[mean.length - 1],
      c_ln: cLN,
      rho_ln_first: largest(spreads.map((v) => (median(v) * D * epsMach) / epsilon)),
      rho_ln: rhoLn,
      growth_attn: at(({ between }) => between) / first,
      growth_mlp: at(({ after }) => after) / first,
      rms_attn: at(({ between }) => between) / Math.sqrt(tokens * D),
      rms_mlp: at(({ after }) => after) / Math.sqrt(tokens * D),
      ...{ gain_attn: a, gain_mlp: m },
      rho_first: Math.min(0.9, out[0] + down[0] * up[0]),
      rho_final: a + m * (1 + a),
      a1_attention: v1,
      a1_prediction: epsMach * (v1 + kappaEff + cLN),
      ...{ a2_attention: attention, a2_norms: ln, a2_remainder: remainder, a2_local: local, a2_dominance: ln / local },
    });
    return { values, heads: each, rows, last: at(({ after }) => after), rhoLn };
  });
  // What comes after a layer.
  let [downstream, transported] = [1, 1];
  for (const { values, rhoLn } of [...made].reverse()) {
    const untransported = (u * (values.a2_local as number)) / made[made.length - 1].last;
    const risk = untransported * downstream;
    values.a1_transported = (values.a1_prediction as number) * transported;
    values.a2_downstream = downstream;
    values.a2_untransported = untransported;
    values.a2_risk = risk;
    values.a2_score = risk * (1 + (values.a2_dominance as number)) * (1 + rhoLn);
    downstream *= (1 + (values.gain_attn as number)) * (1 + (values.gain_mlp as number));
    transported *= 1 + (values.rho_first as number);
  }
  return made.map(({ values, heads: each, rows }) => ({ values, heads: each, rows }));
}

/** Condition numbers of every row, from its explicit Jacobian. */
function normRows(decoder: PlainDecoder, norm: PlainNorm | undefined, x: Rows, half: string): Record<string, number[]> {
  if (norm === undefined) return {};
  const found = x.map((row) => {
    const { z, J } = normJacobian(decoder, row);
    const length = (v: readonly number[]) => Math.sqrt(dot(v, v));
    const componentwise = J.map((entries, i) => sum(entries.map((e, j) => Math.abs(e * row[j]))) / Math.abs(z[i]));
    return { componentwise: largest(componentwise), normwise: (sigma(J)[0] * length(row)) / length(z) };
  });
  return {
    [`cond_${half}`]: found.map(({ componentwise }) => componentwise),
    [`cond2_${half}`]: found.map(({ normwise }) => normwise),
  };
}
