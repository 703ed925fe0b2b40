use toml::de::DeTable;

use super::Slip;
use crate::diagnostics::SourceFile;

fn first(text: &str) -> Option<Slip> {
    super::first(text, DeTable::parse_recoverable(text).1)
}

/// What designers write, where the fault is told, and what to do about it.
#[rustfmt::skip]
const FAULTS: &[(&str, &str, &str)] = &[
    ("format = 1\nname = \"chat\nport = 3000\n", "2:13", "close the text with `\"`"),
    ("format = 1\nname = chat\"\nport = 3000\n", "2:8", "open the text with `\"`"),
    ("node = [\n  { id = \"begin, type = \"x\" },\n  { id = \"b\" },\n]\n", "2:26", "a text in this line is not closed; put a `\"` at its end"),
    ("a = 'x\nb = 2\n", "1:7", "close the text with `'`"),
    ("a = \"x'\nb = 2\n", "1:8", "close the text with `\"`"),
    ("a = \"\"\"x\nb = 2\n", "1:5", "close the text with `\"\"\"`"),
    ("a = \"x\u{1}y\"\n", "1:7", "remove the control character, or write it as `\\u` and four digits"),
    ("a = 1\u{1}\n", "1:5", "an invisible character stands in this line, such as a fixed space: write the line anew"),
    ("a = \"C:\\data\"\n", "1:9", "write `\\\\` for `\\`, or put the text in single quotes: `'…'`"),
    ("a = \"\\u12\"\n", "1:10", "write `\\\\` for `\\`, or put the text in single quotes: `'…'`"),
    ("a == 1\n", "1:4", "write one `=` between key and value"),
    ("a: 1\n", "1:4", "write `=` for `:`"),
    ("a: \"x\"\n", "1:4", "write `=` for `:`"),
    ("a = { b: 1 }\n", "1:10", "write `=` for `:`"),
    ("a 1\n", "1:3", "write `=` and a value behind the key"),
    ("a =\nb = 2\n", "1:4", "write a value behind `=`"),
    ("a =", "1:4", "write a value behind `=`"),
    ("= 1\n", "1:1", "write a key before `=`"),
    ("a\nb = 1\n", "1:2", "write `=` and a value behind the key"),
    ("my key = 1\n", "1:4", "a key is one word; put others in quotes"),
    ("[[node]\nid = 1\n", "1:8", "close it with `]]`"),
    ("[node\nid = 1\n", "1:6", "close it with `]`"),
    ("[node]]\nid = 1\n", "1:7", "begin it with `[[`"),
    ("[[node\nid = 1\n", "1:7", "close it with `]]`"),
    ("[ [node] ]\nid = 1\n", "1:3", "write a name right between the brackets: `[[node]]`"),
    ("[]\nid = 1\n", "1:2", "write a name right between the brackets: `[[node]]`"),
    ("a = “x”\n", "1:5", "write straight quotes: `\"`"),
    ("a = 1\u{a0}\n", "1:5", "an invisible character stands in this line, such as a fixed space: write the line anew"),
    ("a\u{a0}= 1\n", "1:2", "an invisible character stands in this line, such as a fixed space: write the line anew"),
    ("a = True\n", "1:5", "`true` and `false` are written in lower case"),
    ("a = yes\n", "1:5", "write `true`, or, if it is a text, `\"yes\"`"),
    ("a = on\n", "1:5", "write `true`, or, if it is a text, `\"on\"`"),
    ("a = null\n", "1:5", "there is no such value; leave the key out"),
    ("a = None\n", "1:5", "there is no such value; leave the key out"),
    ("a = { b = 1 c = 2 }\n", "1:15", "put a comma between the keys"),
    ("a = [1 2]\n", "1:6", "put a comma between the elements, and texts in quotes"),
    ("a = [\n 1\n 2\n]\n", "2:3", "put a comma between the elements"),
    ("node = [\n { id = \"a\" }\n { id = \"b\" }\n]\n", "2:14", "put a comma between the elements"),
    ("a = [1,,2]\n", "1:8", "remove one of the commas"),
    ("a = 1\nb = 2\na = 3\n", "3:1", "remove one of them"),
    ("a = { b = 1, b = 2 }\n", "1:14", "remove one of them"),
    ("[a]\nx = 1\n[b]\n[a]\ny = 1\n", "4:2", "put all that belongs to it below one `[a]`"),
    ("[[node]]\nid = 1\n[node]\nid = 2\n", "3:2", "begin each with `[[node]]`"),
    ("[node]\nid = 1\n[[node]]\nid = 2\n", "3:3", "begin each with `[[node]]`"),
    ("node = [1]\n[[node]]\nid = 2\n", "2:3", "use one form for all of them: `node = […]` or `[[node]]`"),
    ("a = 1\n[a]\nid = 2\n", "2:2", "remove one of them"),
    ("a = 1\na.b = 2\n", "2:1", "it is a value already; remove one of them"),
    ("a = 1 b\n", "1:5", "a number stands alone; put texts in quotes: `\"1 b\"`"),
    ("a = \"x\" b\n", "1:9", "remove what stands behind the value"),
    ("a = 1 b = 2\n", "1:9", "begin a new line for each key"),
    ("a = 1,\nb = 2\n", "1:6", "remove the comma at the end of the line"),
    ("a = 1;\nb = 2\n", "1:5", "remove the `;`"),
    ("a = 1,5\n", "1:6", "write the number with a point: `1.5`"),
    ("a = { b = 1,5 }\n", "1:15", "write the number with a point: `1.5`"),
    ("a = 1.000.000\n", "1:10", "a number has one point; put texts in quotes"),
    ("a = 007\n", "1:5", "write it without zeros in front, or, if it is a text, `\"007\"`"),
    ("a = .5\n", "1:5", "write a digit before the point and one behind it: `0.5`, `5.0`"),
    ("a = 5.\n", "1:7", "write a digit before the point and one behind it: `0.5`, `5.0`"),
    ("a = 0xZZ\n", "1:7", "behind `0x` stand digits and letters from `a` to `f`"),
    ("a = 10s\n", "1:5", "a number stands alone; put texts in quotes: `\"10s\"`"),
    ("a = 10%\n", "1:5", "a number stands alone; put texts in quotes: `\"10%\"`"),
    ("a = [1, 2\nb = 3\n", "1:10", "close the list with `]`"),
    ("a = [1, 2", "1:10", "close the list with `]`"),
    ("node = [\n { id = \"a\" },\n\n[[wire]]\nfrom = \"a\"\n", "4:9", "close the list with `]`"),
    ("a = { b = 1\nc = 2\n", "1:12", "put a comma between the keys, or close the table with `}`"),
    ("a = { b = 1", "1:12", "close it with `}`"),
    ("a = [1]]\n", "1:8", "there is one bracket too many; remove it"),
    ("a = { b = 1 }}\n", "1:14", "there is one bracket too many; remove it"),
    ("a = 1\n]\n", "2:1", "there is nothing to close here; remove it"),
    ("a = [1, 2}\n", "1:10", "close the list with `]`"),
    ("a = { b = 1 ]\n", "1:13", "close it with `}`"),
    ("a = (1, 2)\n", "1:7", "a list stands in square brackets: `[1, 2]`"),
    ("a = 1\n<<<<<<< HEAD\nb = 2\n=======\nb = 3\n>>>>>>> x\n", "2:9", "settle the merge: keep one side, and remove the lines with `<<<<<<<`, `=======`, `>>>>>>>`"),
    ("a = 1\n=======\nb = 3\n", "2:2", "settle the merge: keep one side, and remove the lines with `<<<<<<<`, `=======`, `>>>>>>>`"),
    ("a = 1\n>>>>>>> x\n", "2:9", "settle the merge: keep one side, and remove the lines with `<<<<<<<`, `=======`, `>>>>>>>`"),
    ("a = 1\n\u{feff}b = 1\n", "2:1", "an invisible character stands in this line, such as a fixed space: write the line anew"),
    ("a\0 \0=\0 \x001\0\n\0", "1:4", "save the file in the encoding UTF-8"),
    ("a = 1\r\nb = \r\nc = 2\r\n", "2:5", "write a value behind `=`"),
    ("a = \"x\r\nb = 2\r\n", "1:8", "close the text with `\"`"),
    ("a = 1\rb = 2\r", "1:7", "save the file with the line ends of Unix or Windows"),
    ("a = 1 // x\n", "1:5", "comments begin with `#`"),
    ("// x\na = 1\n", "1:4", "comments begin with `#`"),
    ("; x\na = 1\n", "1:3", "comments begin with `#`"),
    ("-- x\na = 1\n", "1:4", "comments begin with `#`"),
    ("/* x */\na = 1\n", "1:4", "comments begin with `#`"),
    ("{ \"a\": 1 }\n", "1:1", "the file is TOML, not JSON: `key = value`, one a line"),
    ("{\n \"a\": 1\n}\n", "1:1", "the file is TOML, not JSON: `key = value`, one a line"),
    ("name = \"Hello:\n", "1:15", "close the text with `\"`"),
    ("a = \"C:\\data\" # note:\n", "1:9", "write `\\\\` for `\\`, or put the text in single quotes: `'…'`"),
    ("a = \"\"\"\nHe said “C:\\data”\n- see: //\n\"\"\"\n", "2:13", "write `\\\\` for `\\`, or put the text in single quotes: `'…'`"),
    ("# don't\na = { b = 1,5 }\n", "2:15", "write the number with a point: `1.5`"),
    ("a = ['\"' 'b']\n", "1:9", "put a comma between the elements"),
    ("\u{feff}{ \"a\": 1 }\n", "1:1", "the file is TOML, not JSON: `key = value`, one a line"),
    ("node = [\n {},\n {},\n\nwire = []\n", "3:5", "close the list with `]`"),
    ("a = [b = 1]\n", "1:8", "a list holds values; keys stand in a table: `{ key = value }`"),
    ("a = \"\"\"\nsay \\\"\"\"\nb = 2\n", "1:5", "close the text with `\"\"\"`"),
    ("- id: a\n", "1:3", "the file is TOML, not YAML: `key = value`, one a line"),
    ("node:\n  - id: a\n", "1:6", "the file is TOML, not YAML: `key = value`, one a line"),
    ("---\na: 1\n", "1:4", "the file is TOML, not YAML: `key = value`, one a line"),
    ("<a>1</a>\n", "1:9", "write `=` and a value behind the key"),
    ("url = http://localhost\n", "1:7", "put texts in quotes: `\"http://localhost\"`"),
    ("path = /tmp/x\n", "1:8", "put texts in quotes: `\"/tmp/x\"`"),
    ("name = chat\n", "1:8", "put texts in quotes: `\"chat\"`"),
    ("name = chat room\n", "1:8", "put texts in quotes: `\"chat room\"`"),
    ("v = 1.2.3\n", "1:8", "a number has one point; put texts in quotes"),
    ("größe = 1\n", "1:3", "a key has letters from `a` to `z`, digits, `_` and `-`; put others in quotes"),
    ("a = größe\n", "1:5", "put texts in quotes: `\"größe\"`"),
    ("a = [x, y]\n", "1:6", "put texts in quotes: `\"x\"`"),
    ("a = { b = x }\n", "1:11", "put texts in quotes: `\"x\"`"),
    ("a => 1\n", "1:4", "write one `=` between key and value"),
    ("a := 1\n", "1:3", "write one `=` between key and value"),
    ("a = $X\n", "1:5", "put texts in quotes: `\"$X\"`"),
    ("a = `x`\n", "1:5", "put texts in quotes: `\"x\"`"),
    ("a = \"x\n y\"\n", "1:7", "close the text with `\"`"),
    ("a = \"say \"hi\" now\"\n", "1:11", "write `\\\"` for a quote within a text"),
    ("node = [\n { id = \"a\", type = \"x\"\n { id = \"b\" },\n]\n", "2:24", "close it with `}`"),
    ("[[node]]\nattributes = { a = 1, b = 2 \n\n[[wire]]\nfrom = \"a\"\n", "2:28", "close it with `}`"),
    ("a = [1, 2 # x\n# y\n\nb = 3\n", "1:10", "close the list with `]`"),
    ("\"a\": 1\n", "1:4", "write `=` for `:`"),
    ("[[wire]]\nfrom = \"a.out\nto = \"b.in\"\n", "2:14", "close the text with `\"`"),
    ("[[wire]]\nfrom = a.out\"\nto = \"b.in\"\n", "2:8", "open the text with `\"`"),
    ("wire = [\n { from = \"a\", to = \"b\" }],\n]\n", "2:27", "remove the comma at the end of the line"),
    ("this is no toml\n", "1:6", "write `=` and a value behind the key"),
    ("a = { b = [1, 2 }\n", "1:16", "close the list with `]`"),
    ("a = [ { b = 1 ]\n", "1:15", "close it with `}`"),
    ("a = frank\n", "1:5", "put texts in quotes: `\"frank\"`"),
    ("a = text\n", "1:5", "put texts in quotes: `\"text\"`"),
    ("a = input\n", "1:5", "put texts in quotes: `\"input\"`"),
    ("a = name\n", "1:5", "put texts in quotes: `\"name\"`"),
    ("a = 2024-13-01\n", "1:5", "there is no type for dates; write it as a text, in quotes"),
    ("a = 12:30pm\n", "1:5", "there is no type for dates; write it as a text, in quotes"),
    ("a = -x\n", "1:5", "put texts in quotes: `\"-x\"`"),
    ("a = 1_\n", "1:6", "write `_` between digits, or nowhere"),
    ("a = 0XFF\n", "1:5", "write `0x`, `0o` and `0b` with a small letter"),
    ("a = True\nb = False\n", "1:5", "`true` and `false` are written in lower case"),
    ("a = \"x”\n", "1:8", "write straight quotes: `\"`"),
    ("a = #FF00FF\n", "1:5", "`#` begins a comment; put the text in quotes"),
    ("a = [\"x\", \"y]\nb = 1\n", "1:14", "close the text with `\"`"),
    ("[[node]]\nid = \"a\"\nattributes = { input = \"hello }\n\n[[node]]\nid = \"b\"\n", "3:32", "close the text with `\"`"),
];

#[test]
fn faults_of_toml_name_their_place_and_what_to_do() {
    for (text, place, hint) in FAULTS {
        let slip = first(text).unwrap_or_else(|| panic!("{text:?} is sound"));
        let (line, column) = SourceFile::new("a.toml", *text).position(slip.span.start);
        let found = (format!("{line}:{column}"), slip.hint.unwrap_or_default());
        assert_eq!(
            found,
            ((*place).to_owned(), (*hint).to_owned()),
            "{text:?}: {}",
            slip.reason
        );
    }
}

#[test]
fn line_ends_tabs_and_a_byte_order_mark_are_no_faults() {
    for text in ["\u{feff}a = 1\r\nb = 2\r\n", "\ta\t=\t1\n", "a = {\n b = 1,\n}\n"] {
        assert!(first(text).is_none(), "{text:?}");
    }
}

#[test]
fn reason_is_told_in_the_words_of_the_fault() {
    let reason = |text| first(text).map(|slip| slip.reason);
    assert_eq!(reason("a = 1\na = 2").as_deref(), Some("duplicate key `a`"));
    assert_eq!(reason("a = { b = 1,5 }").as_deref(), Some("key with no value"));
}
