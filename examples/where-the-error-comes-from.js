// Which half block of a decoder adds most of the error, and does an fp32 residual stream help?
import { analyze, randomDecoder } from 'ulpwise';

const decoder = randomDecoder({ layers: 4, width: 64, heads: 4, vocabulary: 100, positions: 32, seed: 7 });
const tokens = [Array.from({ length: 32 }, (_, i) => (i * i) % 100)];

for (const policy of ['bf16', 'bf16; *_residual: fp32']) {
  const { taps, output } = await analyze(decoder, tokens, { policy });
  const ends = taps.filter(({ added }) => added !== null);
  const worst = ends.reduce((a, b) => (b.added > a.added ? b : a));
  console.log(
    `${policy}: ${worst.tap} adds ${worst.added.toExponential(2)}, KL ${output.klMean.toExponential(2)} nats`,
  );
}
