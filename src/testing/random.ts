/** Random numbers of a case: the same for the same seed, name and number, whatever was drawn before. */
import { type BinaryFormat, decode } from '../formats/index.ts';
import { fnv1a, keyOf, philox } from '../softfloat/philox.ts';

export class Random {
  private readonly key: [number, number];
  private readonly name: number;
  private readonly index: number;
  private readonly block = new Uint32Array(4);
  private drawn = 0;

  constructor(seed: number, name: string, index: number) {
    this.key = keyOf(seed);
    this.name = fnv1a(name);
    this.index = index;
  }

  /** 32 random bits. */
  word(): number {
    if (this.drawn % 4 === 0) {
      const counter: [number, number, number, number] = [
        this.index >>> 0,
        this.drawn / 4,
        this.name,
        Math.floor(this.index / 2 ** 32),
      ];
      philox(counter, this.key, this.block);
    }
    return this.block[this.drawn++ % 4];
  }
  /** Uniform in [0, 1), a multiple of 2^−32. */
  uniform(): number {
    return this.word() * 2 ** -32;
  }
  /** A whole number from `least` to `most`. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.uniform() * (most - least + 1));
  }
  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)];
  }
  /** About a standard normal number (the sum of twelve uniform ones). */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.uniform();
    return sum;
  }
  /** A finite number of the format from random bits: every exponent, subnormals and −0 included. */
  code(format: BinaryFormat): number {
    for (;;) {
      const bits = (BigInt(this.word()) << 32n) | BigInt(this.word());
      const x = decode(bits & ((1n << BigInt(format.width)) - 1n), format);
      if (Number.isFinite(x)) return x;
    }
  }
}
