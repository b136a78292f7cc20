/** Composites that give back at once what they allocate on the way. */
import type { Norm, RealTable, RotaryTables } from '../../arithmetic/arithmetic.ts';
import { ComposedArithmetic } from '../../arithmetic/composites.ts';
import type { KeyMask } from '../../tensor/index.ts';
import type { GpuMemory, GpuTensor } from './gpu-tensor.ts';

export abstract class ScopedComposites extends ComposedArithmetic<GpuTensor> {
  protected abstract readonly memory: GpuMemory;

  override scores(site: string, query: GpuTensor, key: GpuTensor, scale: RealTable, mask?: KeyMask): GpuTensor {
    return this.memory.scope(() => super.scores(site, query, key, scale, mask));
  }
  override softmax(site: string, x: GpuTensor, mask?: KeyMask): GpuTensor {
    return this.memory.scope(() => super.softmax(site, x, mask));
  }
  override layerNorm(site: string, x: GpuTensor, norm: Norm, epsilon: number): GpuTensor {
    return this.memory.scope(() => super.layerNorm(site, x, norm, epsilon));
  }
  override rmsNorm(site: string, x: GpuTensor, norm: Norm, epsilon: number): GpuTensor {
    return this.memory.scope(() => super.rmsNorm(site, x, norm, epsilon));
  }
  override gelu(site: string, x: GpuTensor, form: 'tanh' | 'erf'): GpuTensor {
    return this.memory.scope(() => super.gelu(site, x, form));
  }
  override silu(site: string, x: GpuTensor): GpuTensor {
    return this.memory.scope(() => super.silu(site, x));
  }
  override rotate(site: string, x: GpuTensor, tables: RotaryTables): GpuTensor {
    return this.memory.scope(() => super.rotate(site, x, tables));
  }
}
