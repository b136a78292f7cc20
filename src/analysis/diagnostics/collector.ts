/** Diagnostics of every layer, collected from the taps of the reference run: one step's taps are held at a time. */
import type { SpecOf } from '../../arithmetic/softfloat.ts';
import { omegaKq, omegaOv, omegaUd } from '../../bounds/attention/functionals.ts';
import type { UserFormula } from '../../bounds/user-formula.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { Layer } from '../../model/decoder-source.ts';
import type { Batch } from '../../model/program/batch.ts';
import { type HalfBlock, layerPrefix, siteNames } from '../../model/program/taps.ts';
import type { Tensor } from '../../tensor/index.ts';
import { norm2 } from '../metrics.ts';
import { rowsOf } from '../rows.ts';
import { attentionDiagnostics } from './attention.ts';
import { type Collected, diagnosticsOf, type ObservedTap } from './layers.ts';
import { normDiagnostics } from './norms.ts';
import type { Diagnostics } from './result.ts';
import { type Roundoff, roundoffs } from './roundoff.ts';
import { extremesOf, headRows, weightMatrix } from './weights.ts';

type AttentionHalf = Collected['attention'];
type MlpHalf = Collected['mlp'];

export class DiagnosticsCollector {
  private readonly config: DecoderConfig;
  private readonly batch: Batch;
  private readonly roundoff: readonly Roundoff[];
  private readonly formulas: readonly UserFormula[];
  private readonly taps = new Map<string, Tensor>();
  private readonly layers: Collected[] = [];
  private attention: AttentionHalf | undefined;
  /** The residual stream before the current step, and the norm of the first. */
  private stream: Tensor | undefined;
  private firstNorm = 0;

  constructor(config: DecoderConfig, batch: Batch, specOf: SpecOf, formulas: readonly UserFormula[]) {
    this.config = config;
    this.batch = batch;
    this.roundoff = roundoffs(siteNames(config), specOf, config.layers);
    this.formulas = formulas;
  }

  /** A tap of the reference. */
  tap(name: string, value: Tensor): void {
    this.taps.set(name, value);
  }

  /** All taps of a step were given: those of a half block, with its layer's parameters, or those of embedding or head. */
  endStep(half: HalfBlock | undefined, layer: Layer | undefined): void {
    if (half !== undefined && layer !== undefined) {
      if (half.kind === 'attention') this.attention = this.attentionHalf(half, layer);
      else {
        this.layers.push({ attention: this.attention as AttentionHalf, mlp: this.mlpHalf(half, layer) });
        this.attention = undefined;
      }
      this.stream = this.at(half.name);
    } else if (this.taps.has('embed')) {
      this.stream = this.at('embed');
      this.firstNorm = this.norm('embed');
    }
    this.taps.clear();
  }

  /** @param taps every tap's errors: the observed error is made of them */
  finish(taps: readonly ObservedTap[]): Diagnostics {
    const { config, batch, layers, roundoff, formulas } = this;
    const tokens = batch.spans.reduce((most, { start, end }) => Math.max(most, end - start), 0);
    return diagnosticsOf({ config, tokens, layers, roundoff, formulas, taps });
  }

  private at(name: string): Tensor {
    const found = this.taps.get(name);
    if (found === undefined) throw new Error(`diagnostics: the tap ${name} was not given`);
    return found;
  }

  /** ‖X‖_F of a tap over the tokens that count. */
  private norm(name: string): number {
    const { shape, data } = this.at(name);
    return norm2(data, rowsOf(name, shape, this.batch));
  }

  private attentionHalf(half: HalfBlock, layer: Layer): AttentionHalf {
    const { config, batch } = this;
    const { heads, kvHeads, headWidth: d } = config;
    const site = (name: string) => layerPrefix(half.layer) + name;
    const query = weightMatrix(layer.query);
    const key = weightMatrix(layer.key);
    const value = weightMatrix(layer.value);
    const out = weightMatrix(layer.attentionOutput);
    const taps = Object.fromEntries(
      (['query', 'key', 'value', 'scores', 'probs', 'context'] as const).map((name) => [name, this.at(site(name))]),
    ) as unknown as Parameters<typeof attentionDiagnostics>[2];
    const weights = Array.from({ length: heads }, (_, h) => {
      const keyHead = Math.floor((h * kvHeads) / heads);
      return {
        query: headRows(query, h, d),
        key: headRows(key, keyHead, d),
        value: headRows(value, keyHead, d),
      };
    });
    return {
      ...attentionDiagnostics(config, batch, taps, { query, key }),
      omegaOv: omegaOv(out, weights),
      omegaKq: omegaKq(weights),
      output: { ...extremesOf(out), input: this.norm(site('context')) },
      ...this.half(half, layer, site('input_norm'), site('attn_out')),
    };
  }

  private mlpHalf(half: HalfBlock, layer: Layer): MlpHalf {
    const site = (name: string) => layerPrefix(half.layer) + name;
    const up = weightMatrix(layer.up);
    const down = weightMatrix(layer.down);
    const gate = layer.gate && weightMatrix(layer.gate);
    const input = this.norm(site('post_norm'));
    return {
      omegaUd: omegaUd(up, down),
      omegaGd: gate === undefined ? null : omegaUd(gate, down),
      up: { ...extremesOf(up), input },
      down: { ...extremesOf(down), input: this.norm(site('mlp_act')) },
      gate: gate === undefined ? null : { ...extremesOf(gate), input },
      ...this.half(half, layer, site('post_norm'), site('mlp_out')),
    };
  }

  /** What both halves have: a norm, a branch, and the stream that it is added to. */
  private half(half: HalfBlock, layer: Layer, normSite: string, branch: string) {
    const { config, batch } = this;
    const parameters = half.kind === 'attention' ? layer.inputNorm : layer.postNorm;
    const before = this.stream as Tensor;
    const rows = rowsOf(half.name, before.shape, batch);
    // A post-norm block adds to what its norm gives.
    const base = config.normPlacement === 'pre' || parameters === undefined ? before : this.at(normSite);
    const after = this.norm(half.name);
    return {
      norm:
        parameters === undefined ? null : normDiagnostics(config.norm, parameters, config.normEpsilon, before, rows),
      gain: this.norm(branch) / norm2(base.data, rows),
      streamNorm: after,
      growth: after / this.firstNorm,
      rms: after / Math.sqrt(rows.length * config.width),
    };
  }
}
