/** The parts of the benchmark, in the order in which they run: a context in, an object for the JSON out. */
import { gpt2small } from './gpt2small.js';
import { doubleDouble, float64, matmul256 } from './products.js';
import { roundArray } from './round-array.js';

export const parts = { matmul256, float64, doubleDouble, roundArray, gpt2small };
