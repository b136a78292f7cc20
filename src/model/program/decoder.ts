/**
 * The decoder's forward pass, written once over the arithmetic interface. A run is `embed`, then each half block, then
 * `predict`; parameters are handed in one layer at a time.
 */
import type { Arithmetic, Linear, Norm, RealTable, RotaryTables } from '../../arithmetic/arithmetic.ts';
import { sqrtOfRatio } from '../../softfloat/real.ts';
import { rowLength, type Tensor } from '../../tensor/index.ts';
import type { DecoderConfig } from '../config.ts';
import type { Embedding, Head, Layer } from '../decoder-source.ts';
import { type Batch, positionsOf } from './batch.ts';
import type { KeyValueCache } from './key-value-cache.ts';
import { rotaryTables } from './rotary.ts';
import { type HalfBlock, layerPrefix } from './taps.ts';

/**
 * Receives every tap in program order. A value that it returns takes the tap's place in everything that follows, so that a
 * program can go on from numbers that another one recorded.
 */
export type OnTap<V> = (tap: string, value: V) => V | undefined;

/** A decoder's program for one batch. The same object runs under any number of interpreters. */
export class DecoderProgram {
  readonly config: DecoderConfig;
  readonly batch: Batch;
  private readonly scale: RealTable;
  private readonly rotary: RotaryTables | undefined;

  constructor(config: DecoderConfig, batch: Batch) {
    this.config = config;
    this.batch = batch;
    this.scale = { shape: [], reals: [sqrtOfRatio(1n, BigInt(config.headWidth))] };
    this.rotary = config.positionEncoding === 'rotary' ? rotaryTables(config, batch) : undefined;
  }

  /** The residual stream before the first block, [batch, tokens, width]. */
  embed<V>(A: Arithmetic<V>, { token, position }: Embedding, tap: OnTap<V>): V {
    const { batch } = this;
    const shape = [batch.tokens.length, batch.length, this.config.width];
    const tokens = A.parameter('embed', rows(token, batch.tokens.flat(), shape));
    const x =
      position === undefined
        ? tokens
        : A.add('embed', tokens, A.parameter('embed', rows(position, positionsOf(batch).flat(), shape)));
    return tap('embed', x) ?? x;
  }

  /**
   * One half block: the residual stream x before it to the residual stream after it.
   * @param cache takes the keys and values of this batch's columns, and has those of the columns before them
   */
  halfBlock<V>(A: Arithmetic<V>, half: HalfBlock, layer: Layer, x: V, tap: OnTap<V>, cache?: KeyValueCache<V>): V {
    const site = (name: string): string => layerPrefix(half.layer) + name;
    const attention = half.kind === 'attention';
    const normSite = site(attention ? 'input_norm' : 'post_norm');
    const norm = attention ? layer.inputNorm : layer.postNorm;
    let normed = x;
    if (norm !== undefined) {
      normed = this.norm(A, normSite, x, norm);
      normed = tap(normSite, normed) ?? normed;
    }
    const branch = attention
      ? this.attention(A, half.layer, layer, normed, tap, cache)
      : this.mlp(A, site, layer, normed, tap);
    const stream = this.config.normPlacement === 'pre' ? x : normed;
    const sum = A.add(half.name, stream, branch);
    return tap(half.name, sum) ?? sum;
  }

  /** Logits [batch, tokens, vocabulary] of the residual stream after the last block. */
  predict<V>(A: Arithmetic<V>, head: Head, x: V, tap: OnTap<V>): V {
    const norm = this.norm(A, 'final_norm', x, head.finalNorm);
    const normed = tap('final_norm', norm) ?? norm;
    const logits = A.linear('logits', normed, head.output);
    return tap('logits', logits) ?? logits;
  }

  private norm<V>(A: Arithmetic<V>, site: string, x: V, norm: Norm): V {
    const { normEpsilon } = this.config;
    return this.config.norm === 'layerNorm'
      ? A.layerNorm(site, x, norm, normEpsilon)
      : A.rmsNorm(site, x, norm, normEpsilon);
  }

  private attention<V>(
    A: Arithmetic<V>,
    index: number,
    layer: Layer,
    x: V,
    tap: OnTap<V>,
    cache: KeyValueCache<V> | undefined,
  ): V {
    const site = (name: string): string => layerPrefix(index) + name;
    const { heads, kvHeads, headWidth } = this.config;
    const { mask, first } = this.batch;
    const at = (name: string, value: V): V => tap(site(name), value) ?? value;
    const project = (name: string, linear: Linear, count: number, rotates: boolean): V => {
      const split = this.splitHeads(A, A.linear(site(name), x, linear), count);
      return at(name, rotates && this.rotary !== undefined ? A.rotate(site(name), split, this.rotary) : split);
    };
    const query = project('query', layer.query, heads, true);
    const key = project('key', layer.key, kvHeads, true);
    const value = project('value', layer.value, kvHeads, false);
    const [keys, values] = cache === undefined ? [key, value] : cache.extended(A, index, first, key, value);

    const sites = { scores: site('scores'), probs: site('probs'), context: site('context') };
    const whole = A.attention?.(sites, query, keys, values, this.scale, mask);
    const scores = at('scores', whole?.scores ?? A.scores(sites.scores, query, keys, this.scale, mask));
    // What a tap has replaced is what follows stands on, not what came with it.
    const probs = at('probs', scores === whole?.scores ? whole.probs : A.softmax(sites.probs, scores, mask));
    const perHead = probs === whole?.probs ? whole.context : A.matmul(sites.context, probs, values, { mask });
    const merged = A.reshape(A.permute(perHead, [0, 2, 1, 3]), [...A.shape(x).slice(0, 2), heads * headWidth]);
    const context = at('context', merged);
    return at('attn_out', A.linear(site('attn_out'), context, layer.attentionOutput));
  }

  /** [batch, tokens, heads·d] to [batch, heads, tokens, d]: heads are contiguous slices of the width. */
  private splitHeads<V>(A: Arithmetic<V>, x: V, heads: number): V {
    const [batch, tokens] = A.shape(x);
    return A.permute(A.reshape(x, [batch, tokens, heads, this.config.headWidth]), [0, 2, 1, 3]);
  }

  private mlp<V>(A: Arithmetic<V>, site: (name: string) => string, layer: Layer, x: V, tap: OnTap<V>): V {
    const at = (name: string, value: V): V => tap(site(name), value) ?? value;
    const gate = layer.gate === undefined ? undefined : at('mlp_gate', A.linear(site('mlp_gate'), x, layer.gate));
    const up = at('mlp_up', A.linear(site('mlp_up'), x, layer.up));
    const actSite = site('mlp_act');
    const activated = this.activate(A, actSite, gate ?? up);
    const inner = at('mlp_act', gate === undefined ? activated : A.multiply(actSite, activated, up));
    return at('mlp_out', A.linear(site('mlp_out'), inner, layer.down));
  }

  private activate<V>(A: Arithmetic<V>, site: string, x: V): V {
    switch (this.config.activation) {
      case 'gelu-tanh':
        return A.gelu(site, x, 'tanh');
      case 'gelu-erf':
        return A.gelu(site, x, 'erf');
      case 'silu':
        return A.silu(site, x);
      case 'relu':
        return A.relu(x);
    }
  }
}

/** Rows of a table, in the order of `indices`. */
function rows(table: Tensor, indices: readonly number[], shape: readonly number[]): Tensor {
  const width = rowLength(table.shape);
  const data =
    table.data instanceof Float32Array
      ? new Float32Array(indices.length * width)
      : new Float64Array(indices.length * width);
  indices.forEach((index, i) => {
    data.set(table.data.subarray(index * width, (index + 1) * width), i * width);
  });
  return { shape, data };
}
