/** The checkpoints and traces that stand beside the repository, where they do. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export const sharedData = resolve(import.meta.dirname, '../../../shared/data');
export const hasSharedData = existsSync(sharedData);

/** A title that says so where the data is absent. */
export function needsSharedData(title: string): string {
  return hasSharedData ? title : `${title} (skipped: ../shared/data is absent)`;
}
