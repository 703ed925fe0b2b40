//! Where the tables of a file stand: each header with the lines below it that are its own.

use toml_edit::{Document, DocumentMut, InlineTable, Item, Table, Value};

use super::{SettingsText, Splice};

/// The way to a table: keys, and numbers of entries in lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Entry(usize),
}

/// A header and its own keys, whole lines; comments after the last key are not part of it.
pub(super) struct Block {
    pub(super) path: Vec<Step>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The text with all its blocks, as they follow each other.
pub(super) struct Layout<'t> {
    pub(super) text: &'t str,
    pub(super) newline: &'static str,
    pub(super) blocks: Vec<Block>,
}

impl<'t> Layout<'t> {
    pub(super) fn new(text: &'t SettingsText) -> Self {
        let text = text.str();
        let newline = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let mut layout = Self {
            text,
            newline,
            blocks: Vec::new(),
        };
        if let Ok(document) = Document::parse(text) {
            // What stands above the first header belongs to no block.
            let mut above = 0;
            layout.table(document.as_table(), &[], &mut above);
        }
        layout.blocks.sort_by_key(|block| block.start);
        layout
    }

    fn table(&mut self, table: &Table, path: &[Step], end: &mut usize) {
        for (key, item) in table.iter() {
            let mut path = path.to_vec();
            path.push(Step::Key(key.to_owned()));
            match item {
                Item::None => {}
                Item::Value(value) => {
                    *end = value
                        .span()
                        .map_or(*end, |span| self.line_end(span.end).max(*end));
                }
                Item::Table(table) if table.is_dotted() || table.is_implicit() => {
                    self.table(table, &path, end);
                }
                Item::Table(table) => self.block(table, path),
                Item::ArrayOfTables(entries) => {
                    for (number, entry) in entries.iter().enumerate() {
                        let mut path = path.clone();
                        path.push(Step::Entry(number));
                        self.block(entry, path);
                    }
                }
            }
        }
    }

    fn block(&mut self, table: &Table, path: Vec<Step>) {
        let Some(header) = table.span() else { return };
        let start = self.text[..header.start].rfind('\n').map_or(0, |at| at + 1);
        let mut end = self.line_end(header.end);
        self.table(table, &path, &mut end);
        self.blocks.push(Block { path, start, end });
    }

    /// The end of the line that `at` is in, its line break included.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |newline| at + newline + 1)
    }

    /// The end of the last block whose path begins with `path`.
    pub(super) fn end_of(&self, path: &[Step]) -> Option<usize> {
        let blocks = self.blocks.iter().rev();
        let last = blocks.into_iter().find(|block| block.path.starts_with(path))?;
        Some(last.end)
    }

    /// Inserts `lines`, a table of its own, set off by empty lines.
    pub(super) fn insert(&self, at: usize, lines: &[String]) -> Splice {
        let newline = self.newline;
        let (before, after) = self.text.split_at(at);
        let mut text = String::new();
        if !before.is_empty() && !before.ends_with('\n') {
            text.push_str(newline);
        }
        if !before.is_empty() && !ends_in_empty_line(before) {
            text.push_str(newline);
        }
        for line in lines {
            text.push_str(line);
            text.push_str(newline);
        }
        if !after.is_empty() && !begins_with_empty_line(after) {
            text.push_str(newline);
        }
        (at..at, text)
    }

    /// Takes out the blocks whose path begins with `path`, with what stands between them, but not what stands between
    /// them and others. Of two empty lines that meet, one goes too.
    pub(super) fn remove(&self, path: &[Step]) -> Vec<Splice> {
        let mut splices: Vec<Splice> = Vec::new();
        let mut joined = false;
        for block in &self.blocks {
            let inside = block.path.starts_with(path);
            match splices.last_mut() {
                Some((last, _)) if inside && joined => last.end = block.end,
                _ if inside => splices.push((block.start..block.end, String::new())),
                _ => {}
            }
            joined = inside;
        }
        for (span, _) in &mut splices {
            let (before, after) = (&self.text[..span.start], &self.text[span.end..]);
            if !before.is_empty() && !ends_in_empty_line(before) {
                continue;
            }
            if begins_with_empty_line(after) {
                span.end = self.line_end(span.end);
            } else if after.is_empty() && !before.is_empty() {
                span.start -= if before.ends_with("\r\n") { 2 } else { 1 };
            }
        }
        splices
    }
}

fn ends_in_empty_line(text: &str) -> bool {
    text.ends_with("\n\n") || text.ends_with("\n\r\n") || text == "\n" || text == "\r\n"
}

fn begins_with_empty_line(text: &str) -> bool {
    text.starts_with('\n') || text.starts_with("\r\n")
}

/// Prints the inline value at `path` anew, changed.
pub(super) fn rewrite(
    text: &SettingsText,
    path: &[&str],
    change: impl FnOnce(&mut Value) -> Option<()>,
) -> Option<Splice> {
    let document = text.document();
    let span = super::find(&document, path)?.span()?;
    let mut printed: DocumentMut = text.str().parse().ok()?;
    let (first, rest) = path.split_first()?;
    let item = rest.iter().try_fold(printed.get_mut(first)?, |item, key| {
        item.as_table_like_mut()?.get_mut(key)
    })?;
    let value = item.as_value_mut()?;
    change(value)?;
    value.decor_mut().clear();
    Some((span, value.to_string()))
}

/// Adds a key at the end of an inline table; the space before the closing brace stays there.
pub(super) fn append(table: &mut InlineTable, key: &str, value: Value) {
    let last = table.iter_mut().last();
    let value = match last.map(|(_, last)| last.decor_mut()) {
        Some(decor) => {
            let space = decor
                .suffix()
                .and_then(|space| space.as_str())
                .unwrap_or_default()
                .to_owned();
            decor.set_suffix("");
            value.decorated(" ", space)
        }
        None => value,
    };
    table.insert(key, value);
}
