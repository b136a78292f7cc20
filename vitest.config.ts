import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { kernelsAreCurrent } from './scripts/kernel-sources.js';

if (!kernelsAreCurrent()) {
  throw new Error('the kernels are not compiled from their present sources (src/backends/cpu/assembly): npm run build');
}

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const hasChromium = existsSync(executablePath);
if (!hasChromium) {
  console.warn(`SKIPPED: the browser tests, because there is no ${executablePath}; install chromium or set CHROMIUM`);
}

// Chromium's SwiftShader, a GPU in software, where no other Vulkan driver was chosen (docs/webgpu.md).
const chromiumFolder = '/usr/lib/chromium';
const swiftShader = `${chromiumFolder}/vk_swiftshader_icd.json`;
const gpuEnvironment =
  process.env.VK_DRIVER_FILES === undefined && existsSync(swiftShader)
    ? { VK_DRIVER_FILES: swiftShader, VK_ICD_FILENAMES: swiftShader, LD_LIBRARY_PATH: chromiumFolder }
    : {};

/** The GPU is Chromium's own SwiftShader; a page finds it only where it is allowed to. */
const chromiumArguments = [
  ...['--no-sandbox', '--disable-quic'],
  ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
];

const sharedData = resolve(import.meta.dirname, '../shared/data');

const browser = {
  resolve: { alias: { 'ulpwise/web': resolve(import.meta.dirname, 'src/web.ts') } },
  server: {
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    fs: { allow: [import.meta.dirname, realpathSync(resolve(import.meta.dirname, 'node_modules')), sharedData] },
  },
  test: {
    name: 'browser',
    include: ['test/browser/**/*.test.ts', 'test/backends/cpu/{matmul,rows,pieces}.test.ts'],
    testTimeout: 300_000,
    provide: { sharedData: existsSync(sharedData) ? sharedData : null, full: process.env.ULPWISE_FULL === '1' },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath, args: chromiumArguments } }),
      instances: [{ browser: 'chromium' as const }],
    },
  },
};

// `unit` needs nothing but the repository; `checkpoints` reads trained models from ../shared/data where they are there;
// `experiments` runs each experiment's --quick as it was built;
// `webgpu` runs on a GPU, or on SwiftShader in its place;
// `browser` runs the kernels, and WebGPU, in Chromium, in a page that may share memory with its workers.
export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          // The examples import the package by its name, as it was built.
          include: ['test/**/*.test.ts', 'examples/*.test.js'],
          alias: [
            { find: /^ulpwise(\/testing)?$/, replacement: `${import.meta.dirname}/dist$1/index.js` },
            { find: 'ulpwise/web', replacement: `${import.meta.dirname}/dist/web.js` },
          ],
          exclude: ['test/checkpoints/**', 'test/quick/**', 'test/browser/**', 'test/backends/webgpu/**'],
          testTimeout: 60_000,
        },
      },
      { test: { name: 'checkpoints', include: ['test/checkpoints/**/*.test.ts'], testTimeout: 240_000 } },
      { test: { name: 'experiments', include: ['test/quick/**/*.test.ts'], testTimeout: 240_000 } },
      {
        test: {
          name: 'webgpu',
          include: ['test/backends/webgpu/**/*.test.ts'],
          testTimeout: 300_000,
          pool: 'forks' as const,
          env: gpuEnvironment,
        },
      },
      ...(hasChromium ? [browser] : []),
    ],
  },
});
