//! tmp
use camino::*;
#[derive(Debug)]
pub struct Java {
    pub home: Utf8PathBuf,
    pub version: String,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct JavaError;
impl JavaError {
    pub fn hint(&self) -> Option<String> {
        None
    }
}
impl Java {
    pub fn find(_: Option<&Utf8Path>) -> Result<Self, JavaError> {
        Ok(Self { home: "/usr/lib/jvm/java-17-openjdk-amd64".into(), version: "17".into() })
    }
    pub fn check_for(&self, _: &super::distribution::Distribution) -> Result<(), JavaError> {
        Ok(())
    }
}
