// Packs what a release has: the package, and the package of this platform with the library that cargo built (in
// CARGO_TARGET_DIR). The package names no platform's as a dependency: npm would look for it in the public registry, where
// such a name is anybody's.
//   node scripts/pack.mjs FOLDER                  prints the paths of the two tarballs
//   node scripts/pack.mjs FOLDER any              the package alone
//   node scripts/pack.mjs FOLDER PLATFORM FILE    that of a platform alone, with its library

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { here, libraryOf, target, triple } from './platform.mjs';

const LICENSES = ['LICENSE-APACHE', 'LICENSE-MIT'];

const read = (...path) => JSON.parse(readFileSync(join(here, ...path, 'package.json'), 'utf8'));

/** Packs a folder that holds these files, by their names there, and the licenses beside its package.json. */
function pack(manifest, files, to) {
  const folder = mkdtempSync(join(tmpdir(), 'oap-pack-'));
  try {
    for (const [name, file] of Object.entries(files)) {
      cpSync(file, join(folder, name), { recursive: true });
    }
    for (const license of LICENSES) {
      cpSync(join(here, '..', license), join(folder, license));
    }
    const published = { ...manifest, files: [...manifest.files, ...LICENSES] };
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
    const packed = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', to], {
      cwd: folder,
      encoding: 'utf8',
    });
    return join(to, JSON.parse(packed)[0].filename);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const to = resolve(process.argv[2] ?? '.');

function thePackage() {
  const { scripts, devDependencies, ...manifest } = read();
  const files = [...manifest.files, 'README.md'].map((file) => [file, join(here, file)]);
  console.log(pack(manifest, Object.fromEntries(files), to));
}

function ofPlatform(platform, library) {
  console.log(pack(read('npm', platform), { [`oap.${platform}.node`]: library }, to));
}

const [platform, library] = process.argv.slice(3);
if (platform === undefined || platform === 'any') {
  thePackage();
}
if (platform !== 'any') {
  ofPlatform(platform ?? triple, library ?? join(target, libraryOf('oap_node')));
}
