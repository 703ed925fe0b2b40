//! The names of the data types, as they stand in project files, descriptors and error texts.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! data_types {
    ($($variant:ident $name:literal $help:literal;)*) => {
        /// The type of a data socket, an attribute, a variable or a settings field.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum DataType {
            $(#[doc = $help] #[serde(rename = $name)] $variant,)*
        }

        impl DataType {
            /// Every type, in the order of the alphabet.
            pub const ALL: &'static [DataType] = &[$(DataType::$variant,)*];

            /// The name that files and messages use.
            pub const fn name(self) -> &'static str {
                match self { $(DataType::$variant => $name,)* }
            }
        }
    };
}

data_types! {
    Any "Any" "A value of any type.";
    Array "Array" "An ordered sequence of values of any type.";
    Binary "Binary" "Bytes.";
    Bool "Bool" "True or false.";
    Byte "Byte" "A whole number from 0 to 255.";
    Color "Color" "A colour with opacity.";
    CustomId "CustomID" "A unique identifier.";
    Dictionary "Dictionary" "Values under text keys, in insertion order.";
    Float "Float" "A decimal number of 64 bits.";
    Int "Int" "A whole number of 64 bits with sign.";
    Matrix4x4 "Matrix4x4" "Sixteen floats.";
    String "String" "Text.";
    Vector2 "Vector2" "Two floats.";
    Vector3 "Vector3" "Three floats.";
    Vector4 "Vector4" "Four floats.";
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no data type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a data type")]
pub struct UnknownDataType;

impl FromStr for DataType {
    type Err = UnknownDataType;
    fn from_str(name: &str) -> Result<Self, UnknownDataType> {
        Self::ALL
            .iter()
            .copied()
            .find(|data_type| data_type.name() == name)
            .ok_or(UnknownDataType)
    }
}
