//! The plugins config: one key of one table.

use toml_edit::{InlineTable, Item, Key, Table, Value};

use super::{
    EditError, SettingsText, Splice, find,
    layout::{Layout, Step, append, rewrite},
    unsupported,
};
use crate::diagnostics::Fault;

/// What a file says about a plugin; enabled unless it says otherwise.
pub(super) fn is_enabled(document: &Table, id: &str) -> bool {
    find(document, &["plugins", id, "enabled"]).is_none_or(|item| item.as_bool() == Some(true))
}

/// The edit that makes the file say so; `None` if it does already.
pub(super) fn splice(text: &SettingsText, id: &str, enabled: bool) -> Result<Option<Vec<Splice>>, EditError> {
    if id.is_empty() {
        return Err(Fault::file(super::FILE, "the plugin's id is empty").into());
    }
    let document = text.document();
    if let Some(item) = find(&document, &["plugins", id, "enabled"]) {
        return match (item.as_bool(), item.span()) {
            (Some(now), _) if now == enabled => Ok(None),
            (_, Some(span)) if item.is_value() => Ok(Some(vec![(span, enabled.to_string())])),
            _ => Err(unsupported().into()),
        };
    }
    if enabled {
        return Ok(None);
    }
    insert(text, &document, id).map(|splice| Some(vec![splice]))
}

/// Writes `enabled = false` where no such key stands yet.
fn insert(text: &SettingsText, document: &Table, id: &str) -> Result<Splice, EditError> {
    const LINE: &str = "enabled = false";
    let layout = Layout::new(text);
    let new_table = |at| {
        let header = format!("[plugins.{}]", Key::new(id).display_repr());
        layout.insert(at, &[header, LINE.to_owned()])
    };
    let of_all = [Step::Key("plugins".to_owned())];
    let after_others = || layout.end_of(&of_all).unwrap_or(layout.text.len());
    let splice = match (document.get("plugins"), find(document, &["plugins", id])) {
        (None, _) => Some(new_table(layout.text.len())),
        (Some(Item::Value(Value::InlineTable(_))), None) => rewrite(text, &["plugins"], |plugins| {
            let mut plugin = InlineTable::new();
            plugin.insert("enabled", false.into());
            append(plugins.as_inline_table_mut()?, id, plugin.into());
            Some(())
        }),
        (Some(Item::Table(_)), None) => Some(new_table(after_others())),
        (Some(_), Some(Item::Value(Value::InlineTable(_)))) => rewrite(text, &["plugins", id], |plugin| {
            append(plugin.as_inline_table_mut()?, "enabled", false.into());
            Some(())
        }),
        (Some(_), Some(Item::Table(table))) if table.is_implicit() && !table.is_dotted() => {
            Some(new_table(after_others()))
        }
        (Some(_), Some(Item::Table(table))) => table.span().map(|header| {
            let at = layout.line_end(header.end);
            let newline = layout.newline;
            match layout.text[..at].ends_with('\n') {
                true => (at..at, format!("{LINE}{newline}")),
                false => (at..at, format!("{newline}{LINE}{newline}")),
            }
        }),
        (Some(plugins), plugin) => {
            let wrong = plugin.unwrap_or(plugins);
            let message = format!("`plugins.{id}` is no table");
            return Err(text
                .fault(wrong.span(), message)
                .hint(format!("write `[plugins.{id}]`"))
                .into());
        }
    };
    splice.ok_or_else(|| unsupported().into())
}
