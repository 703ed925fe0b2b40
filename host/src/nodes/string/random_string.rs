//! RandomString: a text of characters drawn at random.

use pulsewire_plugin_api::prelude::*;
use rand::{RngExt, rng};

use crate::nodes::check_bytes;

pure! {
    NODE = NodeType::action("string.random_string", "RandomString")
        .category("String")
        .help("So many characters, each drawn at random from the given ones; one that is given twice is drawn twice as often.")
        .inputs(&[
            Socket::data("length", "Length", DataType::Int),
            Socket::data("characters", "Characters", DataType::String),
        ])
        .outputs(&[Socket::data("random_string", "Random String", DataType::String)]),
    |call| {
        let length = call.int(0)?;
        let length = usize::try_from(length).map_err(|_| format!("the length is {length}"))?;
        let characters: Vec<char> = call.text(1)?.chars().collect();
        if characters.is_empty() {
            return Err("there are no characters to draw from".into());
        }
        let shortest = characters.iter().map(|character| character.len_utf8()).min().unwrap_or_default();
        check_bytes("the text", length.saturating_mul(shortest))?;
        let (mut rng, mut drawn) = (rng(), String::new());
        for _ in 0..length {
            drawn.push(characters[rng.random_range(0..characters.len())]);
            check_bytes("the text", drawn.len())?;
        }
        call.set(0, drawn);
        Ok(())
    };
}
