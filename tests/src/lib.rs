//! What scenarios across binaries need: where the binaries are, children that end with the test, configurations.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

/// The longest that a scenario waits for anything.
pub const PATIENCE: Duration = Duration::from_mins(3);

/// The repository's root.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

/// A binary of the workspace, built beside this test.
pub fn binary(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe().context("the test knows its own path")?;
    let folder = test.ancestors().nth(2).context("a test lies in target/debug/deps")?;
    let path = folder.join(name);
    ensure!(path.exists(), "{} is missing: `cargo build --workspace --bins` makes it", path.display());
    Ok(path)
}

/// A child process that is killed with the value.
pub struct Running {
    child: Child,
    /// Where its standard error goes.
    pub log: PathBuf,
}

impl Running {
    /// Starts a program with its standard error appended to `log`, its standard output as given.
    pub fn start(program: &Path, arguments: &[&str], log: &Path, stdout: Stdio) -> Result<Self> {
        let stderr = File::options().create(true).append(true).open(log)?;
        let child = Command::new(program)
            .args(arguments)
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .with_context(|| format!("{} starts", program.display()))?;
        Ok(Self { child, log: log.to_path_buf() })
    }

    /// The first line on its standard output.
    pub fn first_line(&mut self) -> Result<String> {
        let stdout = self.child.stdout.take().context("standard output is a pipe")?;
        let mut reader = BufReader::new(stdout);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        // Whatever follows must not fill the pipe.
        thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        Ok(line.trim().to_owned())
    }

    /// True while it runs.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// `kill -9`; waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits for its end; the exit must be a success.
    pub fn finish(&mut self) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                let mut text = String::new();
                if let Some(mut stdout) = self.child.stdout.take() {
                    stdout.read_to_string(&mut text)?;
                }
                ensure!(status.success(), "ended with {status}; its log ends: {}", tail(&self.log));
                return Ok(text);
            }
            if Instant::now() > deadline {
                bail!("still running after {PATIENCE:?}; its log ends: {}", tail(&self.log));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last lines of a log.
pub fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

/// The last phase that a log names after byte `from`, as agents and service print it.
pub fn last_phase(log: &Path, from: u64) -> Option<String> {
    let bytes = fs::read(log).ok()?;
    let text = String::from_utf8_lossy(bytes.get(usize::try_from(from).ok()?..)?).replace('"', "");
    // Both forms of tracing's output: `phase=sealed` and JSON's `phase:sealed`.
    let named = text.split("phase").skip(1).filter_map(|rest| rest.strip_prefix(['=', ':'])).map(word);
    named.filter(|word| !word.is_empty()).last()
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// Runs a program to its end and returns its standard output; a failure carries its standard error.
pub fn run(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} {arguments:?}: {stderr}", program.display());
    Ok(String::from_utf8(output.stdout)?)
}
