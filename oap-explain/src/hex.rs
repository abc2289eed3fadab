//! Bytes as hex digits.

/// Lower-case digits, two a byte.
pub fn encoded(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
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
