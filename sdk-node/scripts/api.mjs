// Prints the declarations of all that the package exports, without comments: what docs/api-history/node.d.ts keeps; with `wasm`,
// those of oap-wasm, which wasm.d.ts there keeps.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { here } from './platform.mjs';

const COMMENT = /^ *\/\*\*.*?\*\/\n/gms;
const REEXPORT = /^export (?:type )?\{([^}]*)\} from '\.\/([^']*)\.js';/gm;
const NAME = /^export (?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/;

const ofWebAssembly = process.argv[2] === 'wasm';
const dist = join(here, ofWebAssembly ? 'wasm/dist/esm' : 'dist');

const read = (name) => readFileSync(join(dist, `${name}.d.ts`), 'utf8').replace(COMMENT, '');

/** The exported declarations of a module, by name; a function may have several. */
function declarationsOf(module) {
  const found = new Map();
  for (const text of read(module).split(/^(?=export |declare |import )/m)) {
    const name = NAME.exec(text)?.[1];
    if (name !== undefined) {
      found.set(name, (found.get(name) ?? '') + text);
    }
  }
  return found;
}

/** What a module exports, its own and others' that it passes on. */
function surfaceOf(module) {
  const surface = declarationsOf(module);
  for (const [, names, from] of read(module).matchAll(REEXPORT)) {
    const declarations = declarationsOf(from);
    for (const name of names.split(',').map((it) => it.replace('type ', '').trim())) {
      if (name !== '') {
        surface.set(name, declarations.get(name) ?? `${name}: not found in ${from}\n`);
      }
    }
  }
  return [...surface].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
}

const OF_NODE = [
  ['index', 'oap'],
  ['prometheus', 'oap/prometheus'],
];

for (const [module, published] of ofWebAssembly ? [['index', 'oap-wasm']] : OF_NODE) {
  console.log(`// ${published}\n\n${surfaceOf(module).join('\n')}`);
}
