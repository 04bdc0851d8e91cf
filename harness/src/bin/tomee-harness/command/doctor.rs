//! `doctor`: what this machine has and lacks.

use tomee_harness::runner::doctor::{self, Health};
use tomee_harness::tomcat::distribution::Maven;
use tomee_harness::tomcat::java::Java;

use crate::args::{DoctorArgs, OutputArgs};
use crate::block_on::block_on;
use crate::exit::{Exit, Failure};
use crate::output::{print, print_json};

pub(crate) fn doctor(args: &DoctorArgs, output: &OutputArgs) -> Result<Exit, Failure> {
    let checks = block_on(async { Ok(doctor::examine(Java::find(args.java.as_deref()), &Maven::default()).await) })?;
    if output.is_json() {
        print_json(&checks)?;
    } else {
        let mut text = String::new();
        for check in &checks {
            let sign = match check.health {
                Health::Good => "good",
                Health::Optional => "lacks",
                Health::Missing => "MISSING",
            };
            text.push_str(&format!("{sign:<8} {:<10} {}\n", check.name, check.found));
            if let Some(advice) = &check.advice {
                text.push_str(&format!("{:<19} {advice}\n", ""));
            }
        }
        print(&text)?;
    }
    let missing = checks.iter().any(|check| check.health == Health::Missing);
    Ok(if missing { Exit::Environment } else { Exit::Holds })
}
