/** What vitest.config.ts hands to tests in a browser. */
import 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder ../shared/data; null where it is absent. */
    sharedData: string | null;
    /** Whether ULPWISE_FULL=1. */
    full: boolean;
  }
}
