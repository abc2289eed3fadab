//! One direction of a transport: the bytes that were written and not read, and its end.

/// Bytes on their way. The frame that has arrived in part is kept whole, since the reader's connection shows no bytes.
#[derive(Clone, Default, PartialEq, Eq, Hash, Debug)]
pub struct Pipe {
    wire: Vec<u8>,
    arrived: usize,
    /// Nothing follows.
    pub ended: bool,
}

impl Pipe {
    /// Bytes that may be read.
    pub fn len(&self) -> usize {
        self.wire.len() - self.arrived
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.wire.extend_from_slice(bytes);
    }

    pub fn take(&mut self, len: usize) -> Vec<u8> {
        let bytes = self.wire[self.arrived..self.arrived + len].to_vec();
        self.arrived += len;
        while let Some(length) = self.first_frame().filter(|length| *length <= self.arrived) {
            self.wire.drain(..length);
            self.arrived -= length;
        }
        bytes
    }

    fn first_frame(&self) -> Option<usize> {
        let length = self.wire.first_chunk::<4>()?;
        Some(u32::from_be_bytes(*length) as usize)
    }

    /// What is on its way gets lost.
    pub fn clear(&mut self) {
        self.wire.truncate(self.arrived);
    }
}
