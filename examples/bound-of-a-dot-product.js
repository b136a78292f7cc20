// How far off can an fp16 dot product be? The bound needs no computed result; the error stays below it.
import { bounds, formats, reference, round, simulate } from 'ulpwise';

const numbers = (seed) => Array.from({ length: 64 }, (_, i) => round(Math.sqrt(seed + i) - 5, formats.fp16));
const [x, y] = [numbers(1), numbers(2)];
const dot = (arithmetic) => arithmetic.matmul({ shape: [1, 64], data: x }, { shape: [64, 1], data: y }).data[0];

const error = Math.abs(dot(simulate('fp16')) - dot(reference('decimal:50')));
const { value } = bounds.get('dotSeq').evaluate({ x, y, format: 'fp16' });
console.log(`error ${error.toExponential(2)}, bound ${value.toExponential(2)}`);
