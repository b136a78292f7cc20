/** Forward passes of random decoders of GPT-2's shapes in bf16, every operation rounded; smaller ones on slow devices. */
import { modules } from '../build.js';

const SHAPES = {
  'GPT-2 small': { layers: 12, width: 768, heads: 12, vocabulary: 50257 },
  'GPT-2 XL': { layers: 48, width: 1600, heads: 25, vocabulary: 50257 },
};
const TOKENS = 1024;
const POLICY = 'bf16';

/** Rounded operations of a pass: two a weight and token, and two a pair of tokens and width in scores and in context. */
function operationsOf({ layers, width, vocabulary }, tokens) {
  return 2 * tokens * (layers * (12 * width ** 2 + 2 * tokens * width) + width * vocabulary);
}

/** Fewer tokens, then fewer words, then fewer layers, until the pass is predicted to take the budget. */
function scaled(shape, operationsPerSecond, budget) {
  let [tokens, smaller] = [TOKENS, { ...shape }];
  const fits = () => operationsOf(smaller, tokens) / operationsPerSecond <= budget;
  while (!fits() && tokens > 16) tokens /= 2;
  while (!fits() && smaller.vocabulary > 512) smaller = { ...smaller, vocabulary: Math.ceil(smaller.vocabulary / 2) };
  while (!fits() && smaller.layers > 1) smaller = { ...smaller, layers: Math.ceil(smaller.layers / 2) };
  return { tokens, ...smaller };
}

export async function decoders({ backend, budget, progress }, { rows }) {
  const { randomDecoder, DecoderProgram, batchOf, steps, Run, parsePolicy, siteNames } = await modules(
    ...['model/random/random-decoder.js', 'model/program/decoder.js', 'model/program/batch.js', 'analysis/steps.js'],
    ...['analysis/run.js', 'tensor/policy.js', 'model/program/taps.js'],
  );
  const rate = 1e9 * rows.find(({ policy }) => policy === POLICY).gops;
  const results = [];
  for (const [name, shape] of Object.entries(SHAPES)) {
    const { tokens, ...smaller } = scaled(shape, rate, budget);
    progress(`${name}: ${smaller.layers} layers, ${tokens} tokens, a vocabulary of ${smaller.vocabulary}`);
    const model = randomDecoder({ ...smaller, positions: TOKENS, seed: 1 });
    const { specFor } = parsePolicy(POLICY, siteNames(model.config));
    const batch = batchOf([Array.from({ length: tokens }, (_, i) => (i * 37) % smaller.vocabulary)], { token: 0 });
    const all = [];
    for await (const step of steps(model)) all.push(step);
    const gpu = backend.arithmetic(POLICY, specFor);
    const pass = async () => {
      const start = performance.now();
      const run = new Run(new DecoderProgram(model.config, batch), gpu);
      for (const step of all) {
        run.step(step);
        await gpu.done();
      }
      return (performance.now() - start) / 1e3;
    };
    // The first pass rounds the weights on the CPU, and carries them over.
    const first = await pass();
    const seconds = await pass();
    const operations = operationsOf(smaller, tokens);
    results.push({
      name,
      ...smaller,
      tokens,
      scaled: tokens !== TOKENS || operationsOf(shape, tokens) !== operations,
      first,
      seconds,
    });
    results.at(-1).gops = operations / seconds / 1e9;
  }
  return results;
}
