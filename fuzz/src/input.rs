//! The start of an input, the same in every target that takes bytes: one byte of configuration, one of cuts. The rest is
//! the stream, so that a vector's bytes become a seed by two bytes before them.

use oap::{Config, SeqRolloverPolicy};

/// An input as the targets take it.
pub struct Input<'i> {
    pub config: Config,
    pub cuts: u8,
    pub stream: &'i [u8],
}

impl<'i> Input<'i> {
    /// None where the input is shorter than its own two bytes.
    pub fn new(bytes: &'i [u8]) -> Option<Self> {
        let (&[config, cuts], stream) = bytes.split_first_chunk()?;
        Some(Input { config: config_of(config), cuts, stream })
    }

    /// The stream in chunks: whole for 0, else cut by a fixed sequence that the byte starts.
    pub fn chunks(&self) -> Vec<&'i [u8]> {
        let (mut chunks, mut rest) = (Vec::new(), self.stream);
        let mut state = u32::from(self.cuts);
        while state != 0 && !rest.is_empty() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) | 1;
            let most = [1, 4, 20, 300][self.cuts as usize % 4];
            let (chunk, behind) =
                rest.split_at((state >> 16) as usize % (most + 1) % (rest.len() + 1));
            chunks.push(chunk);
            rest = behind;
        }
        chunks.push(rest);
        chunks
    }

    /// Rows that a call has room for.
    pub fn rows(&self) -> usize {
        [1, 2, 3, 64][self.cuts as usize / 4 % 4]
    }
}

/// Every bit changes one field; 0 is the default.
pub fn config_of(byte: u8) -> Config {
    let bit = |place: u8| byte >> place & 1 == 1;
    let policy = if bit(3) { SeqRolloverPolicy::Wrap } else { SeqRolloverPolicy::Error };
    let max_frame = [1_048_576, 4_096, 4_097, 65_536][usize::from(byte >> 4 & 3)];
    let window = [32, 1, 2, 1_024][usize::from(byte >> 6)];
    Config::default()
        .with_strict_headers(!bit(0))
        .with_allow_pq_hello_flags(!bit(1))
        .with_enforce_obj_header_on_objects(!bit(2))
        .with_seq_rollover_policy(policy)
        .with_max_frame(max_frame)
        .and_then(|config| config.with_ack_window_frames(window))
        .expect("values in their ranges")
}
