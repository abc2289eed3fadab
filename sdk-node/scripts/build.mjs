// Builds the native half for this platform by cargo, and the JavaScript half by the TypeScript compiler. It is also what
// npm runs where this folder is installed as it is: first it installs what it needs itself.

import { execFileSync } from 'node:child_process';
import { copyFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { here, libraryOf, target, triple } from './platform.mjs';

const run = (command, ...args) => execFileSync(command, args, { cwd: here, stdio: 'inherit' });

const modified = (...path) => statSync(join(here, ...path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (modified('node_modules/.package-lock.json') < modified('package-lock.json')) {
  // Without scripts, since this is one of them.
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: here,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
}

run('cargo', 'build', '--release', '--package', 'oap-node');
// Under another name first: a process that has loaded the old one keeps it.
const place = join(here, `oap.${triple}.node`);
copyFileSync(join(target, libraryOf('oap_node')), `${place}.new`);
renameSync(`${place}.new`, place);

run(process.execPath, join(here, 'scripts/generate.mjs'));
run(process.execPath, join(here, 'node_modules/typescript/bin/tsc'));
