//! What may break a rule, and why. An exception that excuses nothing is an error itself.

use super::Fault;

/// One file that may break one rule.
pub(super) struct Exception {
    rule: &'static str,
    path: &'static str,
    /// For whoever reads the list.
    #[expect(dead_code, reason = "it is written for people")]
    because: &'static str,
}

/// All of them.
pub(super) const ALL: &[Exception] = &[];

/// Drops the excused faults and adds the exceptions that excuse none; what is left is said to the user.
pub(super) fn apply(faults: Vec<Fault>, exceptions: &[Exception]) -> Vec<String> {
    let excuses =
        |exception: &Exception, fault: &Fault| exception.rule == fault.rule && exception.path == fault.path;
    let needless = exceptions
        .iter()
        .filter(|exception| !faults.iter().any(|fault| excuses(exception, fault)))
        .map(|exception| {
            format!(
                "{}: its exception excuses nothing [{}]",
                exception.path, exception.rule
            )
        });
    let left = faults
        .iter()
        .filter(|fault| !exceptions.iter().any(|exception| excuses(exception, fault)))
        .map(Fault::to_string);
    left.chain(needless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(path: &str) -> Fault {
        Fault {
            rule: "length",
            path: path.to_owned(),
            line: None,
            what: "long".to_owned(),
        }
    }

    #[test]
    fn an_exception_excuses_one_rule_in_one_file() {
        let exception = |rule| {
            [Exception {
                rule,
                path: "a.rs",
                because: "test",
            }]
        };
        assert_eq!(
            apply(vec![fault("a.rs")], &exception("length")),
            Vec::<String>::new()
        );
        assert_eq!(
            apply(vec![fault("b.rs"), fault("a.rs")], &exception("length")),
            ["b.rs: long [length]"]
        );
        assert_eq!(
            apply(vec![fault("a.rs")], &exception("binary")),
            [
                "a.rs: long [length]",
                "a.rs: its exception excuses nothing [binary]"
            ]
        );
    }
}
