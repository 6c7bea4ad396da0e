//! Writing a COCO instances file in one pass: pictures and objects come in any order and are never all in memory.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::{Serialize, Serializer, ser::SerializeMap};
use sha2::{Digest as _, Sha256};

use super::{
    model::{CocoAnnotation, CocoCategory, CocoImage, CocoInfo, Segmentation},
    rle::compress,
};
use crate::error::FormatError;

/// A file that is complete and on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFile {
    /// Where.
    pub path: PathBuf,
    /// Size.
    pub bytes: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// Writes one file. Objects go to a part file beside it until [`CocoWriter::finish`] joins the two.
pub struct CocoWriter {
    path: PathBuf,
    part: PathBuf,
    out: HashedFile,
    objects: BufWriter<File>,
    images: u64,
    annotations: u64,
}

impl CocoWriter {
    /// Starts a file; an existing one of this name is replaced.
    pub fn create(path: &Path, info: &CocoInfo, categories: &[CocoCategory]) -> Result<Self, FormatError> {
        let part = path.with_extension("annotations.part");
        let out = File::create(path).map_err(FormatError::io("create", path))?;
        let objects = File::create(&part).map_err(FormatError::io("create", &part))?;
        let mut writer = Self {
            path: path.to_owned(),
            part,
            out: HashedFile { file: BufWriter::new(out), hasher: Sha256::new(), bytes: 0 },
            objects: BufWriter::new(objects),
            images: 0,
            annotations: 0,
        };
        let head = || -> io::Result<Vec<u8>> {
            let mut head = b"{\"info\":".to_vec();
            serde_json::to_writer(&mut head, info)?;
            head.extend(b",\"licenses\":[],\n\"categories\":[");
            for (ordinal, category) in categories.iter().enumerate() {
                head.extend(if ordinal == 0 { &b"\n"[..] } else { &b",\n"[..] });
                serde_json::to_writer(&mut head, &CategoryOut(category))?;
            }
            head.extend(b"\n],\n\"images\":[");
            Ok(head)
        };
        let head = head().map_err(FormatError::io("write", path))?;
        writer.out.write_all(&head).map_err(FormatError::io("write", path))?;
        Ok(writer)
    }

    /// Adds a picture.
    pub fn image(&mut self, image: &CocoImage) -> Result<(), FormatError> {
        let separator = if self.images == 0 { &b"\n"[..] } else { &b",\n"[..] };
        self.images += 1;
        let mut write = || -> io::Result<()> {
            self.out.write_all(separator)?;
            serde_json::to_writer(&mut self.out, &ImageOut(image))?;
            Ok(())
        };
        write().map_err(FormatError::io("write", &self.path))
    }

    /// Adds an object.
    pub fn annotation(&mut self, annotation: &CocoAnnotation) -> Result<(), FormatError> {
        let separator = if self.annotations == 0 { &b"\n"[..] } else { &b",\n"[..] };
        self.annotations += 1;
        let mut write = || -> io::Result<()> {
            self.objects.write_all(separator)?;
            serde_json::to_writer(&mut self.objects, &AnnotationOut(annotation))?;
            Ok(())
        };
        write().map_err(FormatError::io("write", &self.part))
    }

    /// Joins pictures and objects and brings the file to disk.
    pub fn finish(self) -> Result<WrittenFile, FormatError> {
        let Self { path, part, mut out, objects, .. } = self;
        let join = || -> io::Result<(u64, String)> {
            objects.into_inner()?.sync_all()?;
            out.write_all(b"\n],\n\"annotations\":[")?;
            io::copy(&mut BufReader::new(File::open(&part)?), &mut out)?;
            out.write_all(b"\n]}\n")?;
            out.file.flush()?;
            out.file.get_ref().sync_all()?;
            fs::remove_file(&part)?;
            Ok((out.bytes, hex(&out.hasher.finalize())))
        };
        let (bytes, sha256) = join().map_err(FormatError::io("write", &path))?;
        Ok(WrittenFile { path, bytes, sha256 })
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

struct HashedFile {
    file: BufWriter<File>,
    hasher: Sha256,
    bytes: u64,
}

impl Write for HashedFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

struct CategoryOut<'a>(&'a CocoCategory);

impl Serialize for CategoryOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.0.id)?;
        map.serialize_entry("name", &self.0.name)?;
        map.serialize_entry("supercategory", &self.0.supercategory)?;
        map.end()
    }
}

struct ImageOut<'a>(&'a CocoImage);

impl Serialize for ImageOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let image = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &image.id)?;
        map.serialize_entry("file_name", &image.file_name)?;
        if let (Some(width_px), Some(height_px)) = (image.width_px, image.height_px) {
            map.serialize_entry("width", &width_px)?;
            map.serialize_entry("height", &height_px)?;
        }
        if let Some(muster) = &image.muster {
            map.serialize_entry("muster", muster)?;
        }
        map.end()
    }
}

struct AnnotationOut<'a>(&'a CocoAnnotation);

impl Serialize for AnnotationOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = self.0;
        let bounds = object.bounds;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &object.id)?;
        map.serialize_entry("image_id", &object.image_id)?;
        map.serialize_entry("category_id", &object.category_id)?;
        map.serialize_entry("bbox", &[bounds.x, bounds.y, bounds.width, bounds.height])?;
        map.serialize_entry("area", &object.area)?;
        map.serialize_entry("iscrowd", &u8::from(object.is_crowd))?;
        map.serialize_entry("segmentation", &SegmentationOut(&object.segmentation))?;
        if let Some(score) = object.score {
            map.serialize_entry("score", &score)?;
        }
        if !object.attributes.is_empty() {
            map.serialize_entry("attributes", &object.attributes)?;
        }
        if let Some(muster) = &object.muster {
            map.serialize_entry("muster", muster)?;
        }
        map.end()
    }
}

/// An outline in COCO's spelling.
pub(super) struct SegmentationOut<'a>(pub(super) &'a Segmentation);

impl Serialize for SegmentationOut<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Segmentation::None => serializer.collect_seq(std::iter::empty::<f64>()),
            Segmentation::Polygons(parts) => serializer.collect_seq(parts.iter().map(|part| part.as_flattened())),
            Segmentation::Mask { width_px, height_px, counts, compressed } => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("size", &[height_px, width_px])?;
                if *compressed {
                    map.serialize_entry("counts", &compress(counts))?;
                } else {
                    map.serialize_entry("counts", counts)?;
                }
                map.end()
            }
        }
    }
}
