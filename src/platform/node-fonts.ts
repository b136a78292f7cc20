/** The fonts that pictures are drawn with: Arimo, so that every machine draws the same ones. */
import { createRequire } from 'node:module';

/** Paths of the regular and the bold face. */
export function figureFonts(): string[] {
  const { resolve } = createRequire(import.meta.url);
  return ['400Regular/Arimo_400Regular', '700Bold/Arimo_700Bold'].map((face) =>
    resolve(`@expo-google-fonts/arimo/${face}.ttf`),
  );
}
