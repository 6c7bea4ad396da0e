//! The quantised rows of a space on disk.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use super::{head::at, mapped::Mapped, projection::Projection};
use crate::error::{IndexError, Result};

/// A projection with the codes of the rows.
pub(crate) struct CodeFiles {
    pub projection: Projection,
    pub near: Mapped<i8>,
    pub rest: Mapped<i8>,
    pub near_axes: usize,
}

impl CodeFiles {
    pub fn open(dir: &Path, dimensions: usize, axes: usize, near_axes: usize, rows: usize) -> Result<Self> {
        let projection = read_projection(&dir.join("axes"), dimensions, axes)?;
        let map = |name: &str, count: usize| {
            let path = dir.join(name);
            Mapped::open(&path, count).map_err(at(&path))
        };
        let (near, rest) = (map("near", rows * near_axes)?, map("rest", rows * (axes - near_axes))?);
        Ok(Self { projection, near, rest, near_axes })
    }

    pub fn near_of(&self, row: usize) -> &[i8] {
        &self.near.get()[row * self.near_axes..][..self.near_axes]
    }

    pub fn rest_of(&self, row: usize) -> &[i8] {
        let axes = self.projection.axes - self.near_axes;
        &self.rest.get()[row * axes..][..axes]
    }
}

/// Writes a projection into a folder that it makes.
pub(crate) fn write_projection(dir: &Path, projection: &Projection) -> Result<()> {
    fs::create_dir_all(dir).map_err(at(dir))?;
    let path = dir.join("axes");
    let write = || {
        let mut file = File::create(&path)?;
        for values in [&projection.matrix, &projection.offset, &projection.step] {
            file.write_all(bytemuck::cast_slice(values))?;
        }
        file.sync_all()
    };
    write().map_err(at(&path))
}

pub(crate) fn read_projection(path: &Path, dimensions: usize, axes: usize) -> Result<Projection> {
    let bytes = fs::read(path).map_err(at(path))?;
    let values: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|four| f32::from_le_bytes(four.try_into().expect("chunks have four bytes")))
        .collect();
    if values.len() != axes * dimensions + 2 * axes {
        let source = io::Error::new(io::ErrorKind::InvalidData, "the projection has another size than its head says");
        return Err(IndexError::Io { path: path.to_owned(), source });
    }
    let (matrix, ranges) = values.split_at(axes * dimensions);
    let (offset, step) = ranges.split_at(axes);
    Ok(Projection { dimensions, axes, matrix: matrix.to_vec(), offset: offset.to_vec(), step: step.to_vec() })
}
