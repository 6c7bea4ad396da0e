//! COCO's text form of run lengths: differences to the count before the last, six bits a character from `0` on
//! (`maskApi.c` of pycocotools).

/// The text of `counts`.
pub fn compress(counts: &[u32]) -> String {
    let mut text = String::new();
    for (ordinal, &count) in counts.iter().enumerate() {
        let mut rest = i64::from(count);
        if ordinal > 2 {
            rest -= i64::from(counts[ordinal - 2]);
        }
        loop {
            let mut bits = (rest & 0x1f) as u8;
            rest >>= 5;
            let more = if bits & 0x10 == 0 { rest != 0 } else { rest != -1 };
            if more {
                bits |= 0x20;
            }
            text.push(char::from(bits + 48));
            if !more {
                break;
            }
        }
    }
    text
}

/// The counts of `text`; `None` when it is not such a text.
pub fn decompress(text: &str) -> Option<Vec<u32>> {
    let mut counts: Vec<u32> = Vec::new();
    let mut bytes = text.bytes();
    while let Some(first) = bytes.next() {
        let mut value = 0_i64;
        let mut shift = 0_u32;
        let mut byte = first;
        loop {
            let bits = byte.checked_sub(48).filter(|bits| *bits < 64)?;
            if shift > 40 {
                return None;
            }
            value |= i64::from(bits & 0x1f) << shift;
            shift += 5;
            if bits & 0x20 == 0 {
                if bits & 0x10 != 0 {
                    value |= -1_i64 << shift;
                }
                break;
            }
            byte = bytes.next()?;
        }
        if counts.len() > 2 {
            value = value.checked_add(i64::from(counts[counts.len() - 2]))?;
        }
        counts.push(u32::try_from(value).ok()?);
    }
    Some(counts)
}
