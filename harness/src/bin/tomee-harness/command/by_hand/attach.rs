//! `attach`: which cluster is meant where several are up.

use camino::Utf8Path;
use tomee_harness::keeper::{Ask, Client, ClusterView, Clusters, Known};

use super::ask::{call, registry};
use super::status;
use crate::args::{AttachArgs, OutputArgs};
use crate::exit::{Exit, Failure};

pub(crate) fn attach(args: &AttachArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let clusters = Clusters::of_user().map_err(registry)?;
    let all = clusters.all().map_err(registry)?;
    let folder = Utf8Path::new(&args.run).canonicalize_utf8().ok();
    let is_meant = |known: &&Known| {
        let entry = &known.entry;
        entry.run.as_str() == args.run || entry.name.as_str() == args.run || folder.as_ref() == Some(&entry.folder)
    };
    let Some(known) = all.iter().find(is_meant) else {
        let hint =
            "`tomee-harness ps` lists those that are up; a run that has ended has a report and no cluster".to_owned();
        return Err(Failure::usage(format!("no cluster of {} is up", args.run)).hint(Some(hint)));
    };
    let view: ClusterView = call(&Client::of(known), &Ask::Status, output)?;
    clusters.choose(&known.entry.run).map_err(registry)?;
    status::show(&view, output)?;
    Ok(Exit::Holds)
}
