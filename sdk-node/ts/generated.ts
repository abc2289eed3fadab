/** Made by scripts/generate.mjs of `src/layout.rs`. Enums, since their members are written into the code. */

export const enum Row {
  SeqLow = 0,
  SeqHigh = 1,
  Body = 2,
  BodyLen = 3,
  Text = 4,
  Value = 5,
  TextLen = 6,
  AckWindow = 7,
  Kind = 7,
  Words = 8,
}

export const enum Head {
  Rows = 0,
  Consumed = 1,
  Shift = 2,
  Partial = 3,
  Ending = 4,
  Slot = 5,
}

export const enum Ending {
  Done = 0,
  Full = 1,
  Rejected = 2,
  Unreadable = 3,
}

export const enum FrameWord {
  Kind = 0,
  Flags = 1,
  Number = 2,
  MaxFrame = 4,
  Value = 6,
  AckWindow = 7,
  Text = 8,
  TextLen = 9,
  Body = 10,
  BodyLen = 11,
  Words = 12,
}

export const enum Flag {
  HasObj = 1,
  HasFeatures = 2,
  HasAckWindow = 4,
}

export const enum Wire {
  PrefixBytes = 8,
  Data = 3,
  Ack = 4,
  NumberKey = 8,
  ObjKey = 18,
  ObjBytes = 67,
  ObjFieldBytes = 69,
  MinFrameBytes = 10,
  MaxDataHeadBytes = 88,
  MaxFrameBytes = 1048576,
}

export const enum Sent {
  Queued = 0,
  Handshake = 1,
  Credit = 2,
  Room = 3,
  Closed = 4,
  Refused = 5,
  Base = 8,
}

export const enum Act {
  Look = 0,
  Take = 1,
  Transmitted = 2,
  Transmit = 3,
  Data = 4,
  DataHead = 5,
}

export const enum DeskPlace {
  Act = 0,
  Connection = 1,
  First = 2,
  Count = 3,
  At = 4,
  Result = 5,
  State = 6,
  WantsRead = 7,
  WantsWrite = 8,
  Timeout = 9,
  Credit = 10,
  InFlight = 11,
  Queued = 12,
  Streams = 13,
  Untaken = 14,
  Pieces = 15,
}

export const enum State {
  Handshake = 0,
  Open = 1,
  PeerClosed = 2,
  Closing = 3,
  Shut = 4,
  Ended = 5,
}
