// The C ABI of include/oap.h for TypeScript: numbers, names of functions, and where the fields of structures stand on wasm32.

import { readFileSync } from 'node:fs';

const POINTER = 4;
const SIZES = {
  bool: 1,
  char: 1,
  uint8_t: 1,
  uint16_t: 2,
  uint32_t: 4,
  int32_t: 4,
  uint64_t: 8,
  size_t: POINTER,
};

const plain = (header) => header.replace(/\/\*.*?\*\//gs, '');

/** The numbers, without `OAP_`. */
function numbers(text) {
  const found = text.matchAll(/^#define OAP_(\w+) (\d+)$/gm);
  return new Map(Array.from(found, ([, name, value]) => [name, Number(value)]));
}

/** Structures whose numbers are known by name where the program runs. */
const NAMED = ['connection_options', 'monitor_limits'];

/** The structures by name, each with its fields' places, its size and its alignment. */
function structures(text, constants) {
  const known = new Map();
  for (const [, name, body] of text.matchAll(/typedef struct oap_(\w+) \{(.*?)\} oap_\1;/gs)) {
    const [fields, wide] = [new Map(), []];
    let [end, align] = [0, 1];
    for (const declaration of body.split(';').map((it) => it.trim())) {
      if (declaration !== '') {
        const field = fieldOf(declaration, known, constants);
        const at = Math.ceil(end / field.align) * field.align;
        fields.set(field.name, at);
        if (declaration.startsWith('uint64_t ')) {
          wide.push(field.name);
        }
        end = at + field.size;
        align = Math.max(align, field.align);
      }
    }
    known.set(name, { fields, wide, align, size: Math.ceil(end / align) * align });
  }
  return known;
}

function fieldOf(declaration, known, constants) {
  const [, type, star, name, , length = '1'] =
    /^(?:const )?(?:struct )?(\w+) (\*?)(\w+)(\[(?:OAP_)?(\w+)\])?$/.exec(declaration) ?? [];
  if (name === undefined) {
    throw new Error(`include/oap.h has a field that is not understood: ${declaration}`);
  }
  const of = star === '*' ? { size: POINTER, align: POINTER } : sizeOf(type, known);
  return { name, align: of.align, size: of.size * (constants.get(length) ?? Number(length)) };
}

function sizeOf(type, known) {
  const size = SIZES[type];
  const found = size === undefined ? known.get(type.replace('oap_', '')) : { size, align: size };
  if (found === undefined) {
    throw new Error(`include/oap.h has a type that is not understood: ${type}`);
  }
  return found;
}

const camel = (name) => name.replace(/(?:^|_)(\w)/g, (_, letter) => letter.toUpperCase());

const enumOf = (name, members) =>
  `export const enum ${name} {\n${members.map(([key, value]) => `  ${key} = ${value},\n`).join('')}}\n`;

/** The source text of abi.ts. */
export function abiOf(file) {
  const text = plain(readFileSync(file, 'utf8'));
  const constants = numbers(text);
  const parts = [enumOf('Abi', [...constants])];
  for (const [name, { fields, wide, size }] of structures(text, constants)) {
    parts.push(enumOf(`${camel(name)}At`, [...fields, ['SIZE', size]]));
    if (NAMED.includes(name)) {
      const places = wide.map((field) => `  ['${field}', ${fields.get(field)}],\n`);
      parts.push(`export const ${name.toUpperCase()} = new Map<string, number>([\n${places.join('')}]);\n`);
    }
  }
  const functions = Array.from(text.matchAll(/\b(oap_\w+)\(/g), ([, name]) => name);
  parts.push(`export type AbiFunction =\n${functions.map((name) => `  | '${name}'`).join('\n')};\n`);
  return `/** Made by scripts/abi.mjs of include/oap.h. */\n\n${parts.join('\n')}`;
}
