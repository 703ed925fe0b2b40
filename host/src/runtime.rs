//! to be written
mod make;
pub fn make_nodes(
    program: &mut crate::compile::Program,
    toolbox: &crate::toolbox::Toolbox,
    events: &crate::engine::Events,
) -> Vec<Box<dyn crate::engine::EngineNode>> {
    (0..program.nodes.len())
        .map(|at| make::make_node(program, at, toolbox, events, &mut |_| None))
        .collect()
}
