// Outside its assumptions a bound is not a number: it says why.
import { bounds } from 'ulpwise';

const ones = Array(768).fill(1);
const gamma = bounds.get('dotGamma').evaluate({ x: ones, y: ones, format: 'bf16' });
console.log('dotGamma:', gamma.valid ? gamma.value : gamma.because);

const row = { x: [-3000, 3000], gamma: [1, 1], epsilon: 1e-5, format: 'fp16' };
const norm = bounds.get('lnRound').evaluate(row);
console.log('lnRound:', norm.valid ? norm.value : norm.because);
