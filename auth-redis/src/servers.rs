//! Where a store's keys are: on one server, or on the nodes of a Cluster.

use std::{fmt, sync::Arc};

use auth_core::{session::Tag, store::Recalled};
use uuid::Uuid;

use crate::{
    cluster::Cluster,
    connection::{Connection, Place, Settings},
    error::{ConnectError, Failure},
    link::Manner,
    node::{Answer, Node, Request, Times},
};

/// The server or servers of a store.
#[derive(Clone)]
pub(crate) enum Servers {
    One(Arc<Node>),
    Cluster(Arc<Cluster>),
}

impl Servers {
    pub(crate) async fn one(place: Place) -> Result<Self, ConnectError> {
        let place = Arc::new(place);
        let connection = Connection::open(Arc::clone(&place)).await?;
        Ok(Servers::One(Arc::new(Node::new(place, connection))))
    }

    /// Asks the server that has `key`. The request is made for that server, and made again where another one has it.
    pub(crate) async fn ask(
        &self,
        key: &str,
        request: &(dyn Fn(&Times<'_>) -> Request + Send + Sync),
    ) -> Result<Answer, Failure> {
        match self {
            Servers::One(node) => {
                let link = node.connection.link()?;
                let times = node.times(node.place.settings.command_timeout);
                let answer = node.ask(link, key, request(&times), Manner::Plain).await;
                answer.map_err(|error| Failure::from(&error))
            }
            // A future of its own, which would else be in each one's.
            Servers::Cluster(cluster) => Box::pin(cluster.ask(key, request)).await,
        }
    }

    /// What is known of a session without asking, by the server that would be asked.
    pub(crate) fn recall(&self, at: Tag, id: Uuid) -> Option<Recalled> {
        match self {
            Servers::One(node) => node.recall(at, id),
            Servers::Cluster(cluster) => {
                cluster.owner_of(&cluster.settings().keys.principal(at))?.recall(at, id)
            }
        }
    }

    /// The server that has `key`, if it is known.
    pub(crate) fn of(&self, key: &str) -> Option<Arc<Node>> {
        match self {
            Servers::One(node) => Some(Arc::clone(node)),
            Servers::Cluster(cluster) => cluster.owner_of(key),
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        match self {
            Servers::One(node) => &node.place.settings,
            Servers::Cluster(cluster) => cluster.settings(),
        }
    }

    /// Whether keys can be on different servers.
    pub(crate) fn are_several(&self) -> bool {
        matches!(self, Servers::Cluster(_))
    }
}

/// Shows where they are and whether they are connected.
impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Servers::One(node) => node.fmt(f),
            Servers::Cluster(cluster) => cluster.fmt(f),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.place.address.server, self.connection)
    }
}
