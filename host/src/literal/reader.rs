//! Reads a file of the project and walks its tables: takes what was expected, reports everything else.
//!
//! It knows TOML and faults, not what a node or a section is.

use std::{borrow::Cow, fs, io, path::Path, sync::Arc};

use pulsewire_plugin_api::value::DataType;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    diagnostics::{Fault, Faults, Source, SourceFile, Span, nearest, suggestion},
    literal::{self, slips},
};

/// The newest format of project files, and so far the only one.
const FORMAT: i64 = 1;

/// A file of the project; `None` if there is none.
///
/// # Errors
/// The file can't be read, is no regular file, or is no UTF-8.
pub(crate) fn read_file(folder: &Path, relative: &Path) -> Result<Option<Source>, Box<Fault>> {
    let path = folder.join(relative);
    let unreadable = |error: io::Error| Box::new(Fault::file(relative, format!("can't be read: {error}")));
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => {
            let fault = Fault::file(relative, "is not a regular file");
            return Err(Box::new(
                fault.hint("move it away, and put a text file in its place"),
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return match dangling(folder, relative) {
                Some(fault) => Err(Box::new(fault)),
                None => Ok(None),
            };
        }
        Err(error) => return Err(unreadable(error)),
    }
    let bytes = fs::read(&path).map_err(unreadable)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Arc::new(SourceFile::new(relative, text)))),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let source = SourceFile::new(relative, String::from_utf8_lossy(&error.as_bytes()[..good]));
            let fault = Fault::error(&source, &(good..good), "not UTF-8 text");
            Err(Box::new(fault.hint("save the file in the encoding UTF-8")))
        }
    }
}

/// The fault of a link to nothing, which looks as if nothing were there.
pub(crate) fn dangling(folder: &Path, relative: &Path) -> Option<Fault> {
    let path = folder.join(relative);
    let target = fs::read_link(&path).ok()?;
    let is_dangling = matches!(path.try_exists(), Ok(false));
    is_dangling.then(|| {
        let message = format!("is a link to `{}`, which is not there", target.display());
        Fault::file(relative, message).hint("make the link anew, or remove it")
    })
}

/// The tables of a file; a fault if it is no TOML.
pub(crate) fn parse<'s>(source: &'s SourceFile, faults: &mut Faults) -> Option<DeTable<'s>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let Some(slip) = slips::first(&source.text, errors) else {
        return Some(table.into_inner());
    };
    let fault = Fault::error(source, &slip.span, format!("not valid TOML: {}", slip.reason));
    faults.push(fault.maybe_hint(slip.hint));
    None
}

/// What to write in place of something of another type.
fn how_to_write(item: &Spanned<DeValue<'_>>, to: DataType) -> Option<String> {
    let value = literal::value(item).ok()?;
    Some(literal::how_to_write(&value, to))
}

/// Takes what is expected out of a file's tables and reports the rest.
pub(crate) struct Reader<'a> {
    pub(crate) source: &'a SourceFile,
    faults: &'a mut Faults,
    graph: Option<&'a str>,
    node: Option<&'a str>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a SourceFile, graph: Option<&'a str>, faults: &'a mut Faults) -> Self {
        Self {
            source,
            faults,
            graph,
            node: None,
        }
    }

    /// The same, for what belongs to a node.
    pub(crate) fn at_node<'n>(&'n mut self, node: Option<&'n str>) -> Reader<'n> {
        Reader {
            source: self.source,
            faults: self.faults,
            graph: self.graph,
            node,
        }
    }

    /// How many faults there are so far.
    pub(crate) fn faults_so_far(&self) -> usize {
        self.faults.len()
    }

    /// Reports an error.
    pub(crate) fn fault(&mut self, span: &Span, message: impl Into<String>, hint: Option<String>) {
        let mut fault = Fault::error(self.source, span, message).maybe_hint(hint);
        if let Some(graph) = self.graph {
            fault = match self.node {
                Some(node) => fault.at_node(graph, node),
                None => fault.in_graph(graph),
            };
        }
        self.faults.push(fault);
    }

    /// Checks the key `format`; `false` if this release can't read the file, and nothing else in it matters.
    pub(crate) fn format(&mut self, table: &DeTable<'_>) -> bool {
        let reads = || Some(format!("this release reads format {FORMAT}"));
        let Some(item) = table.get("format") else {
            self.fault(
                &(0..0),
                "missing key `format`",
                Some(format!("begin the file with `format = {FORMAT}`")),
            );
            return true;
        };
        match item.get_ref() {
            DeValue::Integer(digits) if literal::integer(digits) == Some(FORMAT) => true,
            DeValue::Integer(digits) => {
                self.fault(&item.span(), format!("format {digits} is not supported"), reads());
                false
            }
            _ => {
                self.mismatch("Int", item, Some(format!("write `format = {FORMAT}`")));
                true
            }
        }
    }

    /// A String.
    pub(crate) fn text<'t>(&mut self, item: &'t Spanned<DeValue<'_>>) -> Option<&'t str> {
        let text = item.get_ref().as_str();
        if text.is_none() {
            self.mismatch("String", item, how_to_write(item, DataType::String));
        }
        text
    }

    /// A Bool.
    pub(crate) fn boolean(&mut self, item: &Spanned<DeValue<'_>>) -> Option<bool> {
        let flag = item.get_ref().as_bool();
        if flag.is_none() {
            self.mismatch("Bool", item, how_to_write(item, DataType::Bool));
        }
        flag
    }

    /// A table.
    pub(crate) fn table<'t, 'i>(
        &mut self,
        item: &'t Spanned<DeValue<'i>>,
        hint: impl FnOnce() -> String,
    ) -> Option<&'t DeTable<'i>> {
        let table = item.get_ref().as_table();
        if table.is_none() {
            self.mismatch("a table", item, Some(hint()));
        }
        table
    }

    /// The entries of a list of tables, such as `[[node]]`, each with its place.
    pub(crate) fn tables<'t, 'i>(
        &mut self,
        item: &'t Spanned<DeValue<'i>>,
        header: &str,
    ) -> Vec<(&'t DeTable<'i>, Span)> {
        let Some(entries) = item.get_ref().as_array() else {
            self.mismatch(
                "a list of tables",
                item,
                Some(format!("begin each with `[[{header}]]`")),
            );
            return Vec::new();
        };
        entries
            .iter()
            .filter_map(|entry| {
                let table = self.table(entry, || format!("begin each with `[[{header}]]`"))?;
                Some((table, entry.span()))
            })
            .collect()
    }

    /// Reports the keys that `what`, a table at `span`, must have and has not; but none that is there, misspelt.
    pub(crate) fn require(&mut self, table: &DeTable<'_>, span: &Span, what: &str, keys: &[&str]) {
        let is_misspelt = |key: &str| {
            let mut others = table
                .keys()
                .filter(|known| !keys.contains(&known.get_ref().as_ref()));
            others.any(|other| nearest(other.get_ref(), [key]).is_some())
        };
        for key in keys
            .iter()
            .filter(|key| !table.contains_key(**key) && !is_misspelt(key))
        {
            let hint = format!("{what} needs `{}`", keys.join("` and `"));
            self.fault(span, format!("missing key `{key}`"), Some(hint));
        }
    }

    /// Reports something of the wrong type.
    pub(crate) fn mismatch(&mut self, expected: &str, item: &Spanned<DeValue<'_>>, hint: Option<String>) {
        let found = match literal::value(item) {
            Ok(value) => literal::found(&value),
            Err(refused) => return self.fault(&refused.span, refused.message, Some(refused.hint.to_owned())),
        };
        self.fault(&item.span(), format!("expected {expected}, found {found}"), hint);
    }

    /// Reports a key that nobody knows.
    pub(crate) fn unknown(&mut self, key: &Spanned<Cow<'_, str>>, known: &[&str]) {
        let name = key.get_ref();
        self.fault(
            &key.span(),
            format!("unknown key `{}`", literal::shortened(name)),
            suggestion(name, known.iter().copied()),
        );
    }
}
