import type { Context } from '../../src/experiments/experiment.ts';
import { loadCheckpoint } from '../../src/platform/node-checkpoint.ts';

/** Assignments that make each experiment run in about a second. */
export const small: Readonly<Record<string, readonly string[]>> = {
  'attention-precision': ['samples=1', 'layers=2', 'width=16', 'tokens=6', 'gains=1', 'formats=bf16'],
  norms: ['samples=3', 'width=64', 'formats=bf16', 'outliers=1,3000', 'shifts=0,100'],
  'planted-bugs': ['samples=1', 'tokens=4', 'policies=fp32', 'decoders=LLaMA'],
  'residual-scale': ['samples=1', 'scales=0.1,10', 'streams=1'],
  shapes: [
    ...['policies=bf16; kernels=shaped,bf16', 'layers=3', 'width=64', 'samples=2', 'batches=2,40'],
    ...['decoderLayers=2', 'decoderWidth=64', 'vocabulary=50', 'prompt=2', 'tokens=6'],
  ],
  softmax: ['samples=4', 'length=32', 'formats=fp16,bf16', 'ranges=1,30', 'sinks=0.5,0.999'],
};

export const context: Context = { loadCheckpoint };
