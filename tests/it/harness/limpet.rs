//! The real binary as a process: started on ports of its own, watched through its log lines, killed when dropped.
//!
//! Everything is learned from outside, as an operator would: addresses from the `listening` lines, exchanges from
//! the access log, counters from `/metrics`, memory and files from `/proc`.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::log::Lines;
use super::{Line, Metrics, sure, until};

/// A running limpet.
#[derive(Debug)]
pub(crate) struct Limpet {
    process: Child,
    file: PathBuf,
    /// The access log.
    access: Lines,
    log: Lines,
}

impl Limpet {
    /// Starts with this configuration, and waits until every listener and the status listener, both of which it has
    /// to name, are listening.
    pub(crate) async fn start(toml: &str) -> Limpet {
        Limpet::start_with(toml, |_| {}).await
    }

    /// As [`Limpet::start`], by a command that `prepare` may add to.
    pub(crate) async fn start_with(toml: &str, prepare: impl FnOnce(&mut Command)) -> Limpet {
        Limpet::launch(toml, &[], prepare).listening(toml).await
    }

    /// As [`Limpet::start`], by way of a program, with its first arguments, that becomes limpet in the end.
    pub(crate) async fn start_by(way: &[&str], toml: &str) -> Limpet {
        Limpet::launch(toml, way, |_| {}).listening(toml).await
    }

    async fn listening(self, toml: &str) -> Limpet {
        let limpet = self;
        let names = listeners(toml);
        limpet
            .log
            .wait("limpet's listening lines", |stream| {
                stream.ended || names.iter().all(|name| address(&stream.lines, name).is_some())
            })
            .await;
        for name in &names {
            limpet.address(name);
        }
        limpet
    }

    /// Starts by way of a program, or of none, and waits for nothing.
    pub(crate) fn launch(toml: &str, way: &[&str], prepare: impl FnOnce(&mut Command)) -> Limpet {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}.toml", std::process::id()));
        sure("the configuration file", fs::write(&file, toml));
        let words: Vec<&str> = way.iter().copied().chain([env!("CARGO_BIN_EXE_limpet"), "run", "-c"]).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(&file).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        prepare(&mut command);
        let mut process = sure("limpet", command.spawn());
        let access = process.stdout.take().map(Lines::follow).unwrap_or_default();
        let log = process.stderr.take().map(Lines::follow).unwrap_or_default();
        Limpet { process, file, access, log }
    }

    /// Where a listener, or `status`, listens.
    pub(crate) fn address(&self, listener: &str) -> SocketAddr {
        let found = self.log.read(|lines| address(lines, listener));
        found.unwrap_or_else(|| panic!("no listener {listener:?}; limpet said:\n{}", self.said()))
    }

    pub(crate) async fn metrics(&self) -> Metrics {
        Metrics::scrape(self.address("status")).await
    }

    /// The first access-log line for which `wanted` says so, awaited.
    pub(crate) async fn wait_line(&self, what: &str, wanted: impl Fn(&Line) -> bool) -> Line {
        self.access.wait(what, |stream| stream.lines.iter().any(&wanted)).await;
        let line = self.access.read(|lines| lines.iter().find(|line| wanted(line)).cloned());
        line.unwrap_or_else(|| panic!("{what}: gone"))
    }

    /// The access log so far.
    pub(crate) fn lines(&self) -> Vec<Line> {
        self.access.read(<[Line]>::to_vec)
    }

    /// Everything it logged on standard error.
    pub(crate) fn said(&self) -> String {
        self.log.read(|lines| lines.iter().map(|line| &line.text[..]).collect::<Vec<_>>().join("\n"))
    }

    /// Asks it to stop, as `kill` does.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Waits for its end: the exit code, or none if a signal ended it.
    pub(crate) async fn exit(&mut self) -> Option<i32> {
        assert!(until(async || !self.lives()).await, "limpet runs on; it said:\n{}", self.said());
        sure("limpet's end", self.process.wait()).code()
    }

    /// Still running.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// The process's number.
    pub(crate) fn id(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        sure("a signal", kill_process(self.id(), signal));
    }

    /// Open file descriptors.
    pub(crate) fn open_files(&self) -> usize {
        sure("limpet's files", fs::read_dir(self.proc("fd"))).count()
    }

    /// Resident memory, in bytes. Counted page by page: the figure in `status` lags behind by some per thread.
    pub(crate) fn resident(&self) -> usize {
        let rollup = sure("limpet's memory", fs::read_to_string(self.proc("smaps_rollup")));
        let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
        kib.unwrap_or_else(|| panic!("no Rss in {rollup}")) << 10
    }

    /// Processor time used so far, by all its threads; in steps of 10 ms.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = sure("limpet's processor time", fs::read_to_string(self.proc("stat")));
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// How often the first worker's thread has gone off its processor so far, while it sleeps; none while it runs or
    /// wants to. Two equal answers: it did not wake up in between.
    pub(crate) fn sleeping_worker(&self) -> Option<u64> {
        let threads = sure("limpet's threads", fs::read_dir(self.proc("task"))).map_while(Result::ok);
        let mut statuses = threads.filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok());
        let worker = statuses.find(|status| field(status, "Name") == "worker-0");
        let worker = worker.unwrap_or_else(|| panic!("no first worker; limpet said:\n{}", self.said()));
        let switches = |name: &str| sure(name, field(&worker, name).parse::<u64>());
        let total = switches("voluntary_ctxt_switches") + switches("nonvoluntary_ctxt_switches");
        field(&worker, "State").starts_with('S').then_some(total)
    }

    fn proc(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.process.id()))
    }
}

impl Drop for Limpet {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_file(&self.file);
    }
}

/// The value behind `name:` in a file of `/proc`, or nothing.
fn field<'a>(status: &'a str, name: &str) -> &'a str {
    let mut values = status.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    values.next().map(str::trim).unwrap_or_default()
}

/// The names whose `listening` lines are to come.
fn listeners(toml: &str) -> Vec<String> {
    let table: toml::Table = sure("a test's configuration", toml.parse());
    assert!(table.contains_key("status"), "a test names the status listener, or it would take the default port");
    let listeners = table.get("listeners").and_then(toml::Value::as_table);
    listeners.into_iter().flat_map(|table| table.keys().cloned()).chain(["status".to_owned()]).collect()
}

fn address(lines: &[Line], listener: &str) -> Option<SocketAddr> {
    let line = lines.iter().find(|line| {
        line.get("message").is_some_and(|text| text == "listening")
            && line.get("listener").is_some_and(|name| name == listener)
    })?;
    line.get("address")?.parse().ok()
}
