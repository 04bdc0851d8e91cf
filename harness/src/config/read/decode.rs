//! From bytes to text and back, whatever the encoding.

use encoding_rs::{CoderResult, DecoderResult, UTF_8};

use super::{ReadError, ReadErrorKind};

/// How the text was encoded, so that it can be written as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    kind: Kind,
    has_mark: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Utf16 { big: bool },
    Other(&'static encoding_rs::Encoding),
}

/// A text and the encoding that it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// Its encoding.
    pub encoding: Encoding,
}

impl Encoded {
    /// Decodes by byte order mark, then by the XML declaration, else as UTF-8.
    ///
    /// # Errors
    /// The encoding is unknown, or the bytes are none of its.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        let utf16 = |big: bool, has_mark: bool, bytes: &[u8]| {
            let encoding = Encoding { kind: Kind::Utf16 { big }, has_mark };
            decode_utf16(bytes, big).map(|text| Self { text, encoding })
        };
        match bytes {
            [0xef, 0xbb, 0xbf, rest @ ..] => decode_other(UTF_8, true, rest),
            [0xff, 0xfe, rest @ ..] => utf16(false, true, rest),
            [0xfe, 0xff, rest @ ..] => utf16(true, true, rest),
            [b'<', 0, ..] => utf16(false, false, bytes),
            [0, b'<', ..] => utf16(true, false, bytes),
            _ => {
                let label = declared(bytes).unwrap_or_else(|| "UTF-8".to_owned());
                let encoding = encoding_rs::Encoding::for_label(label.as_bytes());
                let encoding =
                    encoding.filter(|encoding| !matches!(encoding.name(), "UTF-16LE" | "UTF-16BE" | "replacement"));
                let Some(encoding) =
                    encoding.or_else(|| label.to_ascii_uppercase().starts_with("UTF-16").then_some(UTF_8))
                else {
                    return Err(ReadError::new(ReadErrorKind::UnknownEncoding(label), "", 0));
                };
                decode_other(encoding, false, bytes)
            }
        }
    }
}

impl Encoding {
    /// The text's bytes, as [`Encoded::decode`] would take them; `None` where the encoding lacks a character.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self.kind {
            Kind::Utf16 { big } => {
                let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
                let mark = self.has_mark.then_some(0xfeff);
                Some(mark.into_iter().chain(text.encode_utf16()).flat_map(unit).collect())
            }
            Kind::Other(encoding) if encoding == UTF_8 => {
                let mark: &[u8] = if self.has_mark { b"\xef\xbb\xbf" } else { b"" };
                Some([mark, text.as_bytes()].concat())
            }
            Kind::Other(encoding) => {
                let (bytes, _, had_errors) = encoding.encode(text);
                (!had_errors).then(|| bytes.into_owned())
            }
        }
    }
}

fn decode_other(encoding: &'static encoding_rs::Encoding, has_mark: bool, bytes: &[u8]) -> Result<Encoded, ReadError> {
    let kept = Encoding { kind: Kind::Other(encoding), has_mark };
    if encoding == UTF_8 {
        return match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Encoded { text: text.to_owned(), encoding: kept }),
            Err(error) => {
                let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
                Err(ReadError::new(ReadErrorKind::Encoding("UTF-8".to_owned()), &valid, valid.len()))
            }
        };
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len() * 3);
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(Encoded { text, encoding: kept }),
        _ => Err(ReadError::new(ReadErrorKind::Encoding(encoding.name().to_owned()), &text, text.len())),
    }
}

fn decode_utf16(bytes: &[u8], big: bool) -> Result<String, ReadError> {
    let encoding = if big { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 2));
    let (result, _, had_errors) = decoder.decode_to_string(bytes, &mut text, true);
    if had_errors || result != CoderResult::InputEmpty {
        let bad = text.find('\u{fffd}').unwrap_or(text.len());
        return Err(ReadError::new(ReadErrorKind::Encoding("UTF-16".to_owned()), &text, bad));
    }
    Ok(text)
}

/// The encoding that `<?xml … encoding="…"?>` names.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(200)];
    let head: String = head.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { ' ' }).collect();
    let declaration = head.strip_prefix("<?xml")?;
    let declaration = declaration.split("?>").next()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    rest[1..].split(quote).next().map(str::to_owned)
}
