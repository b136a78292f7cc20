// The bound of each probability of a bf16 softmax grows with the gap between its logit and the largest one.
import { bounds, reference, simulate } from 'ulpwise';

const scores = { shape: [1, 5], data: [12, 11.5, 8, 3, -2.5] };
const computed = simulate('bf16').softmax(scores).data;
const exact = reference('decimal:50').softmax(scores).data;

const { value } = bounds.get('softmaxShiftedC').evaluate({ logits: scores.data, format: 'bf16' });
exact.forEach((p, j) => {
  console.log(
    `p = ${p.toExponential(2)}: off by ${Math.abs(computed[j] - p).toExponential(1)} of ${value[j].toExponential(1)}`,
  );
});
