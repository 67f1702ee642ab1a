//! How long files and functions are.
//!
//! Tests at the foot of a file are not counted as the file's own lines: they are read apart from it. Medians are
//! taken over `src` alone, or many small test files would hide large ones of the product.

use super::{FILE_LINES, FILES_FOR_A_MEDIAN, FOOT_LINES, FUNCTION_LINES, MEDIAN_FILE_LINES, MOST_FUNCTION_LINES};
use crate::source::{File, Kind, Tree};

/// Everything that is too long, and one line that sums the tree up.
pub(crate) fn findings(tree: &Tree) -> (Vec<String>, String) {
    let mut found = Vec::new();
    let mut files = Vec::new();
    let mut most = Vec::new();
    for file in &tree.files {
        let ours = file.path.starts_with("src/");
        let all = file.text.lines().count();
        let tests = test_lines(file);
        found.extend(file_finding(file, all - tests, tests));
        if ours && all > tests {
            files.push(all - tests);
        }
        for function in functions(file) {
            found.extend(function_finding(file, &function));
            if ours && !function.test {
                most.push(function.lines);
            }
        }
    }
    let (median, ninth) = (quantile(&mut files, 50), quantile(&mut most, 90));
    if files.len() >= FILES_FOR_A_MEDIAN && median >= MEDIAN_FILE_LINES {
        found.push(format!(
            "src: the median file has {median} lines, of less than {MEDIAN_FILE_LINES} (rule: file size)"
        ));
    }
    if ninth >= MOST_FUNCTION_LINES {
        found.push(format!("src: nine of ten functions have up to {ninth} lines, of less than {MOST_FUNCTION_LINES} (rule: function size)"));
    }
    let report = format!(
        "src: {} files, median {median} lines, longest {}; {} functions, p90 {ninth} lines, longest {}",
        files.len(),
        quantile(&mut files, 100),
        most.len(),
        quantile(&mut most, 100)
    );
    (found, report)
}

fn file_finding(file: &File, lines: usize, tests: usize) -> Option<String> {
    let path = &file.path;
    if lines > FILE_LINES {
        return Some(format!("{path}:1: {lines} lines outside tests, over {FILE_LINES} (rule: file size)"));
    }
    let foot = lines > 0 && tests > FOOT_LINES;
    foot.then(|| {
        let home = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        format!("{path}:1: {tests} lines of tests at its foot, over {FOOT_LINES}: move them to {home}/tests.rs (rule: file size)")
    })
}

fn function_finding(file: &File, function: &Function) -> Option<String> {
    let Function { name, line, lines, .. } = function;
    (*lines > FUNCTION_LINES).then(|| {
        format!("{}:{line}: `{name}` has {lines} lines, over {FUNCTION_LINES} (rule: function size)", file.path)
    })
}

/// Lines that only tests compile; all of them, if the whole file is for tests.
fn test_lines(file: &File) -> usize {
    if !file.tokens.is_empty() && file.tokens.iter().all(|token| token.test) {
        return file.text.lines().count();
    }
    let mut lines = 0;
    let mut from = None;
    let mut last = 0;
    for token in &file.tokens {
        match (token.test, from) {
            (true, None) => from = Some(token.line),
            (false, Some(start)) => {
                lines += last + 1 - start;
                from = None;
            }
            _ => {}
        }
        last = token.line;
    }
    from.map_or(lines, |start| lines + last + 1 - start)
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
    test: bool,
}

fn functions(file: &File) -> Vec<Function> {
    let starts = (0..file.tokens.len()).filter(|at| file.tokens[*at].is("fn"));
    starts.filter_map(|at| function(file, at)).collect()
}

/// The function that begins at `fn`; none for a pointer type or a method without a body.
fn function(file: &File, start: usize) -> Option<Function> {
    let name = file.tokens.get(start + 1).filter(|token| token.is_word())?;
    let mut at = start + 2;
    loop {
        let token = file.tokens.get(at)?;
        match token.kind {
            Kind::Open if token.is("{") => break,
            Kind::Open => at = file.after_group(at),
            Kind::Close => return None,
            _ if token.is(";") => return None,
            _ => at += 1,
        }
    }
    let last = file.tokens.get(file.after_group(at) - 1)?;
    let token = &file.tokens[start];
    let lines = last.line + 1 - token.line;
    Some(Function { name: name.text.clone(), line: token.line, lines, test: token.test })
}

/// The value that `percent` of all do not pass; 0 of nothing.
fn quantile(values: &mut [usize], percent: usize) -> usize {
    values.sort_unstable();
    let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(at).copied().unwrap_or(0)
}

#[test]
fn quantiles_are_values_that_occur() {
    assert_eq!(quantile(&mut [], 50), 0);
    assert_eq!(quantile(&mut [9, 1, 5], 50), 5);
    assert_eq!(quantile(&mut [4, 3, 2, 1], 50), 2);
    assert_eq!(quantile(&mut (1..=10).collect::<Vec<_>>(), 90), 9);
}

#[test]
fn lines_of_tests_and_of_functions_are_counted() {
    let text = "//! A.\nfn one() {\n}\n\n#[cfg(test)]\nmod tests {\n    fn two() {}\n}\n";
    let tree = Tree::of([("src/pool.rs".to_owned(), text.to_owned())]);
    assert_eq!(test_lines(&tree.files[0]), 4);
    let sizes: Vec<(String, usize, bool)> =
        functions(&tree.files[0]).into_iter().map(|function| (function.name, function.lines, function.test)).collect();
    assert_eq!(sizes, [("one".to_owned(), 2, false), ("two".to_owned(), 1, true)]);
}
