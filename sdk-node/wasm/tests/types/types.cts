import oap = require('oap-wasm');

const bytes: Uint8Array = oap.encode({ kind: 'ACK', upTo: 7n });
new oap.Decoder().feed(bytes);
