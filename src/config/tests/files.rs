//! Files and directories: includes, what is defined twice, what cannot be read; and the files in `config/`.
//!
//! Each test has a directory of its own in the system's temporary one. Places are written with the file they are in,
//! relative to that directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// A directory of its own for a test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("limpet-config-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Folder(std::env::temp_dir().join(name));
        for (name, text) in files {
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn load(&self, names: &[&str]) -> Result<Loaded, Report> {
        let paths: Vec<_> = names.iter().map(|name| self.0.join(name)).collect();
        load(&paths, [], 1)
    }

    /// The problems found, each place with its file.
    fn problems(&self, names: &[&str]) -> Vec<String> {
        let report = self.load(names).map_or_else(|report| report, |loaded| loaded.report);
        let at = |place: Place| {
            let file = report.sources.source(place).unwrap().name.clone();
            let (line, column) = report.sources.line_column(place);
            format!(" {}:{line}:{column}", Path::new(&file).strip_prefix(&self.0).unwrap().display())
        };
        let places = |problem: &report::Problem| {
            problem.place.into_iter().chain(problem.others.iter().map(|other| other.0)).map(at).collect::<String>()
        };
        report.problems.iter().map(|problem| format!("{}{}", problem.code, places(problem))).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn files_come_together_by_name() {
    let folder = Folder::with(&[
        ("main.toml", &format!("include = [\"conf.d/*.toml\", \"one.toml\"]\n{BASE}")),
        ("conf.d/b.toml", POOL),
        ("conf.d/a.toml", "[limits]\nmax_connections = 5"),
        ("conf.d/.hidden.toml", "not toml"),
        ("conf.d/readme.md", "not toml"),
        ("one.toml", "[log]\nlevel = \"warn\""),
    ]);
    let config = folder.load(&["main.toml"]).unwrap_or_else(|report| panic!("{}", report.render(false))).config;
    assert_eq!(config.pools.iter().map(|pool| pool.name.as_str()).collect::<Vec<_>>(), ["base", "more"]);
    assert_eq!((config.limits.max_connections, config.log.level), (5, Level::Warn));
}

#[test]
fn a_directory_is_its_toml_files() {
    let folder =
        Folder::with(&[("d/b.toml", POOL), ("d/a.toml", BASE), ("d/..data/x.toml", "not toml"), ("d/x", "no")]);
    assert_eq!(folder.problems(&["d"]), [""; 0]);
    assert_eq!(folder.load(&["d"]).unwrap().config.pools.len(), 2);
    assert_eq!(folder.problems(&["d", "d/a.toml"]), [""; 0], "a file is read once");
    assert_eq!(folder.problems(&["d/a.toml", "d/b.toml"]), [""; 0]);
}

#[test]
fn what_is_defined_twice_has_two_places() {
    let folder = Folder::with(&[
        ("a.toml", &format!("[limits]\nmax_connections = 1\n{BASE}")),
        ("b.toml", "[pools.base]\nbackends = [\"b:1\"]\n"),
        ("c.toml", "[limits]\nmax_header_fields = 1\n"),
    ]);
    assert_eq!(folder.problems(&["a.toml", "b.toml"]), ["L0105 b.toml:1:8 a.toml:9:8"]);
    assert_eq!(folder.problems(&["a.toml", "c.toml"]), ["L0105 c.toml:1:2 a.toml:1:2"]);
}

#[test]
fn problems_point_into_the_file_they_are_in() {
    let folder = Folder::with(&[
        ("a.toml", &format!("include = [\"b.toml\"]\n{BASE}")),
        ("b.toml", "[routes.x]\nhosts = [\"x\"]\npool = \"bass\"\n"),
    ]);
    assert_eq!(folder.problems(&["a.toml"]), ["L0214 b.toml:3:8 a.toml:8:8"]);
}

#[test]
fn what_cannot_be_included_is_reported() {
    for (include, expected) in [
        ("[\"none.toml\"]", "L0101 main.toml:1:12"),
        ("[\"none/*.toml\"]", "L0406 main.toml:1:12"),
        ("[\"*/a.toml\"]", "L0104 main.toml:1:12"),
        ("[\"*a*\"]", "L0104 main.toml:1:12"),
        ("[\"\"]", "L0104 main.toml:1:12"),
        ("\"other.toml\"", "L0202 main.toml:1:11"),
        ("[\"nested.toml\"]", "L0104 nested.toml:1:1"),
        ("[\"bytes.toml\"]", "L0102 bytes.toml:2:6"),
    ] {
        let folder = Folder::with(&[
            ("main.toml", &format!("include = {include}\n{BASE}")),
            ("nested.toml", "include = [\"other.toml\"]"),
            ("other.toml", "not toml"),
        ]);
        fs::write(folder.0.join("bytes.toml"), b"[log]\n# caf\xe9\n").unwrap();
        assert_eq!(folder.problems(&["main.toml"]), [expected], "{include}");
    }
}

#[test]
fn what_cannot_be_read_is_the_only_mistake() {
    let folder = Folder::with(&[("empty/readme.md", "")]);
    assert_eq!(folder.problems(&["none.toml"]), ["L0101"]);
    assert_eq!(folder.problems(&["empty"]), ["L0101"]);
}

fn shipped(name: &str) -> (String, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name);
    let text = fs::read_to_string(&path).unwrap();
    (path.display().to_string(), text)
}

#[test]
fn every_shipped_file_is_right_and_warns_of_nothing() {
    for name in ["limpet.toml", "minimal.toml", "edge.toml", "sidecar.toml"] {
        let (path, text) = shipped(name);
        assert_eq!(problems(from_text(&path, &text.replace("include = []", ""), [], 1)), [""; 0], "{name}");
    }
}

const POOL: &str = "[pools.more]\nbackends = [\"a:1\"]\n[routes.more]\nhosts = [\"more\"]\npool = \"more\"\n";
