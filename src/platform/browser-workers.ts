/**
 * Worker threads of a browser for the kernels' pool (src/backends/cpu/pool.ts). They share memory, so the page must be
 * cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp).
 */

/** What a worker is given. */
export interface BrowserWorkerSetup {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly thread: number;
}

/** What useWorkers (src/backends/cpu/wasm.ts) takes; with one thread where the page may not share memory. */
export function browserWorkers(threads?: number) {
  return {
    threads: globalThis.crossOriginIsolated ? (threads ?? navigator.hardwareConcurrency) : 1,
    // Only workers may sleep.
    maySleep: typeof window === 'undefined',
    start(body: string, setup: BrowserWorkerSetup) {
      const url = URL.createObjectURL(new Blob([`onmessage = ({ data: setup }) => {\n${body}\n};`]));
      const worker = new Worker(url);
      URL.revokeObjectURL(url);
      // Its tasks are done by others.
      worker.onerror = (event) => event.preventDefault();
      worker.postMessage(setup);
      return { stop: (): void => worker.terminate() };
    },
  };
}
