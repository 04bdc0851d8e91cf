//! The base images of a node and of a pause container, made from Debian packages alone.
//!
//! The packages are unpacked and not configured: that takes a third of the time, and a JVM and iptables need no
//! configuration. An image carries a digest of its recipe and is made again only when that changes.

use std::process::{Child, Command, Output, Stdio};

use miette::{IntoDiagnostic, Result, WrapErr, miette};

use crate::command::{command, last_lines, read, shown};

const SUITE: &str = "bookworm";
const RECIPE_LABEL: &str = "tomee-harness.recipe";

/// What every image needs besides its packages. `$1` is the root of the new system.
const TIDY: &str = r#"set -e
[ -e "$1/bin/sh" ] || ln -s dash "$1/bin/sh"
mkdir -p "$1/tmp" "$1/root" "$1/proc" "$1/sys" "$1/dev" "$1/etc"
chmod 1777 "$1/tmp"
echo root:x:0:0:root:/root:/bin/sh > "$1/etc/passwd"
echo root:x:0: > "$1/etc/group"
rm -rf "$1/usr/share/doc" "$1/usr/share/man" "$1/usr/share/info" "$1/usr/share/locale" "$1/var/cache/apt" "$1/var/lib/apt/lists"
"#;

/// How one image is made.
struct Recipe {
    /// Its name, which the harness knows (`runtime::docker::images`).
    image: &'static str,
    packages: &'static str,
    /// After [`TIDY`].
    hook: &'static str,
    /// Changes to the imported image, as in a Dockerfile.
    changes: &'static [&'static str],
}

const RECIPES: [Recipe; 2] = [
    Recipe {
        image: "tomee-harness/node-base",
        // libfaketime is loaded only where the clock of a JVM is to be set.
        packages: "openjdk-17-jre-headless,libfaketime,dash,coreutils,sed,grep",
        hook: r#"ln -s "$(basename "$1"/usr/lib/jvm/java-17-openjdk-*)" "$1/usr/lib/jvm/default"
ln -s ../lib/jvm/default/bin/java "$1/usr/bin/java""#,
        changes: &["ENV JAVA_HOME=/usr/lib/jvm/default"],
    },
    Recipe {
        image: "tomee-harness/pause-base",
        // iptables loads libm for `-m statistic`; it comes with libc.
        packages: "iptables,perl-base,dash,coreutils",
        hook: r#"ln -sf xtables-nft-multi "$1/usr/sbin/iptables""#,
        changes: &[],
    },
];

/// Whether all images are there, made by these recipes.
pub(super) fn are_there() -> bool {
    RECIPES.iter().all(Recipe::is_made)
}

/// Makes the images that are missing or older than their recipe, all at once.
pub(super) fn make(say: &mut dyn FnMut(&str)) -> Result<bool> {
    let missing: Vec<_> = RECIPES.iter().filter(|recipe| !recipe.is_made()).collect();
    for recipe in &missing {
        say(&format!("making image {} from Debian {SUITE}: {}", recipe.image, recipe.packages));
    }
    let begun = missing.iter().map(|recipe| recipe.begin()).collect::<Result<Vec<_>>>()?;
    // Each is waited for even where another failed: none is to be left running.
    let ended: Vec<_> = begun.into_iter().map(Making::end).collect();
    ended.into_iter().collect::<Result<()>>()?;
    Ok(!missing.is_empty())
}

/// An image in the making: packages flow through a pipe into the engine.
struct Making {
    image: &'static str,
    packages: Child,
    import: Child,
}

impl Recipe {
    fn digest(&self) -> String {
        let text = [SUITE, TIDY, self.packages, self.hook, &self.changes.concat()].join("\n");
        // FNV-1a: a fixed hash without a dependency; nobody has a reason to forge a recipe.
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        format!("{hash:016x}")
    }

    fn is_made(&self) -> bool {
        let format = format!("{{{{index .Config.Labels {RECIPE_LABEL:?}}}}}");
        let found = read(&mut command(&["docker", "image", "inspect", "--format", &format, self.image]));
        found.is_ok_and(|digest| digest.trim() == self.digest())
    }

    fn begin(&self) -> Result<Making> {
        let mut packages = command(&["mmdebstrap", "--quiet", "--variant=extract", "--format=tar"]);
        packages
            .arg(format!("--include={}", self.packages))
            .arg(format!("--extract-hook={TIDY}{}", self.hook))
            .args([SUITE, "-"])
            .stdout(Stdio::piped());
        let mut packages = spawn(&mut packages)?;
        let mut import = Command::new("docker");
        import.arg("import").arg("--change").arg(format!("LABEL {RECIPE_LABEL}={}", self.digest()));
        for change in self.changes {
            import.args(["--change", change]);
        }
        import.args(["-", self.image]).stdout(Stdio::null());
        let import = import.stdin(packages.stdout.take().map_or_else(Stdio::null, Stdio::from));
        match spawn(import) {
            Ok(import) => Ok(Making { image: self.image, packages, import }),
            Err(error) => {
                drop(packages.kill());
                drop(packages.wait());
                Err(error)
            }
        }
    }
}

impl Making {
    fn end(self) -> Result<()> {
        let import = self.import.wait_with_output().into_diagnostic()?;
        let packages = self.packages.wait_with_output().into_diagnostic()?;
        // Half an archive may have been imported; its maker's words say why.
        for (what, Output { status, stderr, .. }) in [("mmdebstrap", packages), ("docker import", import)] {
            if !status.success() {
                drop(read(&mut command(&["docker", "image", "rm", self.image])));
                let words = last_lines(&String::from_utf8_lossy(&stderr));
                return Err(miette!("image {} cannot be made: {what} failed ({status}):\n{words}", self.image));
            }
        }
        Ok(())
    }
}

fn spawn(command: &mut Command) -> Result<Child> {
    let shown = shown(command);
    let child = command.stderr(Stdio::piped()).spawn();
    child.into_diagnostic().wrap_err_with(|| format!("`{shown}` cannot be started"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_harness_looks_for_the_images_that_are_made_here() {
        let known = include_str!("../../../harness/src/runtime/docker/images.rs");
        for recipe in &RECIPES {
            assert!(known.contains(&format!("{:?}", recipe.image)), "{} is unknown to the harness", recipe.image);
        }
    }

    #[test]
    fn a_recipe_that_changes_is_another_recipe() {
        let [node, pause] = &RECIPES;
        let changed = Recipe { packages: "dash", ..RECIPES[0] };
        assert_ne!(node.digest(), pause.digest());
        assert_ne!(node.digest(), changed.digest());
    }
}
