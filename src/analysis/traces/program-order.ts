/** The order in which a decoder's program comes to its taps, for any set of names. */
import { layerOf } from '../../model/program/taps.ts';

/** The taps of a block. A plain or gated MLP, pre- or post-norm: the order is the same. */
const IN_A_BLOCK = [
  ...['input_norm', 'query', 'key', 'value', 'scores', 'probs', 'context', 'attn_out', 'attn_residual'],
  ...['post_norm', 'mlp_gate', 'mlp_up', 'mlp_act', 'mlp_out', 'mlp_residual'],
];

/** Sorts by block, then by place; undefined for names that are no tap's. */
export function programPlace(name: string): readonly [layer: number, place: number] | undefined {
  if (name === 'embed') return [-1, 0];
  if (name === 'final_norm') return [Number.POSITIVE_INFINITY, 0];
  if (name === 'logits') return [Number.POSITIVE_INFINITY, 1];
  const layer = layerOf(name);
  const place = layer === null ? -1 : IN_A_BLOCK.indexOf(name.slice(`layers.${layer}.`.length));
  return layer === null || place < 0 ? undefined : [layer, place];
}

/** Taps of the program in its order, then the other names as they come. */
export function inProgramOrder(names: Iterable<string>): string[] {
  const all = [...names];
  const places = new Map(all.map((name) => [name, programPlace(name)]));
  const known = all.filter((name) => places.get(name) !== undefined);
  known.sort((a, b) => {
    const [[layerA, placeA], [layerB, placeB]] = [places.get(a)!, places.get(b)!];
    return layerA === layerB ? placeA - placeB : layerA - layerB;
  });
  return [...known, ...all.filter((name) => places.get(name) === undefined)];
}
