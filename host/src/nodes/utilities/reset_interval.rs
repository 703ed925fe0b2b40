//! Reset Interval.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, CancelTimer};

const TYPE: NodeType = NodeType::action("utilities.reset_interval", "Reset Interval")
    .category("Utilities / Interval")
    .help("Stops an interval; its On Reset fires. An Instance ID that is not running does nothing.")
    .inputs(&[Socket::data("instance_id", "Instance ID", DataType::CustomId)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(CancelTimer)));
