//! Function: runs a graph of the project's own.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, FUNCTION, PassInputs, named};

const TYPE: NodeType = NodeType::action(FUNCTION, "Function")
    .category("Functions")
    .help(
        "Runs the function, the graph `logic/functions/NAME.toml`. Its sockets are what that file declares as `[[input]]` \
         and `[[output]]`. Each Function node has the function's nodes and variables for itself. It fires when a Function \
         Output in there is reached: at once, later, several times, or never.",
    )
    .attributes(&[named("function", "Function", "functions")])
    .inputs(&[Socket::data("input", "Input Parameter", DataType::Any)
        .repeated("function")
        .help("One for each `[[input]]`, under its name.")])
    .outputs(&[Socket::data("output", "Output Parameter", DataType::Any)
        .repeated("function")
        .help("One for each `[[output]]`, under its name.")]);

/// The compiler gives it the outputs of the function's Function Input.
pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(PassInputs)));
