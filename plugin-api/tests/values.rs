//! Values: sharing, order, equality, JSON.

use pulsewire_plugin_api::value::{Array, Color, DataType, Dictionary, Value};

#[test]
fn value_layout_is_frozen() {
    assert_eq!((size_of::<Value>(), align_of::<Value>()), (40, 8));
}

#[test]
fn every_default_fits_its_type() {
    for &data_type in DataType::ALL {
        assert!(Value::default_of(data_type).fits(data_type), "{data_type}");
        assert_eq!(data_type.name().parse(), Ok(data_type));
    }
}

#[test]
fn clone_of_an_array_is_not_changed_with_it() {
    let mut array = Array::from(vec![Value::Int(1)]);
    let before = array.clone();
    array.make_mut(|elements| elements.push(Value::Int(2)));
    assert_eq!((before.len(), array.len()), (1, 2));
}

#[test]
fn dictionary_keeps_insertion_order_and_last_value() {
    let pairs = [("b", 1), ("a", 2), ("b", 3), ("c", 4)];
    let mut dictionary: Dictionary = pairs.into_iter().map(|(key, n)| (key, Value::Int(n))).collect();
    let keys = |d: &Dictionary| d.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>();
    assert_eq!(keys(&dictionary), ["b", "a", "c"]);
    assert_eq!(dictionary.get("b"), Some(&Value::Int(3)));

    let shared = dictionary.clone();
    dictionary.insert("aa", 5i64);
    assert_eq!(dictionary.remove("b"), Some(Value::Int(3)));
    assert_eq!(keys(&dictionary), ["a", "c", "aa"]);
    for (key, n) in [("a", 2), ("c", 4), ("aa", 5)] {
        assert_eq!(dictionary.get(key), Some(&Value::Int(n)), "{key}");
    }
    assert_eq!(dictionary.get("b"), None);
    assert_eq!(keys(&shared), ["b", "a", "c"]);
}

#[test]
fn dictionaries_with_other_order_are_equal() {
    let one: Dictionary = [("a", Value::Int(1)), ("b", Value::Int(2))].into_iter().collect();
    let two: Dictionary = [("b", Value::Int(2)), ("a", Value::Int(1))].into_iter().collect();
    assert_eq!(one, two);
    assert_ne!(one, [("a", Value::Int(1))].into_iter().collect());
}

#[test]
fn nan_equals_itself_so_that_a_variable_does_not_change_for_ever() {
    assert_eq!(Value::Float(f64::NAN), Value::Float(f64::NAN));
    assert_ne!(Value::Int(1), Value::Float(1.0));
}

#[test]
fn json_survives_a_round_trip_in_order_and_exactly() {
    let text = r#"{"z":[1,-2.5,null,true,"ü\n"],"a":9223372036854775807,"f":0.1}"#;
    let value = Value::from_json(text).unwrap();
    assert_eq!(value.to_json(), text);
    assert_eq!(Value::from_json(&value.to_json()).unwrap(), value);
}

#[test]
fn json_refuses_nesting_that_would_overflow_the_stack() {
    assert!(Value::from_json(&"[".repeat(100_000)).is_err());
}

#[test]
fn texts_for_the_console() {
    assert_eq!(Value::from("hi").to_string(), "hi");
    assert_eq!(Value::Float(2.0).to_string(), "2.0");
    assert_eq!(Value::from(vec![1u8, 255]).to_string(), "01FF");
    let color = Color {
        alpha: 255,
        red: 1,
        green: 2,
        blue: 3,
    };
    assert_eq!(Value::Color(color).to_string(), "FF010203");
    assert_eq!(
        Value::from(vec![Value::Int(1), Value::from("x")]).to_string(),
        r#"[1,"x"]"#
    );
}

/// An array that holds `inner` twice, in two arrays that hold it twice, and so on: 2^`times` values in little memory.
fn doubled(times: u32, inner: impl Into<Value>) -> Value {
    (0..times).fold(inner.into(), |inner, _| Value::from(vec![inner.clone(), inner]))
}

#[test]
fn values_that_hold_the_same_again_and_again_are_compared_in_time() {
    let one = doubled(100, 1_i64);
    assert!(one == one.clone());
    assert!(one == doubled(100, 1_i64));
    assert!(one != doubled(100, 2_i64));
    let nested = |last: i64| {
        (0..100).fold(Value::Int(last), |inner, _| {
            let pairs: Dictionary = [("a", inner.clone()), ("b", inner)].into_iter().collect();
            Value::Dictionary(pairs)
        })
    };
    assert!(nested(1) == nested(1) && nested(1) != nested(2));
    let text = || Value::from("x".repeat(4 << 20));
    let [one, other] = [text(), text()].map(|text| Value::from(vec![text; 1 << 16]));
    assert!(one == other);
}

#[test]
fn array_that_holds_nan_equals_itself_and_its_like() {
    let array = || Value::from(vec![Value::Float(f64::NAN), Value::Vector2([f64::NAN, 1.0])]);
    let one = array();
    assert!(one == one.clone() && one == array());
}
