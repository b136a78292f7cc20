// How many units in the last place is an fp16 softmax off, entry by entry?
import { formats, reference, round, simulate, ulpDistance } from 'ulpwise';

const { fp16 } = formats;
const scores = { shape: [1, 8], data: [0, 0.5, 1, 2, 3.25, 5, 8, 12].map((x) => round(x, fp16)) };
const computed = simulate('fp16').softmax(scores).data;
const exact = reference('decimal:50').softmax(scores).data;

computed.forEach((p, j) => {
  const off = ulpDistance(p, round(exact[j], fp16), fp16);
  console.log(`x = ${scores.data[j]}: computed ${p.toExponential(4)}, ${off} ulp from the exact value rounded`);
});
