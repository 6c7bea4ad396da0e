//! Archives: what comes out, and what must not.

use std::{
    fs::{self, File},
    io::{self, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use muster_formats::{
    FormatError,
    archive::{self, ArchiveKind, ArchiveLimits, Listing},
};
use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

const FILES: [(&str, &[u8]); 3] =
    [("images/a.jpg", b"first"), ("images/deep/b.jpg", b"second"), ("annotations.json", b"{}")];

fn zip_of(path: &Path, files: &[(&str, &[u8])]) {
    let mut writer = ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
}

/// A tar whose names are written as they are, which the `tar` crate's own builder refuses for hostile ones.
fn tar_of(out: impl Write, files: &[(&str, &[u8])]) {
    let mut builder = tar::Builder::new(out);
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_700_000_000);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap().flush().unwrap();
}

fn each_kind(folder: &Path, files: &[(&str, &[u8])]) -> [(PathBuf, ArchiveKind); 3] {
    let [zip, tar, gz] = ["a.zip", "a.tar", "a.tar.gz"].map(|name| folder.join(name));
    zip_of(&zip, files);
    tar_of(File::create(&tar).unwrap(), files);
    let mut encoder = GzEncoder::new(File::create(&gz).unwrap(), Compression::fast());
    tar_of(&mut encoder, files);
    encoder.finish().unwrap();
    [(zip, ArchiveKind::Zip), (tar, ArchiveKind::Tar), (gz, ArchiveKind::TarGz)]
}

fn unpack(file: &Path, into: &Path) -> Result<Listing, FormatError> {
    archive::unpack(file, into, &ArchiveLimits::default(), &|_| true, &mut |_| ControlFlow::Continue(()))
}

fn paths(listing: &Listing) -> Vec<&str> {
    listing.entries.iter().map(|entry| entry.path.as_str()).collect()
}

#[test]
fn every_kind_gives_back_what_went_in() {
    let folder = TempDir::new().unwrap();
    for (file, kind) in each_kind(folder.path(), &FILES) {
        assert_eq!(archive::kind(&file).unwrap(), Some(kind));
        let listing = archive::list(&file, &ArchiveLimits::default()).unwrap();
        assert_eq!(paths(&listing), FILES.map(|(name, _)| name), "{kind:?}");
        assert_eq!(listing.entries.iter().map(|entry| entry.bytes).collect::<Vec<_>>(), [5, 6, 2]);
        let into = TempDir::new().unwrap();
        assert_eq!(unpack(&file, into.path()).unwrap(), listing);
        for (name, bytes) in FILES {
            assert_eq!(fs::read(into.path().join(name)).unwrap(), bytes, "{kind:?} {name}");
        }
    }
}

#[test]
fn a_path_that_leads_out_is_left_out_and_writes_nothing() {
    let hostile: [(&str, &[u8]); 5] = [
        ("../outside.jpg", b"x"),
        ("/tmp/muster-absolute.jpg", b"x"),
        ("a/../../outside.jpg", b"x"),
        ("..\\outside.jpg", b"x"),
        ("good.jpg", b"good"),
    ];
    let folder = TempDir::new().unwrap();
    for (file, kind) in each_kind(folder.path(), &hostile) {
        let nest = TempDir::new().unwrap();
        let into = nest.path().join("into");
        fs::create_dir(&into).unwrap();
        let listing = unpack(&file, &into).unwrap();
        assert_eq!(paths(&listing), ["good.jpg"], "{kind:?}");
        assert_eq!(listing.left_out.len(), 4, "{kind:?} {:?}", listing.left_out);
        assert_eq!(fs::read_dir(nest.path()).unwrap().count(), 1, "{kind:?}");
        assert!(!Path::new("/tmp/muster-absolute.jpg").exists());
    }
}

#[test]
fn links_and_special_files_are_left_out() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a.tar");
    let mut builder = tar::Builder::new(File::create(&file).unwrap());
    for (kind, name) in
        [(tar::EntryType::Symlink, "link"), (tar::EntryType::Link, "hard"), (tar::EntryType::Fifo, "pipe")]
    {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(0);
        builder.append_link(&mut header, name, "/etc/passwd").unwrap();
    }
    // A file below a name that the archive made a link must not follow it.
    let mut header = tar::Header::new_ustar();
    header.set_size(4);
    header.set_mode(0o644);
    builder.append_data(&mut header, "link/passwd", &b"evil"[..]).unwrap();
    builder.into_inner().unwrap();
    let into = TempDir::new().unwrap();
    let listing = unpack(&file, into.path()).unwrap();
    assert_eq!(paths(&listing), ["link/passwd"]);
    assert_eq!(listing.left_out.len(), 3);
    assert!(into.path().join("link").symlink_metadata().unwrap().is_dir());
}

#[test]
fn a_name_comes_out_once() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a.tar");
    tar_of(File::create(&file).unwrap(), &[("a.jpg", b"first"), ("A.JPG", b"other"), ("a.jpg", b"third")]);
    let into = TempDir::new().unwrap();
    let listing = unpack(&file, into.path()).unwrap();
    assert_eq!((paths(&listing), listing.left_out.len()), (vec!["a.jpg"], 2));
    assert_eq!(fs::read(into.path().join("a.jpg")).unwrap(), b"first");
}

#[test]
fn a_bomb_is_stopped_by_what_comes_out_and_not_by_what_it_promises() {
    let folder = TempDir::new().unwrap();
    let zeros = vec![0_u8; 4 << 20];
    let limits = ArchiveLimits { max_bytes: 1 << 20, ..ArchiveLimits::default() };
    for (file, kind) in each_kind(folder.path(), &[("zeros.bmp", &zeros)]) {
        let into = TempDir::new().unwrap();
        let result = archive::unpack(&file, into.path(), &limits, &|_| true, &mut |_| ControlFlow::Continue(()));
        assert!(matches!(result, Err(FormatError::ArchiveBound { .. })), "{kind:?} {result:?}");
        assert!(!into.path().join("zeros.bmp").exists(), "{kind:?}");
    }
}

#[test]
fn too_many_entries_are_refused() {
    let folder = TempDir::new().unwrap();
    let limits = ArchiveLimits { max_entries: 2, ..ArchiveLimits::default() };
    for (file, kind) in each_kind(folder.path(), &FILES) {
        let result = archive::list(&file, &limits);
        assert!(matches!(result, Err(FormatError::ArchiveBound { quantity: "entries", .. })), "{kind:?} {result:?}");
    }
}

#[test]
fn a_cut_off_archive_says_so() {
    let folder = TempDir::new().unwrap();
    let noise: Vec<u8> = (0..60_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for (file, kind) in each_kind(folder.path(), &[("a.jpg", &noise), ("b.jpg", &noise)]) {
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() * 2 / 3]).unwrap();
        let into = TempDir::new().unwrap();
        match unpack(&file, into.path()) {
            Err(FormatError::DamagedArchive { .. }) => {}
            // A file that is cut off itself is left out with the reason, and nothing of it stays.
            Ok(listing) => assert_eq!((paths(&listing), listing.left_out.len()), (vec!["a.jpg"], 1), "{kind:?}"),
            Err(other) => panic!("{kind:?} {other}"),
        }
        assert!(!into.path().join("b.jpg").exists(), "{kind:?}");
    }
}

#[test]
fn one_damaged_file_of_a_zip_does_not_hold_up_the_others() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a.zip");
    zip_of(&file, &[("a.jpg", &[7; 5000]), ("b.jpg", b"intact")]);
    let mut bytes = fs::read(&file).unwrap();
    bytes[38] ^= 0xff;
    fs::write(&file, bytes).unwrap();
    let into = TempDir::new().unwrap();
    let listing = unpack(&file, into.path()).unwrap();
    assert_eq!((paths(&listing), listing.left_out.len()), (vec!["b.jpg"], 1), "{:?}", listing.left_out);
}

#[test]
fn other_files_are_no_archives() {
    let folder = TempDir::new().unwrap();
    let plain = folder.path().join("plain");
    fs::write(&plain, b"just words").unwrap();
    let gz = folder.path().join("log.gz");
    let mut encoder = GzEncoder::new(File::create(&gz).unwrap(), Compression::fast());
    io::copy(&mut &b"just words"[..], &mut encoder).unwrap();
    encoder.finish().unwrap();
    for file in [plain, gz] {
        assert_eq!(archive::kind(&file).unwrap(), None);
        let listed = archive::list(&file, &ArchiveLimits::default());
        assert!(matches!(listed, Err(FormatError::NotAnArchive { .. })));
    }
}

#[test]
fn a_person_can_end_it() {
    let folder = TempDir::new().unwrap();
    for (file, _) in each_kind(folder.path(), &FILES) {
        let into = TempDir::new().unwrap();
        let mut steps = 0;
        let mut step = |_: &archive::ArchiveEntry| {
            steps += 1;
            if steps > 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let limits = ArchiveLimits::default();
        let listing = archive::unpack(&file, into.path(), &limits, &|_| true, &mut step).unwrap();
        assert_eq!(listing.entries.len(), 1);
    }
}
