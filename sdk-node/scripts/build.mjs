// Builds the native half for this platform by cargo, and the JavaScript half by the TypeScript compiler. It is also what
// npm runs where this folder is installed as it is: first it installs what it needs itself.

import { execFileSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { install } from './install.mjs';
import { here, libraryOf, target, triple } from './platform.mjs';

const run = (command, ...args) => execFileSync(command, args, { cwd: here, stdio: 'inherit' });

install(here);
run('cargo', 'build', '--release', '--package', 'oap-node');
// Under another name first: a process that has loaded the old one keeps it.
const place = join(here, `oap.${triple}.node`);
copyFileSync(join(target, libraryOf('oap_node')), `${place}.new`);
renameSync(`${place}.new`, place);

run(process.execPath, join(here, 'scripts/generate.mjs'));
run(process.execPath, join(here, 'node_modules/typescript/bin/tsc'));
