// The same types by `require`.

import oap = require('oap');

const frames: oap.Frames = new oap.Decoder().feed(oap.encode({ kind: 'ACK', upTo: 1 }));
const upTo: bigint[] = [...frames].flatMap((frame) => (frame.kind === 'ACK' ? [frame.upTo] : []));
void upTo;
