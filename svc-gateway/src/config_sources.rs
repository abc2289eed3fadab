//! Where the values of keys come from, as text: flags over the environment over a file. Whoever finds fault with a value
//! names the flag, the variable, or the file's line and key that it came from.

use clap::parser::ValueSource;
use clap::ArgMatches;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// Before the name of a key in capitals, its variable of the environment.
pub const ENVIRONMENT: &str = "SVC_GATEWAY_";

/// The variable of a key.
pub fn variable(key: &str) -> String {
    format!("{ENVIRONMENT}{}", key.to_uppercase())
}

/// The flag of a key, without its dashes.
pub fn flag(key: &str) -> String {
    key.replace('_', "-")
}

/// What is wrong with the values of keys.
#[derive(Debug)]
pub struct Problem {
    /// The first that is given is where it is told.
    keys: Vec<&'static str>,
    reason: String,
}

impl Problem {
    pub fn new(keys: &[&'static str], reason: impl Into<String>) -> Self {
        Problem { keys: keys.to_vec(), reason: reason.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.keys.join(", "), self.reason)
    }
}

impl std::error::Error for Problem {}

#[derive(Clone)]
struct Given {
    text: String,
    origin: Origin,
}

#[derive(Clone, Copy)]
enum Origin {
    Flag,
    Variable,
    Line(usize),
}

impl Origin {
    /// Where a value is to be found; `file` is the one that has the lines.
    fn place(self, key: &str, file: &str) -> String {
        match self {
            Origin::Flag => format!("--{}", flag(key)),
            Origin::Variable => variable(key),
            Origin::Line(line) => format!("{file}:{line}: {key}"),
        }
    }
}

/// The argument that names the file.
pub const FILE: &str = "config";

/// What the command line and the environment give, and the file.
pub struct Sources {
    given: HashMap<&'static str, Given>,
    file: Option<(PathBuf, Origin)>,
}

impl Sources {
    /// Of a command whose arguments are all taken as they come.
    ///
    /// # Errors
    /// The flag or the variable that is no text, or names no file.
    pub fn new(
        keys: impl Iterator<Item = &'static str>,
        matches: &ArgMatches,
    ) -> Result<Self, String> {
        let mut sources = Sources { given: HashMap::new(), file: None };
        if let Some((path, origin)) = given(FILE, matches) {
            if path.is_empty() {
                return Err(format!("{}: is empty", origin.place(FILE, "")));
            }
            sources.file = Some((path.into(), origin));
        }
        for key in keys {
            let Some((text, origin)) = given(key, matches) else { continue };
            let no_text = |_| format!("{}: is not UTF-8", origin.place(key, ""));
            let text = text.into_string().map_err(no_text)?;
            sources.given.insert(key, Given { text, origin });
        }
        Ok(sources)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// Why it can't be read; line and reason of what is no TOML, no key of `keys` or no value.
    pub fn read(&self, keys: impl Iterator<Item = &'static str>) -> Result<Texts, String> {
        let mut texts = Texts { given: self.given.clone(), file: String::new() };
        if let Some((path, origin)) = &self.file {
            texts.file = path.display().to_string();
            let named = |reason| format!("{}: {}: {reason}", origin.place(FILE, ""), texts.file);
            let text = read_file(path).map_err(named)?;
            texts.add(&text, keys)?;
        }
        Ok(texts)
    }

    /// Whether the file gives the same again: not what a pipe gives.
    pub fn can_be_read_again(&self) -> bool {
        let is_file = |path: &Path| fs::metadata(path).is_ok_and(|about| about.is_file());
        self.file.as_ref().is_none_or(|(path, _)| is_file(path))
    }
}

fn given(key: &str, matches: &ArgMatches) -> Option<(OsString, Origin)> {
    let origin = match matches.value_source(key)? {
        ValueSource::EnvVariable => Origin::Variable,
        _ => Origin::Flag,
    };
    Some((matches.get_one::<OsString>(key)?.clone(), origin))
}

fn read_file(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())
}

/// The texts of all keys that are given.
pub struct Texts {
    given: HashMap<&'static str, Given>,
    file: String,
}

impl Texts {
    pub fn get(&self, key: &str) -> Option<&str> {
        self.given.get(key).map(|given| given.text.as_str())
    }

    /// A problem with its place.
    pub fn explain(&self, problem: &Problem) -> String {
        let is_given = |key: &&&str| self.given.contains_key(**key);
        let key = problem.keys.iter().find(is_given).or(problem.keys.first());
        let place = key.map_or_else(String::new, |key| self.place(key));
        format!("{place}: {}", problem.reason)
    }

    fn place(&self, key: &str) -> String {
        let given = self.given.get(key);
        given.map_or_else(|| key.to_owned(), |given| given.origin.place(key, &self.file))
    }

    /// What the file has, below what is there.
    fn add(&mut self, text: &str, keys: impl Iterator<Item = &'static str>) -> Result<(), String> {
        let line_of = |at: usize| 1 + text[..at].bytes().filter(|&byte| byte == b'\n').count();
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(span.start));
            format!("{}:{line}: {}", self.file, error.message().trim_end())
        })?;
        let known: HashMap<&str, &'static str> = keys.map(|key| (key, key)).collect();
        for (name, value) in table.get_ref().iter() {
            let line = line_of(name.span().start);
            let key = known.get(name.get_ref().as_ref());
            let wrong = |reason: &str| format!("{}:{line}: {}{reason}", self.file, name.get_ref());
            let &key = key.ok_or_else(|| wrong(": there is no such key"))?;
            let text = scalar(value.get_ref())
                .ok_or_else(|| wrong(": has to be a string, a number, true or false"))?;
            self.given.entry(key).or_insert(Given { text, origin: Origin::Line(line) });
        }
        Ok(())
    }
}

/// Whatever TOML calls it, its text is judged as that of a flag is.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(integer) => {
            let number = i128::from_str_radix(integer.as_str(), integer.radix());
            Some(number.map_or_else(|_| integer.to_string(), |number| number.to_string()))
        }
        DeValue::Float(float) => Some(float.to_string()),
        DeValue::Boolean(bool) => Some(bool.to_string()),
        _ => None,
    }
}
