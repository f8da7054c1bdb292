//! The documentation as a book: nothing is missing in it, and every link leads somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files with this extension in a folder and below.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files(&path, extension),
            false => Vec::from_iter((path.extension().is_some_and(|it| it == extension)).then_some(path)),
        })
        .collect()
}

/// The pages of the book, and those beside it.
fn pages() -> Vec<PathBuf> {
    let beside = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let beside = beside.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    beside.chain(files(&root().join("docs"), "md")).collect()
}

/// A page's lines, without its blocks of code.
fn prose(page: &str) -> Vec<&str> {
    let mut code = false;
    let mut keep = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    };
    page.lines().filter(|line| keep(line)).collect()
}

/// Where the links of a page lead.
fn links(page: &str) -> Vec<String> {
    let text = prose(page).join("\n");
    let ends = text.split("](").skip(1).map(|rest| rest.split([')', ' ']).next().unwrap().to_owned());
    ends.collect()
}

/// The names under which GitHub and mdbook know a page's headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut seen = BTreeMap::new();
    let headings = prose(page).into_iter().filter(|line| line.starts_with('#'));
    let names = headings.map(|line| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        let name: String = kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect();
        let count = seen.entry(name.clone()).and_modify(|count| *count += 1).or_insert(0);
        if *count == 0 { name } else { format!("{name}-{count}") }
    });
    names.collect()
}

/// A path without `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
        plain
    })
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    let mut count = 0;
    for path in pages() {
        let page = read(&path);
        for link in links(&page).iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { plain(&path.parent().unwrap().join(file)) };
            assert!(target.starts_with(root()) && target.exists(), "{}: {link} is not there", path.display());
            let known = anchor.is_empty() || anchors(&read(&target)).contains(anchor);
            assert!(known, "{}: {link} has no such heading", path.display());
            count += 1;
        }
    }
    assert!(count > 100, "only {count} links were found");
}

#[test]
fn every_page_is_found_from_the_summary() {
    let docs = root().join("docs");
    let (mut found, mut waiting) = (BTreeSet::new(), vec![docs.join("SUMMARY.md")]);
    while let Some(path) = waiting.pop() {
        let page = read(&path);
        if found.insert(path.clone()) {
            let files = links(&page).into_iter().map(|link| link.split('#').next().unwrap().to_owned());
            let linked = files.map(|file| plain(&path.parent().unwrap().join(file)));
            waiting
                .extend(linked.filter(|path| path.starts_with(&docs) && path.extension().is_some_and(|it| it == "md")));
        }
    }
    assert_eq!(found, files(&docs, "md").into_iter().collect(), "left: what is linked; right: what is in docs");
}

/// The codes of `src/error.rs`, each with its message.
fn codes() -> BTreeMap<String, String> {
    let source = read(&root().join("src/error.rs"));
    let variants = source.split("#[error(\"").skip(1).map(|rest| {
        let (message, rest) = rest.split_once("\")]").unwrap();
        (rest.split_once(" = ").unwrap().1.split(' ').next().unwrap().to_owned(), message.to_owned())
    });
    variants.collect()
}

/// The first lines of the page's sections of codes, and those of its list of codes that are never given.
fn described() -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let page = read(&root().join("docs/troubleshooting.md"));
    let (given, never) = page.split_once("\n## Never given\n").unwrap();
    let given = given.split("\n### `").skip(1).map(|section| section.split_once("`\n\n").unwrap());
    let never = never.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("`: "));
    let owned = |(code, text): (&str, &str)| (code.to_owned(), text.to_owned());
    (given.map(owned).collect(), never.map(owned).collect())
}

#[test]
fn every_code_is_explained_as_the_library_means_it() {
    let (given, never) = described();
    let codes = codes();
    assert!(codes.len() > 80, "only {} codes were found", codes.len());
    let explained: BTreeSet<_> = given.keys().chain(never.keys()).collect();
    assert_eq!(explained, codes.keys().collect());
    for (code, message) in &codes {
        match given.get(code) {
            Some(text) => {
                let said = text.strip_prefix('*').and_then(|text| text.split_once(".* ")).unwrap_or_default();
                assert_eq!(said.0.to_lowercase(), message.to_lowercase(), "{code}");
                let paragraphs: Vec<_> = said.1.split("\n\n").collect();
                assert!(paragraphs.len() >= 2 && !paragraphs[1].is_empty(), "{code} has a cause and a remedy");
            }
            None => assert_eq!(&never[code], message, "{code}"),
        }
    }
}

#[test]
fn what_is_never_given_is_nowhere_in_the_library() {
    let never = described().1;
    let error = root().join("src/error.rs");
    let variants = read(&error);
    for path in files(&root().join("src"), "rs").into_iter().filter(|path| *path != error) {
        let source = read(&path);
        for code in never.keys() {
            let line = variants.lines().find(|line| line.contains(&format!(" = {code} "))).unwrap();
            let variant = format!("Error::{}", line.trim().split(' ').next().unwrap());
            let used = source
                .match_indices(&variant)
                .any(|(at, _)| !source[at + variant.len()..].starts_with(|next: char| next.is_alphanumeric()));
            assert!(!used, "{} gives {code}: explain it in docs/troubleshooting.md", path.display());
        }
    }
}
