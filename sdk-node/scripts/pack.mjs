// Packs what a release has, all named after the `name` of package.json, the one place for it: the package, and the package of this platform with the library that cargo built (in
// CARGO_TARGET_DIR). The package names no platform's as a dependency: npm would look for it in the public registry, where
// such a name is anybody's. With `--published` it names them all, and oap-wasm, as optional ones of its own version: for the
// day on which the names are this project's.
//   node scripts/pack.mjs FOLDER                  prints the paths of the two tarballs
//   node scripts/pack.mjs FOLDER any              the package alone
//   node scripts/pack.mjs FOLDER wasm             oap-wasm alone, which wasm/build has made
//   node scripts/pack.mjs FOLDER PLATFORM FILE    that of a platform alone, with its library

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { here, libraryOf, target, triple } from './platform.mjs';

const LICENSES = ['LICENSE-APACHE', 'LICENSE-MIT'];

const read = (...path) => JSON.parse(readFileSync(join(here, ...path, 'package.json'), 'utf8'));

const { name } = read();
// What imports the package, or a package beside it, by its name here.
const IMPORT = /(from |require\(|import\()(['"])oap(?=['"/-])/g;
const TEXT = /\.([cm]?[jt]s|md)$/;

/** Has what is packed import by the published name. */
function rename(folder) {
  for (const entry of readdirSync(folder, { recursive: true })) {
    const path = join(folder, entry);
    if (TEXT.test(entry)) {
      writeFileSync(path, readFileSync(path, 'utf8').replace(IMPORT, `$1$2${name}`));
    }
  }
}

/** Packs a folder that holds these files, by their names there, and the licenses beside its package.json. */
function pack(manifest, files, to) {
  const folder = mkdtempSync(join(tmpdir(), 'oap-pack-'));
  try {
    for (const [name, file] of Object.entries(files)) {
      cpSync(file, join(folder, name), { recursive: true });
    }
    rename(folder);
    for (const license of LICENSES) {
      cpSync(join(here, '..', license), join(folder, license));
    }
    const published = { ...manifest, files: [...manifest.files, ...LICENSES] };
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
    const packed = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', to], {
      cwd: folder,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    return join(to, JSON.parse(packed)[0].filename);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { values, positionals } = parseArgs({
  options: { published: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [folder = '.', platform, library] = positionals;
const to = resolve(folder);

function thePackage() {
  const { scripts, devDependencies, ...own } = read();
  const manifest = values.published ? { ...own, optionalDependencies: natives(own.version) } : own;
  console.log(pack(manifest, filesOf(manifest), to));
}

/** The packages of which `ts/native.ts` takes one, each of this very version. */
function natives(version) {
  const others = [...readdirSync(join(here, 'npm')), 'wasm'];
  return Object.fromEntries(others.map((other) => [`${name}-${other}`, version]));
}

function filesOf({ files }, ...folders) {
  return Object.fromEntries([...files, 'README.md'].map((file) => [file, join(here, ...folders, file)]));
}

function ofWebAssembly() {
  const manifest = { ...read('wasm'), name: `${name}-wasm` };
  console.log(pack(manifest, filesOf(manifest, 'wasm'), to));
}

function ofPlatform(platform, library) {
  const manifest = { name: `${name}-${platform}`, ...read('npm', platform) };
  console.log(pack(manifest, { [`oap.${platform}.node`]: library }, to));
}

if (platform === undefined || platform === 'any') {
  thePackage();
}
if (platform === 'wasm') {
  ofWebAssembly();
} else if (platform !== 'any') {
  ofPlatform(platform ?? triple, library ?? join(target, libraryOf('oap_node')));
}
