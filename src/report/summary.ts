/** The few lines that stand over a table: what ran, against what, and how wrong the output is. */
import type { Analysis, TapResult } from '../analysis/result.ts';
import { digitsOf, shortNumber } from './numbers.ts';
import { halfBlocks } from './select.ts';

export interface SummaryLine {
  readonly label: string;
  readonly text: string;
}

const short = (x: number) => shortNumber(x, 'scientific');
const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** The summary, a label and a sentence each. */
export function summaryLines(analysis: Analysis): readonly SummaryLine[] {
  const { output, policy } = analysis;
  const rows = analysis.tokens.reduce((n, sequence) => n + sequence.length, 0);
  const lines: SummaryLine[] = [
    { label: 'model', text: modelText(analysis) },
    {
      label: 'policy',
      text: analysis.weights === 'rounded' ? `${policy} (arithmetic alone: weights rounded in both)` : policy,
    },
    ...roundingLines(analysis),
    { label: 'reference', text: referenceText(analysis) },
    { label: 'tokens', text: tokensText(analysis) },
    { label: 'loss', text: lossText(analysis) },
    { label: 'KL(reference ‖ computed)', text: `${short(output.klMean)} nats, mean over ${count(rows, 'row')}` },
    {
      label: 'argmax flips',
      text: `${output.argmaxFlips} of ${count(rows, 'row')}; smallest top-two margin ${short(output.minMargin)}`,
    },
  ];
  const worst = mostAdded(analysis);
  if (worst !== undefined) {
    lines.push({ label: 'most error added by', text: `${worst.tap} (${short(worst.added as number)})` });
  }
  const first = firstNonFiniteText(analysis);
  if (first !== undefined) lines.push({ label: 'first non-finite value', text: first });
  return lines;
}

/** The half block with the largest finite added error; undefined where none added any. */
export function mostAdded(analysis: Analysis): TapResult | undefined {
  let worst: TapResult | undefined;
  let most = 0;
  for (const tap of halfBlocks(analysis)) {
    const added = tap.added as number;
    if (Number.isFinite(added) && added > most) {
      worst = tap;
      most = added;
    }
  }
  return worst;
}

/** `layers.3.scores, sequence 0, token 17 (Infinity)`; undefined where every computed entry is finite. */
export function firstNonFiniteText({ firstNonFinite: first }: Analysis): string | undefined {
  return first === null ? undefined : `${first.tap}, sequence ${first.sequence}, token ${first.token} (${first.value})`;
}

function roundingLines({ roundingSeeds: seeds }: Analysis): SummaryLine[] {
  return seeds.length === 0
    ? []
    : [{ label: 'stochastic rounding', text: `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}` }];
}

function modelText({ model }: Analysis): string {
  const keys = model.kvHeads === model.heads ? '' : ` (${model.kvHeads} key-value)`;
  const shape = `${count(model.layers, 'layer')}, width ${model.width}, ${count(model.heads, 'head')}${keys}`;
  return `${model.source} (${model.family}, ${shape}, ${count(model.parameters, 'parameter')})`;
}

function referenceText({ reference }: Analysis): string {
  const part =
    reference.sampledTokens < reference.sampledOf
      ? ` on the first ${reference.sampledTokens} of ${count(reference.sampledOf, 'token')}`
      : '';
  return `${reference.arithmetic}, uncertainty ${short(reference.uncertainty)} (against ${reference.against}${part})`;
}

function tokensText({ tokens, pad }: Analysis): string {
  const lengths = tokens.map((sequence) => sequence.length);
  const least = lengths.reduce((a, b) => Math.min(a, b));
  const most = lengths.reduce((a, b) => Math.max(a, b));
  const padded = pad === null ? '' : `, padded on the ${pad.side} with token ${pad.token}`;
  return `${count(tokens.length, 'sequence')} of ${least === most ? most : `${least} to ${most}`}${padded}`;
}

function lossText({ output }: Analysis): string {
  if (output.lossReference === null || output.lossComputed === null) return 'no token is predicted';
  const [reference, computed] = [output.lossReference, output.lossComputed];
  const difference = computed - reference;
  const sign = difference >= 0 ? '+' : '';
  return `${digitsOf(reference, 8)} reference, ${digitsOf(computed, 8)} computed (${sign}${short(difference)}) nats a predicted token`;
}
