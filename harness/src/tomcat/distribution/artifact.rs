//! The Maven artifact of a release.

use std::fmt;

use camino::Utf8PathBuf;

use crate::model::Flavour;

/// A zip in a Maven repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Artifact {
    group: &'static str,
    id: &'static str,
    version: String,
    classifier: Option<&'static str>,
}

impl Artifact {
    /// A TomEE release: `org.apache.tomee:apache-tomee:VERSION:zip:FLAVOUR`.
    pub(super) fn tomee(version: &str, flavour: Flavour) -> Self {
        let classifier = Some(flavour.classifier());
        Self { group: "org.apache.tomee", id: "apache-tomee", version: version.to_owned(), classifier }
    }

    /// A Tomcat release: `org.apache.tomcat:tomcat:VERSION:zip`.
    pub(super) fn tomcat(version: &str) -> Self {
        Self { group: "org.apache.tomcat", id: "tomcat", version: version.to_owned(), classifier: None }
    }

    /// Its name among others, as in `apache-tomee-9.0.0-webprofile`.
    pub(super) fn name(&self) -> String {
        match self.classifier {
            Some(classifier) => format!("{}-{}-{classifier}", self.id, self.version),
            None => format!("{}-{}", self.id, self.version),
        }
    }

    /// The name of its file in every Maven repository.
    pub(super) fn file_name(&self) -> String {
        format!("{}.zip", self.name())
    }

    /// The same product in another version.
    pub(super) fn at_version(&self, version: &str) -> Self {
        Self { version: version.to_owned(), ..self.clone() }
    }

    /// What Maven is asked for to learn which releases there are: the small file of the newest.
    pub(super) fn newest_pom(&self) -> String {
        format!("{}:{}:RELEASE:pom", self.group, self.id)
    }

    /// The artifact's name without a version, as in `apache-tomee`.
    pub(super) fn id(&self) -> &'static str {
        self.id
    }

    /// Whether a folder of the cache is a release of the same product and flavour, and which.
    pub(super) fn version_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        let version = name.strip_prefix(self.id)?.strip_prefix('-')?;
        match self.classifier {
            Some(classifier) => version.strip_suffix(classifier)?.strip_suffix('-'),
            None => Some(version),
        }
    }

    /// The folder of all its releases, relative to the root of a Maven repository.
    pub(super) fn releases_path(&self) -> Utf8PathBuf {
        let mut path: Utf8PathBuf = self.group.split('.').collect();
        path.push(self.id);
        path
    }

    /// How Maven's messages begin to name it: `org.apache.tomee:apache-tomee:`.
    pub(super) fn group_and_id(&self) -> String {
        format!("{}:{}:", self.group, self.id)
    }

    /// Its file relative to the root of a Maven repository.
    pub(super) fn repository_path(&self) -> Utf8PathBuf {
        let mut path = self.releases_path();
        path.extend([&self.version, &self.file_name()]);
        path
    }
}

/// The coordinates as the dependency plugin reads them: `group:artifact:version:packaging[:classifier]`.
impl fmt::Display for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:zip", self.group, self.id, self.version)?;
        self.classifier.map_or(Ok(()), |classifier| write!(f, ":{classifier}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_and_paths_are_those_of_maven() {
        let tomee = Artifact::tomee("9.0.0", Flavour::Webprofile);
        assert_eq!(tomee.to_string(), "org.apache.tomee:apache-tomee:9.0.0:zip:webprofile");
        assert_eq!(tomee.repository_path(), "org/apache/tomee/apache-tomee/9.0.0/apache-tomee-9.0.0-webprofile.zip");
        let tomcat = Artifact::tomcat("11.0.24");
        assert_eq!(tomcat.to_string(), "org.apache.tomcat:tomcat:11.0.24:zip");
        assert_eq!(tomcat.repository_path(), "org/apache/tomcat/tomcat/11.0.24/tomcat-11.0.24.zip");
    }
}
