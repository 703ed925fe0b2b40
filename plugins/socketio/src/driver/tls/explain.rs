//! What a failure of TLS means, and what to do about it.

use rustls::{AlertDescription, CertificateError, Error, pki_types::UnixTime};

/// Why a server may have hung up without a word, after it had asked for a client certificate.
pub(super) const SHOWN_NONE: &str =
    "the server asked for a client certificate, there is none (`tls_certificate`), and it hung up";
/// As [`SHOWN_NONE`].
pub(super) const SHOWN_ONE: &str = "the server hung up after it had asked for a client certificate; it may not accept ours (`tls_certificate`)";

/// Said by a server with mutual TLS to whoever shows no certificate.
pub(super) const DEMANDS: &str =
    "the server demands a client certificate; set `tls_certificate` and `tls_key`";

/// The failure in plain words. `is_asked`: the server asked for a client certificate; `has_identity`: there is one.
pub(super) fn words(error: &Error, is_asked: bool, has_identity: bool) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::AlertReceived(AlertDescription::CertificateRequired) if !has_identity => DEMANDS.to_owned(),
        Error::AlertReceived(AlertDescription::ProtocolVersion) | Error::PeerIncompatible(_) => format!(
            "the server offers nothing that we accept; `tls_min_version` says how old TLS may be ({error})"
        ),
        Error::AlertReceived(_) if is_asked && !has_identity => format!("{DEMANDS} ({error})"),
        Error::AlertReceived(_) if is_asked => {
            format!("the server refuses our client certificate (`tls_certificate`): {error}")
        }
        // A server without TLS answers with something that reads as a corrupt message.
        Error::InvalidMessage(_) => format!("{error}; the server does not speak TLS on this port"),
        other => other.to_string(),
    }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        // A bad signature: an authority that we know and one of the same name that we do not.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => "the server's certificate comes from an authority that is not trusted \
             (unknown CA); name the authority in `tls_ca`, or a self-signed certificate in `tls_pin`"
            .to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the server's certificate has expired on {}", date(*not_after))
        }
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "the server's certificate is not valid before {}; is this machine's clock right?",
            date(*not_before)
        ),
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the server's certificate is not for the host `{}` but for {}; `tls_server_name` overrides the host",
            expected.to_str(),
            names(presented)
        ),
        // The text of a library that we do not depend upon; a test holds it.
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "the server's certificate is that of an authority, which servers may not use; name it in `tls_pin`"
                .to_owned()
        }
        CertificateError::Other(other) => other.to_string(),
        other => format!("the server's certificate is not valid: {other}"),
    }
}

/// The names of a certificate, which the library gives as `DnsName("a")` and `IpAddress(::1)`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name.split_once('(').map_or(name.as_str(), |(_, inner)| inner);
        format!("`{}`", inner.trim_end_matches(')').trim_matches('"'))
    };
    match presented {
        [] => "no host at all".to_owned(),
        names => names.iter().map(bare).collect::<Vec<_>>().join(", "),
    }
}

/// The day, in UTC, by the Gregorian calendar. After Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn date(time: UnixTime) -> String {
    let days = time.as_secs() / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years that begin in March: February's length does not matter then.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_704_067_199, "2023-12-31"),
            (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"),
        ] {
            let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
            assert_eq!(date(time), expected);
        }
    }

    #[test]
    fn a_refusal_is_told_by_what_the_server_asked_for() {
        let alert = Error::AlertReceived(AlertDescription::HandshakeFailure);
        assert!(words(&alert, true, false).starts_with(DEMANDS));
        assert!(words(&alert, true, true).starts_with("the server refuses our client certificate"));
        assert_eq!(words(&alert, false, false), alert.to_string());
    }
}
