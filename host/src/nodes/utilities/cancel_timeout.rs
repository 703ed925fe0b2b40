//! Cancel Timeout.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, CancelTimer};

const TYPE: NodeType = NodeType::action("utilities.cancel_timeout", "Cancel Timeout")
    .category("Utilities / Timeout")
    .help("Cancels a pending timeout; its On End fires. An Instance ID that is not pending does nothing.")
    .inputs(&[Socket::data("instance_id", "Instance ID", DataType::CustomId)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(CancelTimer)));
