import type { Context } from '../../src/experiments/experiment.ts';
import { loadCheckpoint } from '../../src/platform/node-checkpoint.ts';

/** Assignments that make each experiment run in about a second. */
export const small: Readonly<Record<string, readonly string[]>> = {
  'attention-precision': ['samples=1', 'layers=2', 'width=16', 'tokens=6', 'gains=1', 'formats=bf16'],
  lipschitz: ['samples=2', 'width=8', 'lengths=2,8', 'gains=1'],
  'biased-rounding': ['rows=64', 'features=3', 'gaps=10'],
  depth: [
    ...['samples=4', 'depths=1,2,3', 'width=6', 'formats=fp16,decimal:5', 'prescribed=2', 'conditions=1,100'],
    ...['norms=1,4', 'bounded=1', 'stack=3'],
  ],
  norms: ['samples=3', 'width=64', 'formats=bf16', 'outliers=1,3000', 'shifts=0,100'],
  predictor: ['widths=16', 'depths=2', 'draws=3', 'tokens=8', 'formats=fp32,bf16', 'resamples=20'],
  padding: ['policies=fp16; kernels=shaped,fp32; kernels=shaped', 'tokens=5', 'padded=40', 'sides=right'],
  'planted-bugs': ['samples=1', 'tokens=4', 'policies=fp32', 'decoders=LLaMA'],
  'residual-scale': ['samples=1', 'scales=0.1,10', 'streams=1'],
  shapes: [
    ...['policies=bf16; kernels=shaped,bf16', 'layers=3', 'width=64', 'samples=2', 'batches=2,40'],
    ...['decoderLayers=2', 'decoderWidth=64', 'vocabulary=50', 'prompts=2', 'prompt=2', 'tokens=6'],
  ],
  softmax: ['samples=4', 'length=32', 'formats=fp16,bf16', 'ranges=1,30', 'sinks=0.5,0.999'],
};

export const context: Context = { loadCheckpoint };
