//! What a new plugin may be called: its id is a crate's name, a folder, a section of settings and the prefix of node types.

use std::path::Path;

use crate::{cli::Failure, nodes::BUILTINS, plugins::is_identifier};

/// Words of the language, in any edition.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Crates that come with the compiler or that a new plugin depends on, and what cargo keeps for itself.
const CRATES: &[&str] = &[
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "log",
    "proc_macro",
    "pulsewire_harness",
    "pulsewire_host",
    "pulsewire_plugin_api",
    "serde",
    "serde_json",
    "std",
    "test",
];

/// The longest id; file systems take 255 bytes for `lib<id>.so`.
const LONGEST: usize = 64;

/// The id of the plugin that is to lie in `folder`, which is named by it.
pub(super) fn plugin_id(folder: &Path) -> Result<&str, Failure> {
    let name = folder.file_name().unwrap_or_default();
    let Some(id) = name.to_str() else {
        return refuse("the name of the plugin is not Unicode", None);
    };
    let quoted = format!("`{id}`");
    if !is_identifier(id) {
        let near = snake_case(id);
        let hint = match is_identifier(&near) {
            true => format!("did you mean `{near}`?"),
            false => "begin with a letter, go on with letters, digits and `_`".to_owned(),
        };
        return refuse(
            &format!("the plugin's name {quoted} is not in snake case"),
            Some(hint),
        );
    }
    if id.len() > LONGEST {
        return refuse(
            &format!("the plugin's name is longer than {LONGEST} letters"),
            None,
        );
    }
    let taken = if KEYWORDS.contains(&id) {
        "a word of Rust"
    } else if CRATES.contains(&id) {
        "the name of another crate, or one of cargo's own"
    } else if BUILTINS
        .iter()
        .any(|node| top_category(&node.node_type().id) == id)
    {
        "a category of the toolbox"
    } else {
        return Ok(id);
    };
    refuse(
        &format!("no plugin can be named {quoted}, which is {taken}"),
        Some(format!("add a word, such as `{id}_plugin`")),
    )
}

fn top_category(node_type: &str) -> &str {
    node_type
        .split_once('.')
        .map_or(node_type, |(category, _)| category)
}

fn refuse<T>(message: &str, hint: Option<String>) -> Result<T, Failure> {
    Err(Failure::refused(message, hint))
}

/// `Lamp-Post` and `lampPost` as `lamp_post`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        let parts = letter.is_uppercase() || !letter.is_alphanumeric();
        if parts && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        if letter.is_alphanumeric() {
            snake.extend(letter.to_lowercase());
        }
    }
    snake.trim_end_matches('_').to_owned()
}

/// `lamp_post` as `Lamp Post`.
pub(super) fn title(id: &str) -> String {
    let words = id.split('_').filter(|word| !word.is_empty());
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    words.map(capital).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_refused(name: &str, words: &str) {
        let refused = plugin_id(Path::new(name)).unwrap_err().to_string();
        assert!(refused.contains(words), "{refused}");
    }

    #[test]
    fn last_part_of_the_path_is_the_id() {
        assert_eq!(plugin_id(Path::new("lamp_2")).unwrap(), "lamp_2");
        assert_eq!(plugin_id(Path::new("some/where/lamp/")).unwrap(), "lamp");
    }

    #[test]
    fn name_that_is_no_identifier_is_refused_with_one_that_is() {
        assert_refused("Lamp-Post", "did you mean `lamp_post`?");
        assert_refused("lampPost", "did you mean `lamp_post`?");
        assert_refused("2lamps", "begin with a letter");
        assert_refused("lämp", "begin with a letter");
        assert_refused("..", "begin with a letter");
        assert_refused(&"a".repeat(65), "longer than 64");
    }

    #[test]
    fn name_that_means_something_else_is_refused() {
        assert_refused("match", "`match`, which is a word of Rust");
        assert_refused("serde", "another crate");
        assert_refused("flow_control", "a category of the toolbox");
    }

    #[test]
    fn title_is_the_id_in_words() {
        assert_eq!(title("lamp_post"), "Lamp Post");
        assert_eq!(title("a__b2_"), "A B2");
    }
}
