//! `derive(ikm, label, ctx, n)`: HKDF-SHA-512 with the label and the context in `info`.

use zeroize::Zeroizing;

use crate::labels::Label;
use crate::primitives;

/// The first `N` bytes of HKDF-SHA-512(no salt, `ikm`, [`info`]`(label, context)`).
pub(crate) fn derive<const N: usize>(ikm: &[u8], label: Label, context: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    primitives::hkdf_sha512(ikm, &info(label, context), out.as_mut_slice());
    out
}

/// `"postern/v1/" ‖ label ‖ 0x00 ‖ lp(ctx₁) ‖ lp(ctx₂) …`
///
/// The zero byte ends the label, and every part of the context carries its length, so that no two
/// different (label, context) give the same text.
pub(crate) fn info(label: Label, context: &[&[u8]]) -> Vec<u8> {
    let mut info = Vec::with_capacity(64 + context.iter().map(|part| part.len() + 4).sum::<usize>());
    info.extend_from_slice(label.full().as_bytes());
    info.push(0);
    for part in context {
        let len = u32::try_from(part.len()).expect("a part of a context is far below 4 GiB");
        info.extend_from_slice(&len.to_be_bytes());
        info.extend_from_slice(part);
    }
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_info_is_what_the_format_says() {
        let text = info(Label::Stream, &[b"ab", b""]);
        assert_eq!(text, b"postern/v1/stream\0\0\0\0\x02ab\0\0\0\0");
    }

    #[test]
    fn a14_no_two_contexts_give_the_same_text() {
        let contexts: [&[&[u8]]; 6] = [&[], &[b""], &[b"", b""], &[b"ab"], &[b"a", b"b"], &[b"", b"ab"]];
        let mut texts: Vec<_> = contexts
            .iter()
            .map(|context| info(Label::Stream, context))
            .collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), contexts.len());
    }
}
