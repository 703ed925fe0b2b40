//! The benches by name. Each returns one or more measurements.

use std::{
    env::consts::{DLL_PREFIX, DLL_SUFFIX},
    path::PathBuf,
    time::Duration,
};

use crate::{
    Result, acks, allocations, connections,
    gst::Gst,
    hundred::Hundred,
    large,
    latency::{self, Latency},
    measure::{Limit, Measure, best_of, median, medians},
    node_red,
    nodes::Nodes,
    project::beside,
    start, throughput, timers,
};

/// How often a bench repeats itself; its best counts.
const RUNS: usize = 7;

/// A bench: its name, and what runs it.
pub struct Bench {
    /// The beginning of its measurements' names.
    pub name: &'static str,
    run: fn() -> Result<Vec<Measure>>,
}

impl Bench {
    /// Runs it.
    pub fn run(&self) -> Result<Vec<Measure>> {
        (self.run)()
    }
}

/// All of them.
pub const ALL: [Bench; 17] = [
    Bench {
        name: "builtin_nodes",
        run: builtin_nodes,
    },
    Bench {
        name: "beside_node_red",
        run: beside_node_red,
    },
    Bench {
        name: "mixed_nodes",
        run: mixed_nodes,
    },
    Bench {
        name: "large_graph",
        run: large_graph,
    },
    Bench {
        name: "timers",
        run: timers,
    },
    Bench {
        name: "plugin_nodes",
        run: plugin_nodes,
    },
    Bench {
        name: "guard",
        run: guard,
    },
    Bench {
        name: "isolated_pulse",
        run: isolated_pulse,
    },
    Bench {
        name: "allocations",
        run: allocations,
    },
    Bench {
        name: "receive",
        run: receive,
    },
    Bench {
        name: "send",
        run: send,
    },
    Bench {
        name: "latency",
        run: latency,
    },
    Bench {
        name: "ack",
        run: ack,
    },
    Bench {
        name: "connections",
        run: connections,
    },
    Bench {
        name: "start",
        run: start,
    },
    Bench {
        name: "hundred_plugins",
        run: hundred_plugins,
    },
    Bench {
        name: "beside_gst",
        run: beside_gst,
    },
];

/// How often two things are measured by turns where their medians are compared.
const TURNS: usize = 15;

fn scalar() -> Result<PathBuf> {
    fixture("scalar")
}

fn fixture(id: &str) -> Result<PathBuf> {
    beside(format!("fixtures/{id}/{DLL_PREFIX}{id}{DLL_SUFFIX}"))
}

fn builtin_nodes() -> Result<Vec<Measure>> {
    let value = best_of(RUNS, || Nodes::Builtin.per_second())?;
    Ok(vec![Measure {
        bench: "builtin_nodes",
        value,
        unit: "executions/s",
        limit: Limit::AtLeast(50e6),
    }])
}

fn beside_node_red() -> Result<Vec<Measure>> {
    Ok(vec![Measure {
        bench: "beside_node_red",
        value: best_of(RUNS, || Nodes::Builtin.per_second())?,
        unit: "executions/s",
        limit: Limit::Beside(best_of(2, node_red::per_second)?),
    }])
}

fn mixed_nodes() -> Result<Vec<Measure>> {
    Ok(vec![Measure {
        bench: "mixed_nodes",
        value: best_of(RUNS, || Nodes::Mixed.per_second())?,
        unit: "executions/s",
        limit: Limit::None,
    }])
}

fn large_graph() -> Result<Vec<Measure>> {
    let mut best = large::measure()?;
    for _ in 1..RUNS {
        let next = large::measure()?;
        (best.start, best.compile) = (best.start.min(next.start), best.compile.min(next.compile));
    }
    let measure = |bench, value, unit, limit| Measure {
        bench,
        value,
        unit,
        limit,
    };
    Ok(vec![
        measure(
            "large_graph_compile",
            best.compile.as_secs_f64(),
            "s",
            Limit::AtMost(1.0),
        ),
        measure("large_graph_start", best.start.as_secs_f64(), "s", Limit::None),
        measure(
            "large_graph_engine",
            best.engine,
            "bytes/node",
            Limit::AtMost(300.0),
        ),
        measure("large_graph_files", best.files, "bytes/node", Limit::None),
    ])
}

fn timers() -> Result<Vec<Measure>> {
    let mut best = timers::measure()?;
    for _ in 1..RUNS {
        let next = timers::measure()?;
        (best.set, best.take) = (best.set.min(next.set), best.take.min(next.take));
    }
    let measure = |bench, time: Duration| Measure {
        bench,
        value: time.as_secs_f64() * 1e9,
        unit: "ns/timer",
        limit: Limit::AtMost(1000.0),
    };
    Ok(vec![
        measure("timers_set", best.set),
        measure("timers_fire", best.take),
    ])
}

fn plugin_nodes() -> Result<Vec<Measure>> {
    let library = scalar()?;
    let value = best_of(RUNS, || Nodes::Plugin(&library).per_second())?;
    Ok(vec![Measure {
        bench: "plugin_nodes",
        value,
        unit: "executions/s",
        limit: Limit::AtLeast(10e6),
    }])
}

fn guard() -> Result<Vec<Measure>> {
    let (scalar, unguarded) = (scalar()?, fixture("unguarded")?);
    let nanos = |nodes: Nodes<'_>| nodes.pulses_per_second().map(|pulses| 1e9 / pulses);
    let (guarded, bare) = medians(
        TURNS,
        || nanos(Nodes::Watched(&scalar)),
        || nanos(Nodes::Unguarded(&unguarded)),
    )?;
    let measure = |bench, value, limit| Measure {
        bench,
        value,
        unit: "ns/call",
        limit,
    };
    Ok(vec![
        measure("guard_call", guarded, Limit::Beside(bare)),
        measure("guard_added", guarded - bare, Limit::AtMost(10.0)),
    ])
}

fn isolated_pulse() -> Result<Vec<Measure>> {
    let library = scalar()?;
    let pulses = best_of(RUNS, || Nodes::Isolated(&library).pulses_per_second())?;
    Ok(vec![Measure {
        bench: "isolated_pulse",
        value: 1e6 / pulses,
        unit: "µs",
        limit: Limit::None,
    }])
}

fn allocations() -> Result<Vec<Measure>> {
    let library = scalar()?;
    let measure = |bench, nodes| -> Result<Measure> {
        Ok(Measure {
            bench,
            value: allocations::per_execution(nodes)?,
            unit: "allocations/execution",
            limit: Limit::AtMost(0.0),
        })
    };
    Ok(vec![
        measure("allocations_builtin", Nodes::Builtin)?,
        measure("allocations_plugin", Nodes::Plugin(&library))?,
    ])
}

fn receive() -> Result<Vec<Measure>> {
    beside_peer("receive", throughput::received, throughput::received_by_peer)
}

fn send() -> Result<Vec<Measure>> {
    beside_peer("send", throughput::sent, throughput::sent_by_peer)
}

/// Ours and the peer's by turns, the best of each.
fn beside_peer(
    bench: &'static str,
    ours: fn() -> Result<f64>,
    peer: fn() -> Result<f64>,
) -> Result<Vec<Measure>> {
    let (mut best, mut best_of_peer) = (0.0_f64, 0.0_f64);
    for _ in 0..RUNS {
        best_of_peer = best_of_peer.max(peer()?);
        best = best.max(ours()?);
    }
    Ok(vec![Measure {
        bench,
        value: best,
        unit: "events/s",
        limit: Limit::PartOf {
            peer: best_of_peer,
            part: 0.3,
        },
    }])
}

fn best_latency(run: fn() -> Result<Latency>) -> Result<Latency> {
    let first = run()?;
    (1..RUNS).try_fold(first, |best, _| Ok(best.min(run()?)))
}

fn ack() -> Result<Vec<Measure>> {
    let (mut peer, mut official, mut ours) =
        (acks::of_peer()?, acks::of_official_client()?, acks::round_trip()?);
    for _ in 1..RUNS {
        peer = peer.min(acks::of_peer()?);
        official = official.min(acks::of_official_client()?);
        ours = ours.min(acks::round_trip()?);
    }
    let measure = |bench, peer: Latency, times| Measure {
        bench,
        value: ours.median,
        unit: "µs",
        limit: Limit::Times {
            peer: peer.median,
            times,
        },
    };
    Ok(vec![
        measure("ack_round_trip", peer, 2.0),
        measure("ack_beside_official_client", official, 1.0),
    ])
}

fn latency() -> Result<Vec<Measure>> {
    let measure = |bench, value, limit| Measure {
        bench,
        value,
        unit: "µs",
        limit,
    };
    let (peer, ours) = (
        best_latency(latency::to_peer)?,
        best_latency(latency::to_first_node)?,
    );
    let (peer_back, back) = (
        best_latency(latency::round_trip_of_peer)?,
        best_latency(latency::round_trip)?,
    );
    Ok(vec![
        measure("latency_first_node", ours.median, Limit::Beside(peer.median)),
        // The design's limit begins with the bytes in our socket, which is when the peer has read them.
        measure("latency_added", ours.median - peer.median, Limit::AtMost(50.0)),
        measure("latency_first_node_p99", ours.p99, Limit::Beside(peer.p99)),
        measure("latency_round_trip", back.median, Limit::Beside(peer_back.median)),
        measure("latency_round_trip_p99", back.p99, Limit::Beside(peer_back.p99)),
    ])
}

fn connections() -> Result<Vec<Measure>> {
    let found = connections::measure()?;
    Ok(vec![
        Measure {
            bench: "connections_memory",
            value: found.memory,
            unit: "KiB/connection",
            limit: Limit::AtMost(20.0),
        },
        Measure {
            bench: "connections_idle",
            value: found.idle,
            unit: "% of a core",
            limit: Limit::AtMost(1.0),
        },
    ])
}

fn start() -> Result<Vec<Measure>> {
    let start = start::to_first_pulse()?;
    let measure = |bench, value| Measure {
        bench,
        value,
        unit: "ms",
        limit: Limit::AtMost(50.0),
    };
    Ok(vec![
        measure("start_best", start.best),
        measure("start_median", start.median),
    ])
}

fn hundred_plugins() -> Result<Vec<Measure>> {
    let hundred = Hundred::of(&scalar()?)?;
    let measure = |bench, value, limit| Measure {
        bench,
        value,
        unit: "ms",
        limit: Limit::AtMost(limit),
    };
    let warm: Result<Vec<f64>> = (0..TURNS).map(|_| hundred.list()).collect();
    let start = hundred.start(1, TURNS)?;
    let cold: Result<Vec<f64>> = (0..RUNS).map(|_| hundred.list_cold()).collect();
    Ok(vec![
        measure("hundred_plugins_list_warm", median(warm?), 10.0),
        measure("hundred_plugins_list_cold", median(cold?), 300.0),
        measure("hundred_plugins_start", start.median, 30.0),
    ])
}

fn beside_gst() -> Result<Vec<Measure>> {
    let gst = Gst::installed()?;
    let hundred = Hundred::of(&scalar()?)?;
    let measure = |bench, (value, peer)| Measure {
        bench,
        value,
        unit: "ms",
        limit: Limit::Beside(peer),
    };
    // The first makes its registry.
    eprintln!("gst-inspect-1.0 lists {} plugins", gst.count()?);
    Ok(vec![
        measure(
            "beside_gst_warm",
            medians(TURNS, || hundred.list(), || gst.list())?,
        ),
        measure(
            "beside_gst_cold",
            medians(RUNS, || hundred.list_cold(), || gst.list_cold())?,
        ),
    ])
}
