//! PEM files (RFC 7468), as OpenSSL and others write them: any number of blocks, with text between them.

use crate::config::line_of;
use zeroize::Zeroizing;

/// One block, decoded.
pub struct Block {
    /// What the block says it is, between `BEGIN ` and the hyphens.
    pub label: String,
    /// The line of the file on which it begins, counted from one.
    pub line: usize,
    /// What is in it.
    pub der: Zeroizing<Vec<u8>>,
}

/// Why a file cannot be read as PEM: the line, and what is wrong with it.
pub struct Fault {
    /// The line, counted from one.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

/// The blocks of a file.
pub fn blocks(text: &[u8]) -> Result<Vec<Block>, Fault> {
    let mut blocks = Vec::new();
    let mut begun = None;
    let mut offset = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let start = offset;
        offset += line.len();
        if line.starts_with(BEGIN) {
            begun = Some(start);
        } else if line.starts_with(END)
            && let Some(begin) = begun.take()
        {
            blocks.push(block(text.get(begin..offset).unwrap_or_default(), line_of(text, begin))?);
        }
    }
    match begun {
        Some(begin) => Err(Fault { line: line_of(text, begin), what: "the block that begins here has no end".into() }),
        None => Ok(blocks),
    }
}

fn block(text: &[u8], line: usize) -> Result<Block, Fault> {
    // Only a block that a password protects has headers (RFC 1421), and base64 has no colon.
    if text.contains(&b':') {
        return Err(Fault { line, what: "the block that begins here is encrypted".into() });
    }
    let fault = |error| Fault { line, what: format!("the block that begins here is damaged: {error}") };
    let mut decoder = der::pem::Decoder::new_detect_wrap(text).map_err(fault)?;
    let label = decoder.type_label().to_owned();
    let mut der = Zeroizing::new(Vec::with_capacity(decoder.remaining_len()));
    decoder.decode_to_end(&mut der).map_err(fault)?;
    Ok(Block { label, line, der })
}
