//! The frames of a direction that is recorded, without what is not to be written.

use oap::{BytesFrame, Config, Data, Frame, Hello, Reject, StreamDecoder};

/// What is written beside the rest only where it is asked for.
#[derive(Clone, Copy)]
pub struct Secrets {
    pub bodies: bool,
    pub features: bool,
}

/// One direction.
pub struct Frames {
    decoder: StreamDecoder,
    /// Bytes are missing, or were no OAP/1: what follows can't be told apart.
    pub lost: bool,
}

impl Frames {
    pub fn new() -> Self {
        // What a peer sends is recorded also where it is not canonical.
        let config = Config::default().with_strict_headers(false);
        Frames { decoder: StreamDecoder::new(config), lost: false }
    }

    /// The next frame of the bytes at hand.
    ///
    /// # Errors
    /// The reject behind which nothing is recorded.
    pub fn next(&mut self, chunk: &mut bytes::Bytes) -> Result<Option<BytesFrame>, Reject> {
        self.decoder.next_frame(chunk).inspect_err(|_| self.lost = true)
    }

    /// Bytes of a frame that is not whole.
    pub fn staged(&self) -> u64 {
        self.decoder.staged() as u64
    }

    /// The input has ended.
    ///
    /// # Errors
    /// `truncated` where that was inside a frame.
    #[cfg(feature = "parquet")]
    pub fn finish(&mut self) -> Result<(), Reject> {
        self.decoder.finish()
    }
}

/// Appends the frame as it is written: bodies as zeros of their length, HELLO without feature bits.
pub fn put(frame: &BytesFrame, secrets: Secrets, out: &mut Vec<u8>) {
    let zeros;
    let written = match frame.frame() {
        Frame::Data(data) if !secrets.bodies => {
            zeros = vec![0; data.body.len()];
            Frame::Data(Data { body: &zeros, ..data })
        }
        Frame::Hello(hello) if !secrets.features => Frame::Hello(Hello { features: None, ..hello }),
        _ => return out.extend_from_slice(frame.wire()),
    };
    // A relaxed frame is written in its canonical form, which is never longer.
    if oap::encode_to(&written, out).is_err() {
        debug_assert!(false, "what was decoded can be encoded");
    }
}
