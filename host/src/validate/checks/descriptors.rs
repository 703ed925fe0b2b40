//! What the toolbox and the Project Settings will show.

use pulsewire_plugin_api::{
    manifest::{Attribute, Field, NodeType, Socket, SocketType},
    value::{DataType, Value},
};

use crate::validate::subject::Subject;

pub(super) fn descriptors(subject: &mut Subject) -> Result<(), String> {
    let manifest = subject.manifest()?;
    for (what, text) in [
        ("name", &manifest.name),
        ("category", &manifest.category),
        ("description", &manifest.description),
    ] {
        if text.trim().is_empty() {
            subject.warning(format!("the plugin has no {what}"));
        }
    }
    if !is_version(&manifest.version) {
        subject.warning(format!("its version `{}` is not like 1.2.3", manifest.version));
    }
    for node_type in &manifest.node_types {
        check_node_type(subject, node_type);
    }
    for section in &manifest.sections {
        if section.title.is_empty() {
            subject.warning(format!("the section `{}` has no title", section.id));
        }
        for list in &section.lists {
            if list.title.is_empty() {
                subject.warning(format!("the list `{}` has no title", list.id));
            }
            for field in &list.fields {
                check_field(subject, &format!("the field `{}.{}`", list.id, field.id), field);
            }
        }
    }
    Ok(())
}

/// Three numbers, and perhaps more behind a `-` or `+`.
fn is_version(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<_> = core.split('.').map(str::parse::<u64>).collect();
    numbers.len() == 3 && numbers.iter().all(Result::is_ok)
}

fn check_node_type(subject: &mut Subject, node_type: &NodeType) {
    let id = &node_type.id;
    for (what, text) in [
        ("name", &node_type.name),
        ("category", &node_type.category),
        ("help", &node_type.help),
    ] {
        if text.trim().is_empty() {
            subject.warning(format!("the node type `{id}` has no {what}"));
        }
    }
    for attribute in &node_type.attributes {
        check_attribute(
            subject,
            &format!("the attribute `{}` of `{id}`", attribute.id),
            attribute,
        );
    }
    for socket in node_type.inputs.iter().chain(&node_type.outputs) {
        check_socket(subject, &format!("the socket `{}` of `{id}`", socket.id), socket);
    }
}

fn check_attribute(subject: &mut Subject, what: &str, attribute: &Attribute) {
    check_label(subject, what, &attribute.name);
    if attribute.typed_by.is_empty() {
        check_default(subject, what, attribute.default.as_ref(), attribute.data_type);
    }
    check_option(subject, what, attribute.default.as_ref(), &attribute.options);
}

fn check_socket(subject: &mut Subject, what: &str, socket: &Socket) {
    // The standard pulses have none.
    let SocketType::Data(data_type) = socket.socket_type else {
        return;
    };
    check_label(subject, what, &socket.name);
    if socket.typed_by.is_empty() {
        check_default(subject, what, socket.default.as_ref(), data_type);
    }
    check_range(subject, what, socket.default.as_ref(), socket.min, socket.max);
}

fn check_field(subject: &mut Subject, what: &str, field: &Field) {
    check_label(subject, what, &field.name);
    if field.help.trim().is_empty() {
        subject.warning(format!("{what} has no help"));
    }
    check_default(subject, what, field.default.as_ref(), field.data_type);
    check_option(subject, what, field.default.as_ref(), &field.options);
    let limit = |limit: Option<i64>| limit.map(|limit| limit as f64);
    check_range(
        subject,
        what,
        field.default.as_ref(),
        limit(field.min),
        limit(field.max),
    );
}

fn check_label(subject: &mut Subject, what: &str, name: &str) {
    if name.trim().is_empty() {
        subject.warning(format!("{what} has no name"));
    }
}

fn check_default(subject: &mut Subject, what: &str, default: Option<&Value>, data_type: DataType) {
    let Some(default) = default else { return };
    let fits = match data_type {
        DataType::Float | DataType::Byte => matches!(default, Value::Int(_) | Value::Float(_)),
        DataType::Bool | DataType::Int | DataType::String | DataType::Array | DataType::Dictionary => {
            default.fits(data_type)
        }
        // They have no JSON of their own; what stands for them is read where it is used.
        _ => true,
    };
    if !fits {
        subject.fault(format!(
            "{what} is {data_type}, but its default is {}",
            default.data_type()
        ));
    }
}

fn check_option(subject: &mut Subject, what: &str, default: Option<&Value>, options: &[String]) {
    let Some(Value::String(default)) = default else {
        return;
    };
    if !options.is_empty() && !options.iter().any(|option| *option == **default) {
        subject.fault(format!("{what} does not offer its default, `{default}`"));
    }
}

fn check_range(
    subject: &mut Subject,
    what: &str,
    default: Option<&Value>,
    min: Option<f64>,
    max: Option<f64>,
) {
    let number = match default {
        Some(Value::Int(number)) => *number as f64,
        Some(Value::Float(number)) => *number,
        _ => return,
    };
    if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
        subject.fault(format!("{what} does not allow its default, {number}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_has_three_numbers() {
        assert!(is_version("1.2.3") && is_version("0.1.0-beta.1") && is_version("1.0.0+build"));
        assert!(!is_version("1.2") && !is_version("one") && !is_version("") && !is_version("1.2.3.4"));
    }
}
