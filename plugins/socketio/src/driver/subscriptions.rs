//! Which events are wanted, in which namespaces.
//!
//! A subscription *takes effect* when its namespace is joined. That is told once; reconnections do not tell it again,
//! Stop lets all of them wait for the next Start.

use std::borrow::Cow;

use pulsewire_plugin_api::value::Text;

/// The name that subscribes to every event of a namespace.
const EVERY_EVENT: &str = "*";

/// The subscriptions of one connection. They outlive its connections.
#[derive(Default)]
pub(super) struct Subscriptions {
    /// In the order of the first subscriptions.
    namespaces: Vec<Namespace>,
}

struct Namespace {
    name: Text,
    /// By name.
    events: Vec<Subscription>,
    /// Whether [`EVERY_EVENT`] is among them: asked for every event that nobody subscribed to.
    wants_all: bool,
}

struct Subscription {
    name: Text,
    is_effective: bool,
}

impl Subscriptions {
    /// Adds one, unless it is there.
    pub(super) fn add(&mut self, namespace: &str, event: &Text) {
        let subscription = Subscription {
            name: event.clone(),
            is_effective: false,
        };
        let found = self.position(namespace);
        let at = found.unwrap_or_else(|| {
            self.namespaces.push(Namespace {
                name: Text::from(namespace),
                events: Vec::new(),
                wants_all: false,
            });
            self.namespaces.len() - 1
        });
        self.namespaces[at].wants_all |= event.as_str() == EVERY_EVENT;
        let namespace = &mut self.namespaces[at];
        if let Err(at) = namespace.place(event) {
            namespace.events.insert(at, subscription);
        }
    }

    /// Takes one away. Says whether it had taken effect.
    pub(super) fn remove(&mut self, namespace: &str, event: &str) -> bool {
        let Some(at) = self.position(namespace) else {
            return false;
        };
        let namespace = &mut self.namespaces[at];
        namespace.wants_all &= event != EVERY_EVENT;
        let found = namespace.place(event).ok();
        found.is_some_and(|at| namespace.events.remove(at).is_effective)
    }

    /// The namespace is joined. Says how many subscriptions take effect by that.
    pub(super) fn take_effect(&mut self, namespace: &str) -> usize {
        let Some(at) = self.position(namespace) else {
            return 0;
        };
        let all = self.namespaces[at].events.iter_mut();
        all.map(|subscription| std::mem::replace(&mut subscription.is_effective, true))
            .filter(|was_effective| !was_effective)
            .count()
    }

    /// The connection was stopped: all wait for the next one.
    pub(super) fn suspend(&mut self) {
        let all = self.namespaces.iter_mut();
        all.flat_map(|namespace| &mut namespace.events)
            .for_each(|subscription| subscription.is_effective = false);
    }

    /// Namespace and name of an event, if it is wanted, as texts to share.
    pub(super) fn find(&self, namespace: &str, event: &str) -> Option<(&Text, Cow<'_, Text>)> {
        let namespace = &self.namespaces[self.position(namespace)?];
        let name = match namespace.place(event) {
            Ok(at) => Cow::Borrowed(&namespace.events[at].name),
            Err(_) if namespace.wants_all => Cow::Owned(Text::from(event)),
            Err(_) => return None,
        };
        Some((&namespace.name, name))
    }

    /// The namespaces with subscriptions.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = &str> {
        let wanted = self.namespaces.iter();
        wanted
            .filter(|namespace| !namespace.events.is_empty())
            .map(|namespace| namespace.name.as_str())
    }

    /// There are few, so looking is faster than hashing.
    fn position(&self, namespace: &str) -> Option<usize> {
        let mut all = self.namespaces.iter();
        all.position(|known| known.name.as_str() == namespace)
    }
}

impl Namespace {
    /// Where the subscription is, or would be.
    fn place(&self, event: &str) -> Result<usize, usize> {
        self.events
            .binary_search_by(|subscription| subscription.name.as_str().cmp(event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscriptions(pairs: &[(&str, &str)]) -> Subscriptions {
        let mut subscriptions = Subscriptions::default();
        for (namespace, event) in pairs {
            subscriptions.add(namespace, &Text::from(*event));
        }
        subscriptions
    }

    #[test]
    fn only_what_was_subscribed_to_is_found() {
        let mut all = subscriptions(&[("/", "a"), ("/x", "b")]);
        assert!(all.find("/", "a").is_some());
        assert!(all.find("/", "b").is_none());
        assert!(all.find("/y", "b").is_none());
        all.remove("/", "a");
        assert!(all.find("/", "a").is_none());
        assert_eq!(all.namespaces().collect::<Vec<_>>(), ["/x"]);
    }

    #[test]
    fn a_star_finds_every_event_of_its_namespace() {
        let mut all = subscriptions(&[("/", "*"), ("/", "a"), ("/x", "a")]);
        for name in ["a", "b", "*"] {
            assert_eq!(all.find("/", name).unwrap().1.as_str(), name);
        }
        assert!(all.find("/x", "b").is_none());
        all.take_effect("/");
        assert!(all.remove("/", "*"));
        assert!(all.find("/", "b").is_none());
        assert!(all.find("/", "a").is_some());
    }

    #[test]
    fn a_subscription_takes_effect_once() {
        let mut all = subscriptions(&[("/", "a"), ("/", "a"), ("/", "b"), ("/x", "a")]);
        assert_eq!(all.take_effect("/"), 2);
        assert_eq!(all.take_effect("/"), 0);
        all.add("/", &Text::from("a"));
        assert_eq!(all.take_effect("/"), 0);
        all.suspend();
        assert_eq!(all.take_effect("/"), 2);
    }

    #[test]
    fn only_an_effective_subscription_ends() {
        let mut all = subscriptions(&[("/", "a"), ("/x", "a")]);
        all.take_effect("/");
        assert!(all.remove("/", "a"));
        assert!(!all.remove("/", "a"));
        assert!(!all.remove("/x", "a"));
        assert!(!all.remove("/y", "a"));
    }
}
