//! Data sources of a configuration, and one in memory in their places.

use std::collections::BTreeSet;

use super::edits::Edits;
use crate::config::read::{Document, Element};

/// The driver of the database in memory.
pub const DRIVER: &str = "org.h2.Driver";
/// The pool that every Tomcat and TomEE brings, in the place of one of a factory's own.
const FACTORY: &str = "org.apache.tomcat.jdbc.pool.DataSourceFactory";

/// A data source of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSource {
    /// Its JNDI name.
    pub name: String,
    /// The class of its driver, where it says one.
    pub driver: Option<String>,
}

/// Every data source of a file.
pub fn data_sources(document: &Document) -> Vec<DataSource> {
    let of = |element: Element<'_>| {
        let driver = element.value("driverClassName").map(str::trim).filter(|driver| !driver.is_empty());
        Some(DataSource { name: element.value("name")?.to_owned(), driver: driver.map(str::to_owned) })
    };
    elements(document).filter_map(of).collect()
}

fn elements(document: &Document) -> impl Iterator<Item = Element<'_>> {
    document.elements().filter(|element| {
        element.name() == "Resource" && element.value("type").is_some_and(|kind| kind.trim() == "javax.sql.DataSource")
    })
}

/// Puts a database in memory in the places of these. The names of those that are in the document are given back.
pub(super) fn replace(edits: &mut Edits, document: &Document, names: &BTreeSet<String>) -> Vec<String> {
    let mut replaced = vec![];
    for element in elements(document) {
        let Some(name) = element.value("name").filter(|name| names.contains(*name)) else { continue };
        let url = element.value("url").or_else(|| element.value("jdbcUrl")).unwrap_or_default();
        let short: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let memory = format!("jdbc:h2:mem:{short};DB_CLOSE_DELAY=-1{}", mode(url));
        let said = [("driverClassName", DRIVER), ("url", &memory), ("username", "sa"), ("password", "")];
        for (attribute, value) in said {
            edits.set(element, attribute, value);
        }
        // What is of the other database's own.
        for (attribute, value) in [("validationQuery", "SELECT 1"), ("connectionProperties", ""), ("initSQL", "")] {
            if element.has(attribute) {
                edits.set(element, attribute, value);
            }
        }
        if element.value("factory").is_some_and(|factory| !factory.starts_with("org.apache.tomcat.")) {
            edits.set(element, "factory", FACTORY);
        }
        replaced.push(name.to_owned());
    }
    replaced
}

/// The dialect of H2 that is next to a database's.
fn mode(url: &str) -> &'static str {
    match url.split(':').nth(1).unwrap_or_default() {
        "mysql" => ";MODE=MySQL",
        "mariadb" => ";MODE=MariaDB",
        "postgresql" => ";MODE=PostgreSQL",
        "oracle" => ";MODE=Oracle",
        "sqlserver" | "jtds" => ";MODE=MSSQLServer",
        "db2" => ";MODE=DB2",
        _ => "",
    }
}

/// A file of the configuration beside server.xml, as a context.xml, with the data sources replaced; `None` where there is none
/// of them in it.
pub fn without_data_sources(document: &Document, names: &BTreeSet<String>) -> Option<Vec<u8>> {
    let mut edits = Edits::default();
    let replaced = replace(&mut edits, document, names);
    if replaced.is_empty() { None } else { document.encoding().encode(&edits.apply(document)) }
}
