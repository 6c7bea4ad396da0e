//! Names of entries: plain components, or refused.

/// The longest component that common file systems take, bytes.
const MAX_COMPONENT_BYTES: usize = 255;
/// The longest path.
const MAX_PATH_BYTES: usize = 2_000;

/// The path below the archive with forward slashes; `None` for hidden files, which are other programs' business; or why
/// the name is refused.
pub(super) fn checked(name: &str) -> Result<Option<String>, &'static str> {
    let name = name.replace('\\', "/");
    if name.starts_with('/') || has_drive(&name) {
        return Err("its path is absolute");
    }
    if name.contains('\0') {
        return Err("its path has a zero byte");
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return Err("its path leads out of the archive");
    }
    if parts.iter().any(|part| part.len() > MAX_COMPONENT_BYTES) || name.len() > MAX_PATH_BYTES {
        return Err("its path is too long");
    }
    if parts.is_empty() || parts.iter().any(|part| part.starts_with('.') || *part == "__MACOSX") {
        return Ok(None);
    }
    Ok(Some(parts.join("/")))
}

fn has_drive(name: &str) -> bool {
    matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_pass_and_the_others_say_why() {
        let check = |name: &str, expected: Result<Option<&str>, &'static str>| {
            assert_eq!(checked(name), expected.map(|path| path.map(str::to_owned)), "{name}");
        };
        check("images/a.jpg", Ok(Some("images/a.jpg")));
        check("./images//a.jpg", Ok(Some("images/a.jpg")));
        check("images\\a.jpg", Ok(Some("images/a.jpg")));
        check("ein Bild ü.png", Ok(Some("ein Bild ü.png")));
        check("a..b.jpg", Ok(Some("a..b.jpg")));
        check(".hidden/a.jpg", Ok(None));
        check("__MACOSX/a.jpg", Ok(None));
        check("/etc/passwd", Err("its path is absolute"));
        check("C:\\a.jpg", Err("its path is absolute"));
        check("../a.jpg", Err("its path leads out of the archive"));
        check("a/../../b.jpg", Err("its path leads out of the archive"));
        check("a\\..\\..\\b.jpg", Err("its path leads out of the archive"));
        check("a\0.jpg", Err("its path has a zero byte"));
        check(&"x".repeat(256), Err("its path is too long"));
    }
}
