//! How the parts of XLSX and XLSB hang together: relationships.

use std::collections::HashMap;

use quick_xml::events::Event;

use crate::campaign::tables::error::TableErrorKind;

use super::package::Package;
use super::xml::{Xml, attribute};

/// What a part relates to.
#[derive(Debug, Default)]
pub(super) struct Relations {
    /// Kind and target by id.
    by_id: HashMap<String, (String, String)>,
}

impl Relations {
    /// Those of a part, which needn't have any.
    pub(super) fn of(package: &mut Package, part: &str) -> Result<Relations, TableErrorKind> {
        let (folder, name) = part.rsplit_once('/').map_or(("", part), |(folder, name)| (folder, name));
        let slash = if folder.is_empty() { "" } else { "/" };
        let file = format!("{folder}{slash}_rels/{name}.rels");
        let mut relations = Relations::default();
        let Some(part) = package.part(&file)? else { return Ok(relations) };
        let mut xml = Xml::new(part);
        loop {
            match xml.next()? {
                Event::Start(element) if element.local_name().as_ref() == "Relationship" => {
                    let read = |name| {
                        Ok::<_, TableErrorKind>(attribute(&element, name)?.unwrap_or_default().into_owned())
                    };
                    let (id, kind, target) = (read("Id")?, read("Type")?, read("Target")?);
                    let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                    relations.by_id.insert(id, (kind, resolved(folder, &target)));
                }
                Event::Eof => return Ok(relations),
                _ => {}
            }
        }
    }

    /// The first target of a kind.
    pub(super) fn of_kind(&self, kind: &str) -> Option<&str> {
        let mut targets: Vec<&str> =
            self.by_id.values().filter(|(k, _)| k == kind).map(|(_, target)| target.as_str()).collect();
        targets.sort_unstable();
        targets.first().copied()
    }

    /// The worksheet of that id; other sheets hold charts and macros.
    pub(super) fn worksheet(&self, id: &str) -> Option<&str> {
        self.by_id.get(id).filter(|(kind, _)| kind == "worksheet").map(|(_, target)| target.as_str())
    }
}

/// The main part of an XLSX or XLSB file.
pub(super) fn workbook(package: &mut Package) -> Result<String, TableErrorKind> {
    let relations = Relations::of(package, "")?;
    if let Some(part) = relations.of_kind("officeDocument") {
        return Ok(part.to_owned());
    }
    let usual = ["xl/workbook.xml", "xl/workbook.bin"].into_iter().find(|name| package.has(name));
    usual
        .map(str::to_owned)
        .ok_or_else(|| TableErrorKind::Damaged("it doesn't say where its workbook is".into()))
}

fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.join("/")
}
