/** The files of TestFloat's vectors: what their names and words stand for. */
import { type Format, formats, type RoundingMode } from '../../src/formats/index.ts';
import { sharedData } from './shared-data.ts';

export const VECTORS = `${sharedData}/vectors`;

export const VECTOR_FORMATS: Readonly<Record<string, Format>> = {
  f16: formats.fp16,
  bf16: formats.bf16,
  f32: formats.fp32,
  f64: formats.fp64,
};

export const VECTOR_MODES: Readonly<Record<string, RoundingMode>> = {
  near_even: 'nearest-even',
  near_maxMag: 'nearest-away',
  minMag: 'toward-zero',
  min: 'down',
  max: 'up',
  odd: 'odd',
};
