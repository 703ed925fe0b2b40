//! The static checks on a real plugin's bytes, damaged in every way.

use std::{fs, sync::LazyLock};

use proptest::prelude::*;
use pulsewire_harness::fixtures;
use pulsewire_host::plugins::{Rejection, Step, inspect, inspect_bytes};

static GOOD: LazyLock<Vec<u8>> =
    LazyLock::new(|| fs::read(fixtures::path("good")).expect("the fixture can be read"));

#[test]
fn sound_library_says_what_it_is() {
    let manifest = inspect(&fixtures::path("good")).unwrap();
    assert_eq!((manifest.id.as_str(), manifest.name.as_str()), ("good", "Good"));
    let ids: Vec<&str> = manifest.node_types.iter().map(|one| &*one.id).collect();
    assert_eq!(ids, ["good.shout", "good.tell", "good.on_told"]);
    assert_eq!(manifest.sections[0].lists[0].id, "greetings");
}

#[test]
fn every_cut_is_noticed() {
    let length = GOOD.len();
    let hundredths = (0..100).map(|percent| length * percent / 100);
    let edges = [1, 15, 16, 63, 64, 65, 4096, length - 1, length - 64];
    for cut in hundredths.chain(edges) {
        let rejection = inspect_bytes(&GOOD[..cut], "good").unwrap_err();
        let expected = if cut < 16 { Step::Format } else { Step::Segments };
        assert_eq!(rejection.step(), expected, "cut at {cut}: {rejection}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn file_that_ends_within_a_segment_is_cut_off_even_without_sections() {
    // A stripped library may have no table of sections, whose place would give the cut away.
    let mut bytes = GOOD.clone();
    bytes[0x28..0x30].fill(0);
    bytes[0x3c..0x40].fill(0);
    bytes.truncate(bytes.len() / 20);
    let rejection = inspect_bytes(&bytes, "good").unwrap_err();
    assert!(
        matches!(&rejection, Rejection::CutOff { part, .. } if part.starts_with("segment ")),
        "{rejection}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn damage_never_panics(
        flips in proptest::collection::vec((0.0..1.0_f64, 0..3_u8, any::<u8>()), 0..32),
        cut in prop_oneof![3 => Just(1.0), 1 => 0.0..1.0_f64],
    ) {
        let mut bytes = GOOD.clone();
        let length = bytes.len();
        for (at, region, byte) in flips {
            // The head holds the tables of segments and symbols, the tail that of the sections.
            let at = match region {
                0 => (at * 8192.0) as usize,
                1 => length - 1 - (at * 8192.0) as usize,
                _ => (at * length as f64) as usize,
            };
            bytes[at] = byte;
        }
        let _ = inspect_bytes(&bytes[..(cut * length as f64) as usize], "good");
    }

    #[test]
    fn damaged_metadata_never_panics(
        flips in proptest::collection::vec((0.0..1.0_f64, any::<u8>()), 1..16),
    ) {
        let mut bytes = GOOD.clone();
        let start = bytes.windows(10).position(|window| window == b"{\"format\":").unwrap();
        let length = bytes[start..].iter().position(|&byte| byte == 0).unwrap_or(1000);
        for (at, byte) in flips {
            bytes[start + (at * length as f64) as usize] = byte;
        }
        let _ = inspect_bytes(&bytes, "good");
    }
}
