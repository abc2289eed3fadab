// Writes ts/generated.ts: where things stand in the memory that both halves of the package use, as the native half has it.

import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { here, triple } from './platform.mjs';

const HEAD =
  '/** Made by scripts/generate.mjs of `src/layout.rs`. Enums, since their members are written into the code. */\n';

/** The source text of ts/generated.ts. */
export function generated() {
  const { layout } = createRequire(import.meta.url)(join(here, `oap.${triple}.node`));
  const groups = grouped(layout());
  const enums = [...groups].map(([group, members]) => {
    const lines = members.map(({ name, value }) => `  ${name} = ${value},\n`);
    return `\nexport const enum ${group} {\n${lines.join('')}}\n`;
  });
  return HEAD + enums.join('');
}

function grouped(places) {
  const groups = new Map();
  for (const place of places) {
    groups.set(place.group, [...(groups.get(place.group) ?? []), place]);
  }
  return groups;
}

export const file = join(here, 'ts/generated.ts');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = generated();
  if (readFileSync(file, { encoding: 'utf8', flag: 'a+' }) !== text) {
    writeFileSync(file, text);
  }
}
