//! Files of plain numbers, mapped into memory: the one place of this crate that is not safe Rust.

use std::{fs::File, io, marker::PhantomData, path::Path};

use bytemuck::Pod;
use memmap2::Mmap;

/// The first `count` numbers of a file.
pub(crate) struct Mapped<T> {
    map: Option<Mmap>,
    count: usize,
    of: PhantomData<T>,
}

impl<T: Pod> Mapped<T> {
    /// Maps a file that has at least this many numbers.
    pub fn open(path: &Path, count: usize) -> io::Result<Self> {
        if count == 0 {
            return Ok(Self { map: None, count, of: PhantomData });
        }
        let file = File::open(path)?;
        let bytes = count * size_of::<T>();
        if file.metadata()?.len() < bytes as u64 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than its head says"));
        }
        Ok(Self { map: Some(map(&file, bytes)?), count, of: PhantomData })
    }

    /// The numbers.
    pub fn get(&self) -> &[T] {
        self.map.as_deref().map_or(&[], |bytes| &bytemuck::cast_slice(bytes)[..self.count])
    }
}

#[expect(unsafe_code, reason = "mapping a file is unsafe whatever is in it; the comment inside says why it holds")]
fn map(file: &File, bytes: usize) -> io::Result<Mmap> {
    // SAFETY: the files belong to this crate. The committed part of a file is never cut: a new generation gets new files,
    // and the old ones are unlinked, which leaves mappings intact. A writer may overwrite dead rows with zeros while they
    // are read; every bit pattern is a valid number of the types that are mapped (`Pod`), and no code relies on reading
    // the same value twice.
    unsafe { memmap2::MmapOptions::new().len(bytes).map(file) }
}
