/** `oap` gives Buffers; here they are what a Buffer is. */
type Buffer = Uint8Array;
