//! Design §5: running allocates nothing on scalar paths.

use pulsewire_bench::{allocations::per_execution, nodes::Nodes};

#[test]
fn builtin_scalar_nodes_allocate_nothing() {
    assert_eq!(per_execution(Nodes::Builtin).unwrap(), 0.0);
}

#[test]
fn calls_of_functions_allocate_nothing() {
    assert_eq!(per_execution(Nodes::Functions).unwrap(), 0.0);
}

#[test]
fn plugin_scalar_nodes_allocate_nothing_in_the_host() {
    let library = pulsewire_harness::fixtures::path("scalar");
    assert_eq!(per_execution(Nodes::Plugin(&library)).unwrap(), 0.0);
}
