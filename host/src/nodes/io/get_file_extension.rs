//! Get File Extension: the end of a file's name.

use pulsewire_plugin_api::prelude::*;

pure! {
    NODE = NodeType::action("io.get_file_extension", "Get File Extension")
        .category("IO")
        .help("What stands behind the last dot of the file's name, without the dot; nothing if only a dot at its beginning.")
        .inputs(&[Socket::data("path", "Path", DataType::String)])
        .outputs(&[Socket::data("extension", "Extension", DataType::String)]),
    |call| {
        let name = call.text(0)?.rsplit(['/', '\\']).next().unwrap_or_default();
        let extension = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension.to_owned(),
            _ => String::new(),
        };
        call.set(0, extension);
        Ok(())
    };
}
