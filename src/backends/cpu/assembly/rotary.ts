/** Rotary embedding: x1' = R(R(x1·cos) − R(x2·sin)), x2' = R(R(x2·cos) + R(x1·sin)) of the halves of each row. */
import { ADD, binary, MULTIPLY, SUBTRACT, Unit } from './vectors';

/** ../rotary.ts writes it. */
@unmanaged
export class RotaryJob {
  /** Heads of `tokens` rows of d numbers of `size` bytes, and the results elsewhere. */
  x: usize;
  out: usize;
  tokens: i32;
  d: i32;
  size: i32;
  /** Of all heads, rows of d/2. */
  cos: usize;
  sin: usize;
  multiply: Unit;
  add: Unit;
  /** Room for 16 rows of d/2. */
  scratch: usize;
}

/** Rows that go through all operations together. */
const CHUNK: i32 = 16;

/** A task is a head. */
export function rotaryTask(job: RotaryJob, head: i32): void {
  const stride = job.d * job.size, half = job.d / 2, halfStride = half * job.size, other = job.scratch;
  for (let token = 0; token < job.tokens; token += CHUNK) {
    const n = min(CHUNK, job.tokens - token), offset = (head * job.tokens + token) * stride;
    const first = job.x + offset, second = first + halfStride, out = job.out + offset, outSecond = out + halfStride;
    const cos = job.cos + token * halfStride, sin = job.sin + token * halfStride;
    binary(MULTIPLY, job.multiply, n, half, out, stride, first, stride, 1, cos, halfStride, 1);
    binary(MULTIPLY, job.multiply, n, half, other, halfStride, second, stride, 1, sin, halfStride, 1);
    binary(SUBTRACT, job.add, n, half, out, stride, out, stride, 1, other, halfStride, 1);
    binary(MULTIPLY, job.multiply, n, half, outSecond, stride, second, stride, 1, cos, halfStride, 1);
    binary(MULTIPLY, job.multiply, n, half, other, halfStride, first, stride, 1, sin, halfStride, 1);
    binary(ADD, job.add, n, half, outSecond, stride, outSecond, stride, 1, other, halfStride, 1);
  }
}
