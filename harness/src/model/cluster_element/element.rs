//! What all elements have in common, and the macro that declares one.

use super::UniqueId;
use crate::model::SendOptions;

/// An element below `<Cluster>`, or `<Cluster>` itself.
pub trait ClusterElement {
    /// Its name in server.xml: `Receiver`.
    fn tag(&self) -> &'static str;

    /// Its class, said or implied by the type.
    fn class_name(&self) -> &str;

    /// Its class, where it is said and not implied.
    fn said_class(&self) -> Option<&str>;

    /// The attributes that are said, as server.xml spells them, without the class.
    fn attributes(&self) -> Vec<(&str, String)>;

    /// All attributes that the type has a field for, without the class.
    fn known(&self) -> &'static [&'static str];
}

/// A type of attribute values.
pub(super) trait Value {
    /// As it stands in server.xml.
    fn text(&self) -> String;

    /// Some value that differs from no other type's by accident.
    #[cfg(test)]
    fn sample() -> Self;
}

macro_rules! plain_value {
    ($($type:ty = $sample:expr),*) => {$(
        impl Value for $type {
            fn text(&self) -> String {
                self.to_string()
            }

            #[cfg(test)]
            fn sample() -> Self {
                $sample
            }
        }
    )*};
}

plain_value!(bool = true, u8 = 8, u16 = 16, u32 = 32, i32 = -32, i64 = -64, String = "text".to_owned());
plain_value!(UniqueId = UniqueId::nth(7));

impl Value for SendOptions {
    fn text(&self) -> String {
        self.bits().to_string()
    }

    #[cfg(test)]
    fn sample() -> Self {
        Self::SYNC_ACK
    }
}

/// Declares an element: its type, its name in server.xml, its class, a field for each attribute, and its children.
macro_rules! element {
    (
        $(#[$doc:meta])*
        $name:ident = $tag:literal, $class:literal {
            $( $(#[$field_doc:meta])* $field:ident: $type:ty = $attribute:literal, )*
        }
        $( holding { $( $(#[$child_doc:meta])* $child:ident: $child_type:ty, )* } )?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            /// `className`, where it is another than the type's.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub class_name: Option<String>,
            $(
                $(#[$field_doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
            /// Attributes that Tomcat's reference does not list, spelled as in server.xml.
            #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
            pub other: std::collections::BTreeMap<String, String>,
            $( $(
                $(#[$child_doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $child: Option<$child_type>,
            )* )?
        }

        impl $name {
            /// What is said here, and for the rest what is said in `default`.
            #[must_use]
            pub fn or(&self, default: &Self) -> Self {
                let mut other = default.other.clone();
                other.extend(self.other.clone());
                Self {
                    class_name: self.class_name.clone().or_else(|| default.class_name.clone()),
                    $( $field: self.$field.clone().or_else(|| default.$field.clone()), )*
                    other,
                    $( $( $child: self.$child.clone().or_else(|| default.$child.clone()), )* )?
                }
            }

            /// Each attribute said, and no child.
            #[cfg(test)]
            pub(crate) fn everything() -> Self {
                Self {
                    $( $field: Some(<$type as $crate::model::cluster_element::element::Value>::sample()), )*
                    ..Self::default()
                }
            }
        }

        impl $crate::model::cluster_element::ClusterElement for $name {
            fn tag(&self) -> &'static str {
                $tag
            }

            fn class_name(&self) -> &str {
                self.class_name.as_deref().unwrap_or($class)
            }

            fn said_class(&self) -> Option<&str> {
                self.class_name.as_deref()
            }

            fn attributes(&self) -> Vec<(&str, String)> {
                let known: [(&str, Option<String>); _] = [
                    $( ($attribute, self.$field.as_ref().map($crate::model::cluster_element::element::Value::text)), )*
                ];
                let other = self.other.iter().map(|(name, value)| (name.as_str(), value.clone()));
                known.into_iter().filter_map(|(name, value)| Some((name, value?))).chain(other).collect()
            }

            fn known(&self) -> &'static [&'static str] {
                &[$($attribute),*]
            }
        }
    };
}

/// Declares a choice between elements, distinguished by `class`, with room for a class of the user's own.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $( $(#[$variant_doc:meta])* $variant:ident($type:ty), )* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(tag = "class", rename_all = "kebab-case")]
        pub enum $name {
            $( $(#[$variant_doc])* $variant($type), )*
        }

        impl $name {
            /// The element, whichever it is.
            pub fn element(&self) -> &dyn $crate::model::cluster_element::ClusterElement {
                match self {
                    $( Self::$variant(element) => element, )*
                }
            }
        }
    };
}

/// Declares elements of classes that Tomcat does not bring.
macro_rules! custom {
    ($( $(#[$doc:meta])* $name:ident = $tag:literal, )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            /// `className`.
            pub class_name: String,
            /// Its attributes, spelled as in server.xml.
            #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
            pub attributes: std::collections::BTreeMap<String, String>,
        }

        impl $crate::model::cluster_element::ClusterElement for $name {
            fn tag(&self) -> &'static str {
                $tag
            }

            fn class_name(&self) -> &str {
                &self.class_name
            }

            fn said_class(&self) -> Option<&str> {
                Some(&self.class_name)
            }

            fn attributes(&self) -> Vec<(&str, String)> {
                self.attributes.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
            }

            fn known(&self) -> &'static [&'static str] {
                &[]
            }
        }
    )*};
}
