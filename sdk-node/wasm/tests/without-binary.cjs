// Preloaded (`node --require`): here no binary loads, and `oap` takes the oap-wasm that was built in this repository.

const Module = require('node:module');
const path = require('node:path');

Module._extensions['.node'] = (_, file) => {
  throw new Error(`${path.basename(file)} is not for this test`);
};

const resolve = Module._resolveFilename;
Module._resolveFilename = (request, ...others) =>
  request === 'oap-wasm/native' ? path.join(__dirname, '../dist/cjs/native.js') : resolve(request, ...others);

process.removeAllListeners('warning');
