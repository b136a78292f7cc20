/** Kernels by what their text depends on. */
import type { Kernel } from '../device.ts';

/** `make`, called once for each list of arguments, which JSON tells apart: making a kernel's text takes longer than looking it up. */
export function madeOnce<Choice extends readonly unknown[]>(
  make: (...choice: Choice) => Kernel,
): (...choice: Choice) => Kernel {
  const made = new Map<string, Kernel>();
  return (...choice) => {
    const key = JSON.stringify(choice);
    let kernel = made.get(key);
    if (kernel === undefined) {
      kernel = make(...choice);
      made.set(key, kernel);
    }
    return kernel;
  };
}
