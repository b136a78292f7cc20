// A page that analyses a random decoder in the browser, on the CPU or on the GPU: npm run example:web
import {
  analyze,
  depthFigure,
  depthTaps,
  htmlTable,
  openGpu,
  randomDecoder,
  randomTokens,
  shortColumns,
} from 'ulpwise/web';

const [form, status, figure, table] = ['run', 'status', 'figure', 'table'].map((id) => document.getElementById(id));

async function run() {
  const { policy, backend } = Object.fromEntries(new FormData(form));
  const gpu = backend === 'webgpu' ? await openGpu() : undefined;
  try {
    const start = performance.now();
    const decoder = randomDecoder({ layers: 4, width: 32, heads: 4, vocabulary: 64, positions: 16 });
    const analysis = await analyze(decoder, randomTokens(1, 1, 16, 64), {
      ...{ policy, backend: gpu ?? 'cpu' },
      onProgress: ({ done, total, what }) => {
        status.textContent = `${Math.round((100 * done) / total)} % ${what}`;
      },
      // Lets the page draw.
      pause: () => new Promise((resume) => setTimeout(resume)),
    });
    figure.innerHTML = depthFigure(analysis);
    table.innerHTML = htmlTable(shortColumns, depthTaps(analysis));
    const milliseconds = Math.round(performance.now() - start);
    status.textContent = `${policy} on ${gpu?.device.description ?? 'the CPU'} in ${milliseconds} ms`;
  } finally {
    gpu?.close();
  }
}

async function runShown() {
  try {
    await run();
  } catch (error) {
    status.textContent = error.message;
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  runShown();
});
runShown();
