//! The fuzz targets on the seeds in git: fast, without a fuzzer, on every run of the tests.

use std::{fs, path::Path};

#[test]
fn every_seed_keeps_the_promises_of_its_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut known = Vec::new();
    for (name, target) in socketio_fuzz::TARGETS {
        let seeds: Vec<_> = fs::read_dir(folder.join(name))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert!(!seeds.is_empty(), "{name} has no seed");
        for seed in seeds {
            println!("{}", seed.display());
            let seed = fs::read(seed).unwrap();
            target(&seed);
            // Inputs that a fuzzer tries first: cut short, and with a byte too many.
            (0..seed.len()).for_each(|end| target(&seed[..end]));
            (0..seed.len()).for_each(|at| target(&[&seed[..at], b"0", &seed[at..]].concat()));
        }
        known.push(name.to_owned());
    }
    let mut folders: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, known, "a folder of seeds has no target");
}
