/** Values of JSON. */

/** Numbers of 64 bits are decimal strings there, as in the conformance suite; all else stays as it is. */
export const jsonOf = (value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value);
