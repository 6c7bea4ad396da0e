//! Projects and their label schemas.

use serde::{Deserialize, Serialize};

use crate::id::{ClassId, PersonId, ProjectId};

/// Someone who decides: a local profile with an id from the first start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Its id.
    pub person_id: PersonId,
    /// The name that others see.
    pub name: String,
}

/// A label schema, a guide and queues over one library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its id.
    pub project_id: ProjectId,
    /// Its name.
    pub name: String,
    /// The present version of its schema.
    pub schema_version: u32,
}

/// A class of the ontology. Its id is stable; everything else may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelClass {
    /// Its id.
    pub class_id: ClassId,
    /// Its name, unique in the schema without regard to case.
    pub name: String,
    /// Names by which models and imports know it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The number of its colour in the annotation palette, 1 to 20.
    pub colour: u8,
    /// The number key that sets it, 1 to 9.
    pub key: Option<u8>,
    /// A retired class stays on old annotations and takes no new ones.
    #[serde(default)]
    pub retired: bool,
}

/// The ontology of a project at one version. The order of the classes is the order of display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelSchema {
    /// The project.
    pub project_id: ProjectId,
    /// Grows by one with each change.
    pub version: u32,
    /// The classes in display order.
    pub classes: Vec<LabelClass>,
}

/// Why a schema cannot be saved.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidSchema {
    /// A class without a name.
    #[error("a class needs a name")]
    EmptyName,
    /// Two classes answer to the same name or alias.
    #[error("two classes answer to the name {name:?}; rename one of them")]
    DuplicateName {
        /// The name in question.
        name: String,
    },
    /// A key outside 1 to 9, or used twice.
    #[error("the number key {key} is used twice or is not one of 1 to 9")]
    Key {
        /// The key in question.
        key: u8,
    },
    /// A colour outside the palette.
    #[error("colour {colour} is not in the palette of 1 to 20")]
    Colour {
        /// The number in question.
        colour: u8,
    },
}

impl LabelSchema {
    /// Colours in the annotation palette.
    pub const PALETTE_SIZE: u8 = 20;

    /// The class that answers to `name`, by name or alias, without regard to case; retired ones too.
    pub fn class_named(&self, name: &str) -> Option<&LabelClass> {
        let wanted = folded(name);
        let answers = |class: &&LabelClass| class.aliases.iter().any(|alias| folded(alias) == wanted);
        self.classes.iter().find(|class| folded(&class.name) == wanted).or_else(|| self.classes.iter().find(answers))
    }

    /// The class with this id.
    pub fn class(&self, class_id: ClassId) -> Option<&LabelClass> {
        self.classes.iter().find(|class| class.class_id == class_id)
    }

    /// Names are unique, keys are 1 to 9 and unique, colours are in the palette.
    pub fn check(&self) -> Result<(), InvalidSchema> {
        let mut names = std::collections::HashSet::new();
        let mut keys = std::collections::HashSet::new();
        for class in &self.classes {
            if class.name.trim().is_empty() {
                return Err(InvalidSchema::EmptyName);
            }
            for name in std::iter::once(&class.name).chain(&class.aliases) {
                if !names.insert(folded(name)) {
                    return Err(InvalidSchema::DuplicateName { name: name.clone() });
                }
            }
            if let Some(key) = class.key
                && (!(1..=9).contains(&key) || !keys.insert(key))
            {
                return Err(InvalidSchema::Key { key });
            }
            if !(1..=Self::PALETTE_SIZE).contains(&class.colour) {
                return Err(InvalidSchema::Colour { colour: class.colour });
            }
        }
        Ok(())
    }
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn class(name: &str, key: Option<u8>) -> LabelClass {
        LabelClass {
            class_id: ClassId(Uuid::new_v4()),
            name: name.into(),
            aliases: Vec::new(),
            colour: 1,
            key,
            retired: false,
        }
    }

    #[test]
    fn names_and_keys_are_unique() {
        let schema = |classes| LabelSchema { project_id: ProjectId(Uuid::nil()), version: 1, classes };
        assert_eq!(schema(vec![class("person", Some(1)), class("car", None)]).check(), Ok(()));
        let twice = schema(vec![class("Person", None), class("person ", None)]).check();
        assert_eq!(twice, Err(InvalidSchema::DuplicateName { name: "person ".into() }));
        let keys = schema(vec![class("a", Some(1)), class("b", Some(1))]).check();
        assert_eq!(keys, Err(InvalidSchema::Key { key: 1 }));
    }
}
