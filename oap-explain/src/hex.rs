//! Bytes as hex digits.

/// The digits of each byte.
const PAIRS: [[u8; 2]; 256] = pairs();

const fn pairs() -> [[u8; 2]; 256] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let (mut pairs, mut byte) = ([[0; 2]; 256], 0);
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
}

/// Lower-case digits, two a byte.
pub fn encoded(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len() * 2);
    encode_to(bytes, &mut text);
    String::from_utf8(text).expect("digits")
}

/// Appends them to a text.
pub fn encode_to(bytes: &[u8], text: &mut Vec<u8>) {
    let start = text.len();
    text.resize(start + bytes.len() * 2, 0);
    for (pair, byte) in text[start..].chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&PAIRS[usize::from(*byte)]);
    }
}

/// The bytes of lower-case digits; `None` where they are something else.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(nibble(pair[0])? << 4 | nibble(*pair.get(1)?)?)).collect()
}

/// The bytes of digits as people paste them: of either case, with blanks, colons and `0x` between.
pub fn pasted(text: &str) -> Option<Vec<u8>> {
    let digits = text.to_ascii_lowercase().replace("0x", "");
    let digits: String = digits.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    decoded(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_bytes_are_each_others_inverse() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decoded(&encoded(&all)), Some(all));
        assert_eq!(encoded(&[0, 0xaf]), "00af");
    }

    #[test]
    fn odd_upper_case_and_foreign_digits_are_refused() {
        for text in ["0", "0A", "0g", "00 ", "é0"] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    #[test]
    fn pasted_digits_may_have_blanks_colons_and_prefixes() {
        assert_eq!(pasted("0x00 0A:ff\n"), Some(vec![0, 10, 255]));
        assert_eq!(pasted("00 0"), None);
    }
}
