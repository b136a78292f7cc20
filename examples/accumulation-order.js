// Does the order of accumulation matter? The error of a bf16 matmul in each order, against float64.
import { compare, reference, simulate } from 'ulpwise';

const n = 256;
const numbers = (seed) => Float32Array.from({ length: n * n }, (_, i) => ((seed + i * i * 31) % 1009) / 504.5 - 1);
const [a, b] = [1, 2].map((seed) => ({ shape: [n, n], data: numbers(seed) }));

const exact = reference('float64').matmul(a, b);
for (const order of ['sequential', 'blocked(32)', 'pairwise', 'kahan']) {
  const computed = simulate(`bf16; order=${order}`).matmul(a, b);
  console.log(order.padEnd(12), compare(computed, exact).relFrobenius.toExponential(2));
}
