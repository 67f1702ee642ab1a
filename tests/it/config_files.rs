//! Every file in `config/` is right in the eyes of the real binary.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn every_file_passes_the_check() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let is_toml = |path: &Path| path.extension().is_some_and(|extension| extension == "toml");
    let files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|f| is_toml(f)).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let output = Command::new(env!("CARGO_BIN_EXE_limpet")).arg("check").arg("-c").arg(&file).output().unwrap();
        assert!(output.status.success(), "{}\n{}", file.display(), String::from_utf8_lossy(&output.stderr));
    }
}
