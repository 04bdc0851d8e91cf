//! tmp
use crate::spec::ContextPath;
use camino::*;
use std::io::Write as _;
#[derive(Debug)]
pub struct War {
    pub content: Vec<u8>,
    pub sha256: String,
    pub context: ContextPath,
    pub pages: Vec<String>,
    pub distributable: bool,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct WarError;
const APP: &[(&str, &[u8])] = &[
    ("WEB-INF/web.xml", include_bytes!("../../app/WEB-INF/web.xml")),
    ("WEB-INF/counter.jspf", include_bytes!("../../app/WEB-INF/counter.jspf")),
    ("count.jsp", include_bytes!("../../app/count.jsp")),
    ("read.jsp", include_bytes!("../../app/read.jsp")),
    ("mutate.jsp", include_bytes!("../../app/mutate.jsp")),
    ("invalidate.jsp", include_bytes!("../../app/invalidate.jsp")),
    ("change-id.jsp", include_bytes!("../../app/change-id.jsp")),
];
impl War {
    pub fn counter(c: ContextPath) -> Result<Self, WarError> {
        let mut z = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
        for (n, b) in APP {
            z.start_file(*n, zip::write::SimpleFileOptions::default()).unwrap();
            z.write_all(b).unwrap();
        }
        Ok(Self {
            content: z.finish().unwrap().into_inner(),
            sha256: "x".into(),
            context: c,
            pages: vec!["count.jsp".into()],
            distributable: true,
        })
    }
    pub fn read(_p: &Utf8Path, _c: ContextPath) -> Result<Self, WarError> {
        Err(WarError)
    }
}
pub fn probe_files() -> Vec<(Utf8PathBuf, Vec<u8>)> {
    vec![
        ("WEB-INF/web.xml".into(), include_bytes!("../../probe/WEB-INF/web.xml").to_vec()),
        ("state.jsp".into(), include_bytes!("../../probe/state.jsp").to_vec()),
    ]
}
