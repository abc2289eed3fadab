// zlib's CRC-32, which `node:zlib` has from Node 22.2 on.

import * as zlib from "node:zlib";

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return crc;
});

function byTable(bytes, before) {
  let crc = ~before;
  for (let at = 0; at < bytes.length; at += 1) {
    crc = TABLE[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** The CRC of what had `before` (0 at first) and these bytes. */
export const crc32 = zlib.crc32 ?? byTable;

export const hex = (crc) => crc.toString(16).padStart(8, "0");
