//! Get, Insert, Pop, Push, Remove and Set Array Element. Arrays are values: the one that comes in stays as it is.

use pulsewire_plugin_api::prelude::*;

use crate::{
    literal::coerce,
    nodes::{ALL_TYPES, check_element, check_elements, count},
};

const COUNT: Attribute = count(1, "How many elements.");
const DATA_TYPE: Attribute = Attribute::choice("data_type", "Data Type", ALL_TYPES).repeated("count");
const ARRAY: Socket = Socket::data("array", "Array", DataType::Array);
const INDEX: Socket = Socket::data("index", "Index", DataType::Int)
    .repeated("count")
    .help("Counted from 0.");
const VALUE: Socket = Socket::typed_by("value", "Value", "data_type").repeated("count");

/// A node that writes values at indices.
const fn writing(id: &'static str, name: &'static str) -> NodeType {
    NodeType::action(id, name)
        .category("Array")
        .attributes(&[COUNT, DATA_TYPE])
        .inputs(&[ARRAY, INDEX, VALUE])
        .outputs(&[ARRAY])
}

pure! {
    GET = NodeType::action("array.get_array_element", "Get Array Element")
        .category("Array")
        .help("The elements at one or more indices. An index out of range is an error, and so is another type.")
        .attributes(&[COUNT, DATA_TYPE])
        .inputs(&[ARRAY, INDEX])
        .outputs(&[ARRAY.help("The array, unchanged."), VALUE]),
    with |build| build.row_types() => |types, call| {
        let array = call.array(0)?.clone();
        for (row, &data_type) in types.iter().enumerate() {
            let index = call.int(row + 1)?;
            let element = &array[place(index, array.len())?];
            let value = coerce(element, data_type).map_err(|reason| format!("element {index}: {reason}"))?;
            call.set(row + 1, value);
        }
        call.set(0, array);
        Ok(())
    };

    SET = writing("array.set_array_element", "Set Array Element")
        .help("The array with other elements at one or more indices. Past its end it grows by empty elements."),
    |call| {
        let mut elements = call.array(0)?.to_vec();
        for (index, value) in rows(call) {
            let index = index?;
            let at = usize::try_from(index).map_err(|_| format!("the index is {index}"))?;
            if at >= elements.len() {
                check_elements(at.saturating_add(1))?;
                elements.resize(at + 1, Value::Empty);
            }
            check_element(value)?;
            elements[at] = value.clone();
        }
        call.set(0, elements);
        Ok(())
    };

    INSERT = writing("array.insert_array_element", "Insert Array Element")
        .help("The array with more elements, inserted one after the other: a later index counts the earlier ones."),
    |call| {
        let mut elements = call.array(0)?.to_vec();
        check_elements(elements.len() + rows(call).len())?;
        for (index, value) in rows(call) {
            let at = place(index?, elements.len() + 1)?;
            check_element(value)?;
            elements.insert(at, value.clone());
        }
        call.set(0, elements);
        Ok(())
    };

    REMOVE = NodeType::action("array.remove_array_element", "Remove Array Element")
        .category("Array")
        .help("The array without the elements at the indices, all of which count in the array that comes in.")
        .attributes(&[COUNT])
        .inputs(&[ARRAY, INDEX])
        .outputs(&[ARRAY]),
    |call| {
        let array = call.array(0)?;
        let mut is_kept = vec![true; array.len()];
        for row in 1..call.input_count() {
            is_kept[place(call.int(row)?, array.len())?] = false;
        }
        let elements = array.iter().zip(is_kept).filter(|(_, is_kept)| *is_kept);
        let left: Array = elements.map(|(element, _)| element.clone()).collect();
        call.set(0, left);
        Ok(())
    };

    PUSH = NodeType::action("array.push_array_element", "Push Array Element")
        .category("Array")
        .help("The array with more elements at its end, or with Add To End off at its beginning, in their order.")
        .attributes(&[
            COUNT,
            DATA_TYPE,
            Attribute::new("add_to_end", "Add To End", DataType::Bool).default(Literal::Bool(true)),
        ])
        .inputs(&[ARRAY, VALUE])
        .outputs(&[ARRAY]),
    with |build| build.flag("add_to_end") => |&to_end, call| {
        let array = call.array(0)?;
        call.inputs().skip(1).try_for_each(check_element)?;
        let added = call.inputs().skip(1).cloned();
        check_elements(array.len() + added.len())?;
        let longer: Array = match to_end {
            true => array.iter().cloned().chain(added).collect(),
            false => added.chain(array.iter().cloned()).collect(),
        };
        call.set(0, longer);
        Ok(())
    };

    POP = NodeType::action("array.pop_array_element", "Pop Array Element")
        .category("Array")
        .help(
            "Takes elements from the end of the array, or with Pop End off from its beginning; they are given in the \
             order in which they are taken. Too few elements are an error.",
        )
        .attributes(&[
            COUNT,
            DATA_TYPE,
            Attribute::new("pop_end", "Pop End", DataType::Bool).default(Literal::Bool(true)),
        ])
        .inputs(&[ARRAY])
        .outputs(&[ARRAY, VALUE]),
    with |build| (build.row_types(), build.flag("pop_end")) => |(types, pop_end), call| {
        let array = call.array(0)?.clone();
        let left = array.len().checked_sub(types.len());
        let left = left.ok_or_else(|| format!("the array has {} elements, expected {}", array.len(), types.len()))?;
        for (row, &data_type) in types.iter().enumerate() {
            let at = if *pop_end { array.len() - 1 - row } else { row };
            let value = coerce(&array[at], data_type).map_err(|reason| format!("element {at}: {reason}"))?;
            call.set(row + 1, value);
        }
        let rest = if *pop_end { &array[..left] } else { &array[types.len()..] };
        call.set(0, Array::from(rest.to_vec()));
        Ok(())
    };
}

/// The indices and values of a node that writes.
fn rows<'a>(call: &'a Call<'_>) -> impl ExactSizeIterator<Item = (Result<i64, NodeError>, &'a Value)> {
    let rows = (call.input_count() - 1) / 2;
    (0..rows).map(move |row| (call.int(1 + row), call.input(1 + rows + row)))
}

/// The index as a place in so many elements.
fn place(index: i64, count: usize) -> Result<usize, String> {
    let at = usize::try_from(index).ok().filter(|&at| at < count);
    at.ok_or_else(|| match count {
        0 => format!("there is no element {index}; the array is empty"),
        _ => format!("there is no element {index}; expected 0 to {}", count - 1),
    })
}
