use pulsewire_plugin_api::value::DataType;

use super::*;
use crate::compile::VariablePlace;

/// A program with the persistent Int `project/count`, which begins with 5, and a `project/other` that is not persistent.
fn program() -> Program {
    let place = |slot, persistent| VariablePlace {
        slot,
        data_type: DataType::Int,
        persistent,
    };
    Program {
        slots: vec![Value::Int(5), Value::Int(6)],
        variables: [
            ("project/count", place(0, true)),
            ("project/other", place(1, false)),
        ]
        .map(|(name, place)| (name.to_owned(), place))
        .into(),
        ..Program::default()
    }
}

/// The values of the program's variables when the file holds `text`, and the names of the files then.
fn filled(folder: &Path, text: &str) -> (Vec<Value>, Vec<String>) {
    fs::create_dir_all(folder.join("state")).unwrap();
    fs::write(folder.join(FILE), text).unwrap();
    let mut program = program();
    Kept::new(folder).fill(&mut program);
    (program.slots, files(folder))
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("state")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "variables.lock")
        .collect();
    names.sort();
    names
}

fn keep(kept: &Kept, values: &[(&str, Value)]) {
    let values = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    // Dropped, and so written.
    kept.keeper()(values.collect());
}

#[test]
fn kept_values_are_there_at_the_next_start_and_those_of_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::new(folder.path());
    kept.fill(&mut program());
    keep(
        &kept,
        &[("project/count", Value::Int(7)), ("scenes/a/gone", Value::Int(8))],
    );

    drop(kept);
    let kept = Kept::new(folder.path());
    let mut program = program();
    kept.fill(&mut program);
    assert_eq!(program.slots, [Value::Int(7), Value::Int(6)]);
    keep(&kept, &[("project/count", Value::Int(9))]);
    let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
    let expected = "{\n  \"format\": 1,\n  \"variables\": {\n    \"project/count\": 9,\n    \"scenes/a/gone\": 8\n  }\n}\n";
    assert_eq!(text, expected);
    assert_eq!(files(folder.path()), ["variables.json"]);
}

#[test]
fn value_that_is_small_in_memory_and_huge_in_a_file_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::new(folder.path());
    kept.fill(&mut program());
    let mut huge = Value::Int(1);
    for _ in 0..60 {
        huge = Value::from(vec![huge.clone(), huge]);
    }
    keep(
        &kept,
        &[("scenes/a/huge", huge), ("project/count", Value::Int(7))],
    );
    let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
    assert!(
        text.contains("\"project/count\": 7") && !text.contains("huge"),
        "{text}"
    );
}

#[test]
fn damaged_file_is_set_aside_and_the_declared_values_count() {
    let folder = tempfile::tempdir().unwrap();
    for (text, old) in [
        ("{\"format\": 1, \"vari", 1),
        ("{\"format\": 2, \"variables\": {}}", 2),
    ] {
        let (slots, files) = filled(folder.path(), text);
        assert_eq!(slots, [Value::Int(5), Value::Int(6)]);
        assert_eq!(files.len(), old, "{files:?}");
        let kept = fs::read_to_string(folder.path().join(format!("{FILE}.old{old}"))).unwrap();
        assert_eq!(kept, text);
    }
}

#[test]
fn value_of_another_type_is_replaced_and_the_old_file_kept() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"{"format": 1, "variables": {"project/count": "seven", "project/gone": 1}}"#;
    let (slots, files) = filled(folder.path(), text);
    assert_eq!(slots[0], Value::Int(5));
    assert_eq!(files, ["variables.json", "variables.json.old1"]);
    let kept = fs::read_to_string(folder.path().join("state/variables.json.old1")).unwrap();
    assert_eq!(kept, text);
}

#[test]
fn change_of_type_makes_one_old_file_however_often_the_program_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::new(folder.path());
    kept.fill(&mut program());
    keep(&kept, &[("project/count", Value::String("seven".into()))]);
    for _ in 0..3 {
        kept.fill(&mut program());
    }
    assert_eq!(files(folder.path()), ["variables.json", "variables.json.old1"]);
    // Nor does the old value come back with the next write.
    keep(&kept, &[("scenes/a/new", Value::Int(1))]);
    let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
    assert!(!text.contains("project/count"), "{text}");
}

#[test]
fn last_old_file_gives_way_when_there_are_many() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..OLD_FILES + 2 {
        filled(folder.path(), &format!("damaged {number}"));
    }
    assert_eq!(files(folder.path()).len(), OLD_FILES);
    let old = |number| fs::read_to_string(folder.path().join(format!("{FILE}.old{number}"))).unwrap();
    assert_eq!(old(1), "damaged 0");
    assert_eq!(old(OLD_FILES), format!("damaged {}", OLD_FILES + 1));
}

#[test]
fn second_run_on_a_project_reads_and_keeps_nothing_until_the_first_ended() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = [(); 2].map(|()| Kept::new(folder.path()));
    let begin = |kept: &Kept| {
        let mut program = program();
        kept.fill(&mut program);
        program.slots[0].clone()
    };
    begin(&first);
    keep(&first, &[("project/count", Value::Int(7))]);
    assert_eq!(begin(&second), Value::Int(7));
    keep(&second, &[("project/count", Value::Int(8))]);
    drop((first, second));
    let third = Kept::new(folder.path());
    assert_eq!(begin(&third), Value::Int(7));
    keep(&third, &[("project/count", Value::Int(9))]);
    let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
    assert!(text.contains("\"project/count\": 9"), "{text}");
}

#[test]
fn file_that_cannot_be_read_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(FILE)).unwrap();
    let kept = Kept::new(folder.path());
    let mut program = program();
    kept.fill(&mut program);
    assert_eq!(program.slots[0], Value::Int(5));
    keep(&kept, &[("project/count", Value::Int(7))]);
    assert!(folder.path().join(FILE).is_dir());
    assert_eq!(files(folder.path()), ["variables.json"]);
}

#[test]
fn project_without_persistent_variables_has_no_such_file() {
    let folder = tempfile::tempdir().unwrap();
    Kept::new(folder.path()).fill(&mut Program::default());
    assert!(!folder.path().join("state").exists());
}
