/** Seconds of work on the device, and the sizes that fit in a budget of them. */

const wallSeconds = () => performance.now() / 1e3;
const LEAST_SECONDS = 0.2;
const MOST_RUNS = 50;

/** Median seconds of `run`, which resolves when the device is done; after one run that compiles kernels. */
export async function deviceSeconds(run, budget) {
  await run();
  const seconds = [];
  const start = wallSeconds();
  do {
    const before = wallSeconds();
    await run();
    seconds.push(wallSeconds() - before);
  } while (
    seconds.length < MOST_RUNS &&
    (seconds.length < 3 || wallSeconds() - start < LEAST_SECONDS) &&
    wallSeconds() - start < budget
  );
  return seconds.sort((a, b) => a - b)[seconds.length >> 1];
}

/** The largest of the ascending sizes whose cost (in some unit) is predicted to stay in the budget, by measuring smaller ones. */
export async function largestIn(sizes, budget, costOf, measure) {
  let result;
  for (const size of sizes) {
    if (result !== undefined && (result.seconds * costOf(size)) / costOf(result.size) > budget / 4) break;
    result = { size, ...(await measure(size)) };
  }
  return result;
}
