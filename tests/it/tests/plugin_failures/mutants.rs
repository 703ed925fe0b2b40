//! Libraries with random damage: whatever becomes of them, the host goes on.

use std::{collections::BTreeMap, env, time::Duration};

use pulsewire_host::plugins::State;

use crate::misbehaving::{Dice, host_of, safeguards, that_does};

/// How many libraries are damaged.
const MUTANTS: usize = 200;

/// Far more than a sound library takes; damage can make it hang.
const LIMIT: Duration = Duration::from_secs(3);

/// The seed of the damage; another one finds other crashes.
const SEED: &str = "PULSEWIRE_SEED";

#[test]
fn host_survives_damaged_libraries() {
    let seed = env::var(SEED)
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1);
    println!("{SEED}={seed}");
    let whole = that_does("none");
    let mut dice = Dice(seed);
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..MUTANTS {
        let mut library = whole.clone();
        match dice.below(4) {
            0 => library.truncate(dice.below(whole.len())),
            1 => flip(&mut library, &mut dice),
            2 => fill_page(&mut library, &mut dice, |_| 0),
            _ => fill_page(&mut library, &mut dice, |dice| dice.below(256) as u8),
        }
        let cache = tempfile::tempdir().unwrap();
        let mut host = host_of(&library, safeguards(cache.path(), LIMIT));
        let _ = host.try_load();
        let end = match host.state() {
            State::Failed(_) => host.reports().pop().unwrap().step.name(),
            state => state.name(),
        };
        *ends.entry(end.to_owned()).or_default() += 1;
    }
    println!("{ends:?}");
    // Otherwise the damage was of one kind only.
    for end in ["loaded", "probe", "segments"] {
        assert!(ends.contains_key(end), "none ends as {end}: {ends:?}");
    }
}

/// Flips many bits. With a few, what a wild pointer leads to would depend on where the system puts the library, and a library
/// can do once in the child what it does not do in the host: against that nothing helps but `sha256` in the settings.
fn flip(library: &mut [u8], dice: &mut Dice) {
    for _ in 0..1000 {
        library[dice.below(library.len())] ^= 1 << dice.below(8);
    }
}

/// As after a write that was lost.
fn fill_page(library: &mut [u8], dice: &mut Dice, mut byte: impl FnMut(&mut Dice) -> u8) {
    let page = dice.below(library.len() / 4096) * 4096;
    library[page..page + 4096].fill_with(|| byte(dice));
}
