// Installs what a folder's lock file says, unless it is there.

import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

const modified = (...path) => statSync(join(...path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

export function install(folder) {
  if (modified(folder, 'node_modules/.package-lock.json') < modified(folder, 'package-lock.json')) {
    // Without scripts, since the package's own is what builds it.
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
}
