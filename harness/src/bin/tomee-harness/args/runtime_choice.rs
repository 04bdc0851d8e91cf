//! `--runtime`: `auto`, or a row of the table of runtimes.

use std::fmt;
use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tomee_harness::runtime::RuntimeKind;

/// All choices, `auto` first.
static ALL: LazyLock<Vec<RuntimeChoice>> = LazyLock::new(|| {
    std::iter::once(RuntimeChoice::AUTO).chain(RuntimeKind::all().map(|kind| RuntimeChoice(Some(kind)))).collect()
});

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RuntimeChoice(Option<RuntimeKind>);

impl RuntimeChoice {
    /// Chosen for each run.
    pub(crate) const AUTO: Self = Self(None);

    /// The runtime; `None` where it is chosen by what the run needs and what is available.
    pub(crate) fn kind(self) -> Option<RuntimeKind> {
        self.0
    }

    fn name(self) -> &'static str {
        self.0.map_or("auto", RuntimeKind::name)
    }
}

impl ValueEnum for RuntimeChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let about = self.0.map_or("Chosen by what the run needs and what is available", RuntimeKind::about);
        Some(PossibleValue::new(self.name()).help(about))
    }
}

impl fmt::Display for RuntimeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for RuntimeChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for RuntimeChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_str(&text, false).map_err(|_| {
            let names: Vec<String> = ALL.iter().map(|choice| format!("`{choice}`")).collect();
            serde::de::Error::custom(format!("unknown variant `{text}`, expected one of {}", names.join(", ")))
        })
    }
}
