import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/formats/index.ts';
import { openTokenizer } from '../../../src/model/checkpoint/tokenizer.ts';
import { isCheap } from '../../../src/model/checkpoint/tokenizer-check.ts';
import { memoryFolder } from './memory-folder.ts';

const tokenizerJson = {
  version: '1.0',
  added_tokens: [{ id: 0, content: '<s>', special: true }],
  normalizer: null,
  pre_tokenizer: { type: 'Split', pattern: { Regex: '\\s+|\\S+' }, behavior: 'Isolated', invert: false },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
  },
  decoder: { type: 'Fuse' },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    vocab: { '<s>': 0, a: 1, b: 2, ab: 3, ' ': 4 },
    merges: ['a b'],
  },
};

const open = async (json: object | string, settings?: object | string) => {
  const files = { 'tokenizer.json': json, ...(settings !== undefined && { 'tokenizer_config.json': settings }) };
  return (await openTokenizer(memoryFolder(files)))!;
};

describe('tokenizer.json', () => {
  it('gives tokens and the text again', async () => {
    const { tokenizer, files } = await open(tokenizerJson, {});
    expect(tokenizer.encode('ab ba')).toEqual([0, 3, 4, 2, 1]);
    expect(tokenizer.decode([0, 3, 4, 2, 1])).toBe('ab ba');
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.vocabulary).toBe(5);
    expect(files).toEqual(['tokenizer.json', 'tokenizer_config.json']);
  });

  it('may be absent', async () => {
    expect(await openTokenizer(memoryFolder({}))).toBeUndefined();
  });

  it('is only looked at when it is used', async () => {
    const { tokenizer } = await open('{');
    expect(() => tokenizer.encode('a')).toThrow(/ckpt\/tokenizer\.json: expected a JSON object/);
  });

  it('refuses a token that it does not know', async () => {
    const { tokenizer } = await open(tokenizerJson);
    expect(() => tokenizer.decode([5])).toThrow(/expected known tokens, got 5/);
    expect(() => tokenizer.decode([-1])).toThrow(InputError);
  });

  const bomb = (count: number) => Array(count).fill({ type: 'Replace', pattern: { String: '' }, content: 'aa' });
  it.each<[string, object, RegExp]>([
    ['no model', { model: null }, /model: expected an object, got null/],
    [
      'another model',
      { model: { type: 'WordLevel', vocab: {} } },
      /the type BPE, Unigram or WordPiece, got "WordLevel"/,
    ],
    ['no vocab', { model: { type: 'BPE', merges: [] } }, /expected a vocab/],
    ['no merges', { model: { type: 'BPE', vocab: {} } }, /expected a tokenizer that can be used/],
    [
      'a token of 10^9',
      { model: { type: 'BPE', vocab: { a: 1e9 }, merges: [] } },
      /below 16777216 for "a", got 1000000000/,
    ],
    ['dropout', { model: { ...tokenizerJson.model, dropout: 0.1 } }, /no dropout, which makes tokens random, got 0\.1/],
    ['no added tokens', { added_tokens: null }, /expected added_tokens/],
    ['an added token of 10^9', { added_tokens: [{ id: 1e9, content: 'x' }] }, /expected added_tokens/],
    ['an unknown step', { decoder: { type: 'Other' } }, /Unknown Decoder type: Other/],
    [
      'a step that never ends',
      { pre_tokenizer: { type: 'FixedLength', length: 0 } },
      /FixedLength: expected a positive length/,
    ],
    [
      'a text that grows',
      { normalizer: { type: 'Sequence', normalizers: bomb(20) } },
      /lengthen a text at most 4096 times/,
    ],
    [
      'a regular expression that never ends',
      { pre_tokenizer: { ...tokenizerJson.pre_tokenizer, pattern: { Regex: '(a+)+b' } } },
      /which may not end/,
    ],
    [
      'a regular expression that is none',
      { pre_tokenizer: { ...tokenizerJson.pre_tokenizer, pattern: { Regex: '(' } } },
      /can be used/,
    ],
    [
      'steps without end',
      { decoder: JSON.parse(`${'{"type":"Sequence","decoders":['.repeat(30)}${']}'.repeat(30)}`) },
      /levels of steps/,
    ],
    [
      'a hundred steps',
      { decoder: { type: 'Sequence', decoders: Array(100).fill({ type: 'Fuse' }) } },
      /at most 64 steps/,
    ],
  ])('is refused with %s', async (_, change, message) => {
    const { tokenizer } = await open({ ...tokenizerJson, ...change });
    expect(() => tokenizer.encode('ab')).toThrow(InputError);
    expect(() => tokenizer.encode('ab')).toThrow(message);
  });

  it('knows the expressions of GPT-2, LLaMA 3 and o200k as cheap, and expensive ones as expensive', () => {
    const cheap = [
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}]*[\\p{Ll}\\p{M}]+(?i:'s|'t)?|\\p{N}{1,3}",
      '[()+*]\\)+',
    ];
    const expensive = ['(a+)+', '(a|a)*', '(a+){9}', 'a*a*a*a*a*b', '((a*)*)*', '(?:x){2,}'];
    expect(cheap.map(isCheap)).toEqual(cheap.map(() => true));
    expect(expensive.map(isCheap)).toEqual(expensive.map(() => false));
  });
});
