//! A column of names: numbers of names row by row, and for each name the documents that have it.

use std::ops::Range;

use muster_domain::query::fold;
use roaring::RoaringBitmap;

use crate::document::MISSING;

/// Which rows of a table belong to which document.
pub(crate) struct Starts(pub(crate) Vec<u32>);

impl Starts {
    pub(crate) fn rows(&self, doc: u32) -> Range<u32> {
        self.0[doc as usize]..self.0[doc as usize + 1]
    }

    /// How many rows the table has.
    pub(crate) fn len(&self) -> usize {
        self.0.last().copied().unwrap_or_default() as usize
    }

    /// The document that a row belongs to.
    pub(crate) fn doc_of(&self, row: u32) -> u32 {
        self.0.partition_point(|start| *start <= row) as u32 - 1
    }
}

/// A set of documents that is filled in any order.
pub(crate) struct Bits(Vec<u8>);

impl Bits {
    pub(crate) fn new(docs: u32) -> Self {
        Self(vec![0; (docs as usize).div_ceil(8)])
    }

    pub(crate) fn set(&mut self, doc: u32) {
        self.0[doc as usize / 8] |= 1 << (doc % 8);
    }

    pub(crate) fn into_bitmap(self) -> RoaringBitmap {
        RoaringBitmap::from_lsb0_bytes(0, &self.0)
    }
}

/// Numbers of names, row by row.
pub(crate) enum Ordinals {
    Narrow(Vec<u8>),
    Wide(Vec<u32>),
}

impl Ordinals {
    pub(crate) fn new(names: usize, rows: usize) -> Self {
        if names <= 256 { Self::Narrow(Vec::with_capacity(rows)) } else { Self::Wide(Vec::with_capacity(rows)) }
    }

    pub(crate) fn push(&mut self, ordinal: u32) {
        match self {
            Self::Narrow(ordinals) => ordinals.push(ordinal as u8),
            Self::Wide(ordinals) => ordinals.push(ordinal),
        }
    }

    pub(crate) fn get(&self, row: u32) -> usize {
        match self {
            Self::Narrow(ordinals) => usize::from(ordinals[row as usize]),
            Self::Wide(ordinals) => ordinals[row as usize] as usize,
        }
    }

    /// Marks which rows from `first` on have a wanted name, one byte a row.
    pub(crate) fn mark(&self, wanted: &[bool], first: u32, marks: &mut [u8]) {
        let rows = first as usize..first as usize + marks.len();
        match self {
            Self::Narrow(ordinals) => {
                let mut table = [0_u8; 256];
                table.iter_mut().zip(wanted).for_each(|(mark, wanted)| *mark = u8::from(*wanted));
                for (mark, ordinal) in marks.iter_mut().zip(&ordinals[rows]) {
                    *mark = table[usize::from(*ordinal)];
                }
            }
            Self::Wide(ordinals) => {
                for (mark, ordinal) in marks.iter_mut().zip(&ordinals[rows]) {
                    *mark = u8::from(wanted[*ordinal as usize]);
                }
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Narrow(ordinals) => ordinals.len(),
            Self::Wide(ordinals) => ordinals.len(),
        }
    }
}

/// What a column of names is read into first.
pub(crate) struct RawNames {
    /// The names, as they are written; sorted.
    pub(crate) values: Vec<String>,
    /// Which name each row has.
    pub(crate) ordinals: Ordinals,
    /// Which rows a document has.
    pub(crate) starts: Starts,
}

/// A column of names.
pub(crate) struct Names {
    /// The names, as they are written; sorted.
    pub(crate) values: Vec<String>,
    /// The same, folded.
    pub(crate) folded: Vec<String>,
    /// The documents that have each name.
    pub(crate) docs: Vec<RoaringBitmap>,
}

/// A column of names whose rows are asked one by one.
pub(crate) struct RowNames {
    pub(crate) names: Names,
    /// Which name each row has.
    pub(crate) ordinals: Ordinals,
}

impl Names {
    /// Which names are wanted; the mark of a missing name never is.
    pub(crate) fn wanted(&self, mut test: impl FnMut(&str, &str) -> bool) -> Vec<bool> {
        let names = self.values.iter().zip(&self.folded);
        names.map(|(value, folded)| value != MISSING && test(value, folded)).collect()
    }

    /// The documents that have a wanted name.
    pub(crate) fn docs_of(&self, wanted: &[bool]) -> RoaringBitmap {
        use roaring::MultiOps;
        self.docs.iter().zip(wanted).filter(|(_, wanted)| **wanted).map(|(docs, _)| docs).union()
    }
}

impl RowNames {
    pub(crate) fn new(raw: RawNames, max_doc: u32) -> Self {
        let RawNames { values, ordinals, starts } = raw;
        let docs = docs_by_name(values.len(), &ordinals, &starts, max_doc);
        let folded = values.iter().map(|value| fold(value)).collect();
        Self { names: Names { values, folded, docs }, ordinals }
    }
}

/// For each name its documents. Names that most documents have are collected as bits, others as lists.
fn docs_by_name(names: usize, ordinals: &Ordinals, starts: &Starts, max_doc: u32) -> Vec<RoaringBitmap> {
    enum Docs {
        Bits(Bits),
        List(Vec<u32>),
    }
    let mut rows = vec![0_u32; names];
    for row in 0..ordinals.len() as u32 {
        rows[ordinals.get(row)] += 1;
    }
    let room = |rows: &u32| {
        if *rows > max_doc / 32 {
            Docs::Bits(Bits::new(max_doc))
        } else {
            Docs::List(Vec::with_capacity(*rows as usize))
        }
    };
    let mut docs: Vec<Docs> = rows.iter().map(room).collect();
    for doc in 0..max_doc {
        for row in starts.rows(doc) {
            match &mut docs[ordinals.get(row)] {
                Docs::Bits(bits) => bits.set(doc),
                Docs::List(list) if list.last() == Some(&doc) => {}
                Docs::List(list) => list.push(doc),
            }
        }
    }
    let bitmap = |docs| match docs {
        Docs::Bits(bits) => bits.into_bitmap(),
        Docs::List(list) => RoaringBitmap::from_sorted_iter(list).unwrap_or_default(),
    };
    docs.into_iter().map(bitmap).collect()
}
